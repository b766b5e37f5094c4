# See rows.py for how these are written and named.

# ---- dense maps [images, height, width, channels], by the library ----

def planes(self, map: Tensor) -> Tensor:
  return torch.permute(map, [0, 3, 1, 2])

def sites(self, planes: Tensor) -> Tensor:
  return torch.contiguous(torch.permute(planes, [0, 2, 3, 1]))

def rows_to_planes(self, x: Tensor, to_map: Tensor) -> Tensor:
  return torch.contiguous(self.planes(self.gather(x, to_map)))

# matrix work
def conv(self, x: Tensor, w: Tensor) -> Tensor:
  return self.sites(torch.conv2d(self.planes(x), w, None, [1, 1], [1, 1], [1, 1], 1))

# matrix work
def conv_bias(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  return self.sites(torch.conv2d(self.planes(x), w, b, [1, 1], [1, 1], [1, 1], 1))

# matrix work
def conv_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  dx, dw, db = torch.convolution_backward(self.planes(dy), self.planes(x), w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False])
  return [self.sites(dx), torch.contiguous(dw)]

# In groups of images, to need less memory; dx takes the place of x.

def conv_backward_in_groups(self, dy: Tensor, x: Tensor, w: Tensor, group: int) -> List[Tensor]:
  images = torch.size(x, 0)
  sum = torch.zeros_like(w)
  for i in range((images + group - 1) // group):
    n = min(group, images - i * group)
    part = torch.narrow(x, 0, i * group, n)
    dx, dw = self.conv_backward(torch.narrow(dy, 0, i * group, n), part, w)
    added = torch.add_(sum, dw)
    done = torch.copy_(part, dx)
  return [x, sum]

# matrix work
def conv_bias_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  dx, dw = self.conv_backward(dy, x, w)
  return [dx, dw, torch.sum(dy, [0, 1, 2], False)]

# matrix work
def up_conv(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  return self.sites(torch.conv_transpose2d(self.planes(x), w, b, [2, 2], [1, 1], [0, 0], 1, [1, 1]))

# matrix work
def up_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  dx, dw, db = torch.convolution_backward(self.planes(dy), self.planes(x), w, None, [2, 2], [1, 1], [1, 1], True, [0, 0], 1, [True, True, False])
  return [self.sites(dx), torch.contiguous(dw), torch.sum(dy, [0, 1, 2], False)]

# The same of small maps, where the library's is slow: one product for all taps, which are then added up. With kernel row 2i + r and column
# 2j + s, site (p, q) of the input adds tap (i, r, j, s) to row r of block p + i and column s of block q + j of the framed output.

def up_taps(self, w: Tensor) -> Tensor:
  return torch.reshape(torch.permute(w, [0, 2, 3, 1]), [torch.size(w, 0), -1])

# tap (i, j) of all input sites, as the blocks of the output that it is added to
def up_tap(self, products: Tensor, i: int, j: int) -> Tensor:
  return torch.permute(torch.select(torch.select(products, 5, j), 3, i), [0, 1, 3, 2, 4, 5])

def up_blocks(self, framed: Tensor, i: int, j: int) -> Tensor:
  down = torch.narrow(framed, 1, i, torch.size(framed, 1) - 1)
  return torch.narrow(down, 3, j, torch.size(framed, 3) - 1)

# matrix work
def up_product(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  images = torch.size(x, 0)
  h = torch.size(x, 1)
  v = torch.size(x, 2)
  out = torch.size(w, 1)
  products = torch.reshape(self.product(self.channel_rows(x), self.up_taps(w)), [images, h, v, 2, 2, 2, 2, out])
  framed = torch.copy_(torch.new_empty(x, [images, h + 1, 2, v + 1, 2, out]), b)
  for i in range(2):
    for j in range(2):
      added = torch.add_(self.up_blocks(framed, i, j), self.up_tap(products, i, j))
  maps = torch.reshape(framed, [images, 2 * h + 2, 2 * v + 2, out])
  return torch.contiguous(torch.narrow(torch.narrow(maps, 1, 1, 2 * h), 2, 1, 2 * v))

# matrix work
def up_product_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  images = torch.size(x, 0)
  h = torch.size(x, 1)
  v = torch.size(x, 2)
  c = torch.size(w, 0)
  out = torch.size(w, 1)
  framed = torch.reshape(torch.constant_pad_nd(dy, [0, 0, 1, 1, 1, 1], 0), [images, h + 1, 2, v + 1, 2, out])
  products = torch.new_empty(x, [images, h, v, 2, 2, 2, 2, out])
  for i in range(2):
    for j in range(2):
      copied = torch.copy_(self.up_tap(products, i, j), self.up_blocks(framed, i, j))
  d = torch.reshape(products, [-1, 16 * out])
  dx = torch.reshape(self.product(d, torch.t(self.up_taps(w))), torch.size(x))
  taps = torch.reshape(self.weight_product(self.channel_rows(x), d), [c, 4, 4, out])
  return [dx, torch.contiguous(torch.permute(taps, [0, 3, 1, 2])), torch.sum(dy, [0, 1, 2], False)]
