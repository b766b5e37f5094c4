# See rows.py for how these are written and named.

# ---- a 3x3 convolution of a map that holds rows at active patches and a token elsewhere ----
# Only tiles of active patches are transformed and multiplied, with overlapping sums into the framed map; the token's part is
# that of a map of ones at inactive sites. index [n², tiles]: where the tiles' outputs lie in the framed maps; windows [framed sites, 9]: which
# neighbours of a site are inactive.

def masked_windows(self, like: Tensor, masked: Tensor, images: int, rows: int, columns: int, side: int) -> Tensor:
  cells = torch.index_fill_(torch.new_zeros(like, [images * rows * columns]), 0, masked, 1)
  wide = torch.expand(torch.reshape(cells, [images, rows, 1, columns, 1]), [images, rows, side, columns, side])
  map = torch.reshape(wide, [images, 1, rows * side, columns * side])
  windows = torch.im2col(map, [3, 3], [1, 1], [2, 2], [1, 1])
  return torch.reshape(torch.permute(windows, [0, 2, 1]), [-1, 9])

def spread_taps(self, w: Tensor) -> Tensor:
  return torch.permute(w, [2, 3, 1, 0])

def spread_kernel(self, w: Tensor, k: List[Tensor]) -> Tensor:
  return self.winograd_kernel(torch.flip(w, [2, 3]), k)

# values and side of a tile, tiles of a patch, patches, patches of a strip
def spread_strips(self, w: Tensor, index: Tensor, side: int, strip: int) -> List[int]:
  n2 = torch.size(index, 0)
  tile = 2 if n2 == 16 else 4
  across = side // tile
  tiles = across * across
  widest = max(torch.size(w, 0), torch.size(w, 1))
  return [n2, tile, tiles, torch.size(index, 1) // tiles, max(1, strip // (n2 * tiles * widest))]

def spread_conv(self, x: Tensor, w: Tensor, b: Tensor, token: Tensor, index: Tensor, windows: Tensor, k: List[Tensor], images: int, height: int, width: int, side: int, strip: int) -> Tensor:
  n2, tile, tiles, patches, group, = self.spread_strips(w, index, side, strip)
  out = torch.size(w, 0)
  c = torch.size(w, 1)
  u = self.spread_kernel(w, k)
  token_taps = torch.reshape(torch.matmul(torch.reshape(token, [1, c]), self.spread_taps(w)), [9, out])
  map = torch.addmm(b, windows, token_taps)
  for i in range((patches + group - 1) // group):
    n = min(group, patches - i * group)
    rows = torch.narrow(x, 0, i * group * side * side, n * side * side)
    products = self.batch_product(self.patch_tiles(rows, k, side, tile), u)
    outputs = torch.mm(torch.t(k[0]), torch.reshape(products, [n2, -1]))
    where = torch.reshape(torch.narrow(index, 1, i * group * tiles, n * tiles), [-1])
    added = torch.index_add_(map, 0, where, torch.reshape(outputs, [-1, out]))
  maps = torch.reshape(map, [images, height + 2, width + 2, out])
  return torch.contiguous(torch.narrow(torch.narrow(maps, 1, 1, height), 2, 1, width))

def spread_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, token: Tensor, index: Tensor, windows: Tensor, k: List[Tensor], side: int, strip: int) -> List[Tensor]:
  n2, tile, tiles, patches, group, = self.spread_strips(w, index, side, strip)
  out = torch.size(w, 0)
  c = torch.size(w, 1)
  u = self.spread_kernel(w, k)
  ut = torch.transpose(u, 1, 2)
  du = torch.new_zeros(u, torch.size(u))
  framed = torch.reshape(torch.constant_pad_nd(dy, [0, 0, 1, 1, 1, 1], 0), [-1, out])
  dx = torch.new_empty(x, torch.size(x))
  for i in range((patches + group - 1) // group):
    n = min(group, patches - i * group)
    first = i * group * side * side
    where = torch.narrow(index, 1, i * group * tiles, n * tiles)
    doutputs = torch.reshape(torch.embedding(framed, where), [n2, -1])
    dproducts = torch.reshape(torch.mm(k[0], doutputs), [n2, -1, out])
    inputs = self.patch_tiles(torch.narrow(x, 0, first, n * side * side), k, side, tile)
    added = self.add_weight_products(du, inputs, dproducts)
    dtiles = torch.mm(k[1], torch.reshape(self.batch_product(dproducts, ut), [n2, -1]))
    copied = torch.copy_(torch.narrow(dx, 0, first, n * side * side), self.tiles_to_rows(dtiles, side, c))
  dtoken_taps = torch.reshape(torch.mm(torch.t(windows), framed), [3, 3, 1, out])
  through_token = torch.permute(torch.mul(dtoken_taps, torch.reshape(token, [c, 1])), [3, 2, 0, 1])
  dw = torch.add(torch.flip(self.winograd_kernel_backward(du, k), [2, 3]), through_token)
  dtoken = torch.sum(torch.mul(self.spread_taps(w), dtoken_taps), [0, 1, 3], False)
  return [dx, dw, torch.sum(framed, [0], False), torch.reshape(dtoken, torch.size(token))]

# ---- a 1x1 convolution of such a map ----

def spread_linear(self, x: Tensor, w: Tensor, b: Tensor, token: Tensor, index: Tensor) -> Tensor:
  flat = torch.type_as(torch.reshape(w, [torch.size(w, 0), -1]), x)
  rows = torch.cat([x, torch.type_as(torch.reshape(token, [1, -1]), x)], 0)
  return torch.embedding(self.linear_bias(rows, flat, torch.type_as(b, x)), index)

def spread_linear_backward(self, dy: Tensor, x: Tensor, w: Tensor, token: Tensor, index: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  count = torch.size(x, 0)
  sums = torch.embedding_dense_backward(torch.type_as(self.channel_rows(dy), w), torch.reshape(index, [-1]), count + 1, -1, False)
  rows = torch.cat([torch.type_as(x, w), torch.reshape(token, [1, -1])], 0)
  d = self.product(sums, flat)
  dw = torch.reshape(self.weight_product(sums, rows), torch.size(w))
  dtoken = torch.reshape(torch.narrow(d, 0, count, 1), torch.size(token))
  return [torch.type_as(torch.narrow(d, 0, 0, count), x), dw, torch.sum(sums, [0], False), dtoken]
