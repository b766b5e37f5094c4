# See rows.py for how these are written and named.

# ---- Winograd's convolutions (Lavin and Gray, CVPR 2016) on maps [images, height, width, channels] ----
# k holds the transforms of Winograd.java for output tiles of side m from input tiles of side n = m + 2: k[0] [n², n²] of input tiles,
# k[1] [m², n²] to output tiles, k[2] [n², 9] of the kernel. u is a transformed kernel [n², in, out]. Maps are worked on in strips of tiles whose
# transform has about "strip" values, so that it stays in the cache; but of at least 128 tiles, backwards 256, below
# which multiplying gets slow.

def winograd_kernel(self, w: Tensor, k: List[Tensor]) -> Tensor:
  taps = torch.reshape(torch.permute(w, [2, 3, 1, 0]), [9, -1])
  return torch.reshape(torch.mm(k[2], taps), [-1, torch.size(w, 1), torch.size(w, 0)])

def winograd_kernel_backward(self, du: Tensor, k: List[Tensor]) -> Tensor:
  taps = torch.mm(torch.t(k[2]), torch.reshape(du, [torch.size(du, 0), -1]))
  return torch.contiguous(torch.permute(torch.reshape(taps, [3, 3, torch.size(du, 1), torch.size(du, 2)]), [3, 2, 0, 1]))

def tiles_along(self, length: int) -> int:
  return (length + 3) // 4

# images and rows of tiles of a strip
def strip_size(self, x: Tensor, u: Tensor, least: int, strip: int) -> List[int]:
  down = self.tiles_along(torch.size(x, 1))
  across = self.tiles_along(torch.size(x, 2))
  tiles = max(least, strip // (36 * max(torch.size(x, 3), torch.size(u, 2))))
  most = max(1, min(down, tiles // across))
  strips = (down + most - 1) // most
  return [max(1, min(torch.size(x, 0), tiles // (down * across))), (down + strips - 1) // strips]

# with a frame of zeros, and zeros up to whole tiles
def framed(self, x: Tensor) -> Tensor:
  h = torch.size(x, 1)
  w = torch.size(x, 2)
  return torch.constant_pad_nd(x, [0, 0, 1, 4 * self.tiles_along(w) - w + 1, 1, 4 * self.tiles_along(h) - h + 1], 0)

def scratch(self, buffer: Tensor, rows: int, columns: int) -> Tensor:
  return torch.reshape(torch.narrow(buffer, 0, 0, rows * columns), [rows, columns])

def input_tiles(self, framed: Tensor, row: int, rows: int, k: List[Tensor], cut: Tensor, out: Tensor) -> Tensor:
  images = torch.size(framed, 0)
  c = torch.size(framed, 3)
  line = torch.size(framed, 2) * c
  map = torch.size(framed, 1) * line
  across = torch.size(framed, 2) // 4
  tiles = torch.as_strided(framed, [6, 6, images, rows, across, c], [line, c, map, 4 * line, 4 * c, 1], 4 * row * line)
  flat = self.scratch(cut, 36, images * rows * across * c)
  copied = torch.copy_(torch.reshape(flat, torch.size(tiles)), tiles)
  return torch.reshape(torch.mm(k[0], flat, out=self.scratch(out, 36, torch.size(flat, 1))), [36, -1, c])

def winograd(self, x: Tensor, u: Tensor, k: List[Tensor], up: int, strip: int) -> Tensor:
  images = torch.size(x, 0)
  down = self.tiles_along(torch.size(x, 1))
  across = self.tiles_along(torch.size(x, 2))
  wide = torch.size(u, 2)
  out = wide // (up * up)
  widest = max(torch.size(x, 3), wide)
  group, rows, = self.strip_size(x, u, 128, strip)
  y = torch.new_empty(x, [images, down, 4, up, across, 4, up, out])
  one = torch.new_empty(x, [36 * group * rows * across * widest])
  other = torch.new_empty(x, [36 * group * rows * across * widest])
  for i in range((images + group - 1) // group):
    b = i * group
    n = min(group, images - b)
    framed = self.framed(torch.narrow(x, 0, b, n))
    for j in range((down + rows - 1) // rows):
      r = j * rows
      m = min(rows, down - r)
      inputs = self.input_tiles(framed, r, m, k, one, other)
      flat = self.scratch(one, 36, n * m * across * wide)
      products = self.batch_product_into(inputs, u, torch.reshape(flat, [36, -1, wide]))
      tiles = torch.mm(k[1], flat, out=self.scratch(other, 16, torch.size(flat, 1)))
      v = torch.permute(torch.reshape(tiles, [4, 4, n, m, across, up, up, out]), [2, 3, 0, 5, 4, 1, 6, 7])
      done = torch.copy_(torch.narrow(torch.narrow(y, 0, b, n), 1, r, m), v)
  maps = torch.reshape(y, [images, down * 4 * up, across * 4 * up, out])
  cut = torch.narrow(torch.narrow(maps, 1, 0, up * torch.size(x, 1)), 2, 0, up * torch.size(x, 2))
  return torch.contiguous(cut)

# dx may be x

def winograd_backward(self, dy: Tensor, x: Tensor, dx: Tensor, u: Tensor, k: List[Tensor], up: int, strip: int) -> List[Tensor]:
  images = torch.size(x, 0)
  height = torch.size(x, 1)
  width = torch.size(x, 2)
  c = torch.size(x, 3)
  down = self.tiles_along(height)
  across = self.tiles_along(width)
  wide = torch.size(u, 2)
  out = wide // (up * up)
  widest = max(c, wide)
  group, rows, = self.strip_size(x, u, 256, strip)
  if 4 * down == height and 4 * across == width:
    whole = dy
  else:
    whole = torch.constant_pad_nd(dy, [0, 0, 0, up * (4 * across - width), 0, up * (4 * down - height)], 0)
  d = torch.reshape(whole, [images, down, 4, up, across, 4, up, out])
  ut = torch.transpose(u, 1, 2)
  from_products = torch.t(k[1])
  from_tiles = torch.t(k[0])
  du = torch.new_zeros(u, torch.size(u))
  one = torch.new_empty(x, [36 * group * rows * across * widest])
  other = torch.new_empty(x, [36 * group * rows * across * widest])
  third = torch.new_empty(x, [36 * group * rows * across * wide])
  for i in range((images + group - 1) // group):
    b = i * group
    n = min(group, images - b)
    framed = self.framed(torch.narrow(x, 0, b, n))
    dframed = torch.new_zeros(x, [n, 4 * down + 4, 4 * across + 4, c])
    for j in range((down + rows - 1) // rows):
      r = j * rows
      m = min(rows, down - r)
      cells = n * m * across
      v = torch.permute(torch.narrow(torch.narrow(d, 0, b, n), 1, r, m), [2, 5, 0, 1, 4, 3, 6, 7])
      doutputs = self.scratch(one, 16, cells * wide)
      copied = torch.copy_(torch.reshape(doutputs, torch.size(v)), v)
      dproducts = torch.reshape(torch.mm(from_products, doutputs, out=self.scratch(third, 36, cells * wide)), [36, -1, wide])
      inputs = self.input_tiles(framed, r, m, k, one, other)
      added = self.add_weight_products(du, inputs, dproducts)
      dinputs = self.batch_product_into(dproducts, ut, inputs)
      dtiles = torch.mm(from_tiles, torch.reshape(dinputs, [36, -1]), out=self.scratch(one, 36, cells * c))
      e = torch.reshape(dtiles, [6, 6, n, m, across, c])
      part = torch.narrow(dframed, 1, 4 * r, 4 * m + 4)
      done = self.add_tiles(torch.permute(torch.reshape(part, [n, m + 1, 4, across + 1, 4, c]), [2, 4, 0, 1, 3, 5]), e)
    inner = torch.copy_(torch.narrow(dx, 0, b, n), torch.narrow(torch.narrow(dframed, 1, 1, height), 2, 1, width))
  return [dx, du]

def add_tiles(self, map: Tensor, tiles: Tensor) -> Tensor:
  m = torch.size(map, 0)
  n = torch.size(tiles, 0)
  down = torch.size(tiles, 3)
  across = torch.size(tiles, 4)
  top = torch.narrow(tiles, 0, 0, m)
  bottom = torch.narrow(tiles, 0, m, 2)
  a = torch.add_(torch.narrow(torch.narrow(map, 3, 0, down), 4, 0, across), torch.narrow(top, 1, 0, m))
  low = torch.narrow(torch.narrow(map, 0, 0, 2), 3, 1, down)
  b = torch.add_(torch.narrow(low, 4, 0, across), torch.narrow(bottom, 1, 0, m))
  right = torch.narrow(torch.narrow(map, 1, 0, 2), 4, 1, across)
  c = torch.add_(torch.narrow(right, 3, 0, down), torch.narrow(top, 1, m, 2))
  return torch.add_(torch.narrow(torch.narrow(low, 1, 0, 2), 4, 1, across), torch.narrow(bottom, 1, m, 2))

# ---- Winograd's convolution on rows: index [n², tiles] has the rows under the tiles of the active patches ----

def tiles_to_rows(self, tiles: Tensor, side: int, c: int) -> Tensor:
  m = 4 if torch.size(tiles, 0) == 16 else 2
  q = side // m
  v = torch.reshape(tiles, [m, m, -1, q, q, c])
  return torch.reshape(torch.permute(v, [2, 3, 0, 4, 1, 5]), [-1, c])

def rows_to_tiles(self, rows: Tensor, side: int, m: int) -> Tensor:
  q = side // m
  v = torch.reshape(rows, [-1, q, m, q, m, torch.size(rows, 1)])
  return torch.reshape(torch.permute(v, [2, 4, 0, 1, 3, 5]), [m * m, -1])

# transformed output tiles of rows, [n², tiles, channels]
def patch_tiles(self, x: Tensor, k: List[Tensor], side: int, tile: int) -> Tensor:
  return torch.reshape(torch.mm(torch.t(k[1]), self.rows_to_tiles(x, side, tile)), [(tile + 2) * (tile + 2), -1, torch.size(x, 1)])

# transformed input tiles, [n², tiles, channels]
def gathered_tiles(self, x: Tensor, index: Tensor, k: List[Tensor]) -> Tensor:
  n2 = torch.size(index, 0)
  return torch.reshape(torch.mm(k[0], torch.reshape(self.gather(x, index), [n2, -1])), [n2, -1, torch.size(x, 1)])

def winograd_rows(self, x: Tensor, u: Tensor, index: Tensor, k: List[Tensor], side: int) -> Tensor:
  n2 = torch.size(index, 0)
  products = self.batch_product(self.gathered_tiles(x, index, k), u)
  return self.tiles_to_rows(torch.mm(k[1], torch.reshape(products, [n2, -1])), side, torch.size(u, 2))

def winograd_rows_backward(self, dy: Tensor, x: Tensor, u: Tensor, index: Tensor, k: List[Tensor], side: int) -> List[Tensor]:
  n2 = torch.size(index, 0)
  c = torch.size(x, 1)
  m = 2 if n2 == 16 else 4
  dproducts = self.patch_tiles(dy, k, side, m)
  du = self.batch_weight_product(self.gathered_tiles(x, index, k), dproducts)
  dinputs = self.batch_product(dproducts, torch.transpose(u, 1, 2))
  dtiles = torch.mm(torch.t(k[0]), torch.reshape(dinputs, [n2, -1]))
  return [self.gather_backward(torch.reshape(dtiles, [-1, c]), index, torch.size(x, 0)), du]
