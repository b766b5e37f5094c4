# The layers of the network as TorchScript, each with its own backward pass. Read by TorchScriptArchive, never by Python.
# Names: x input, y output, dy the loss's gradient by y, dx by x, w weight, dw its gradient, b bias, db its gradient.
# In mixed precision activations and their gradients are bfloat16, weights and what is summed up are float32. What is marked "matrix work" has
# a twin bf16_NAME, made by MixedPrecision, that converts x, w, b and dy to bfloat16; whatever else is given is an index. The others take both:
# torch.type_as gives the array itself where the formats are the same.
# Rows are [sites, channels]; a row index equal to the number of rows means "inactive": a row of zeros.

# ---- rows: gathering sites with their neighbours ----

def gather(self, rows: Tensor, index: Tensor) -> Tensor:
  zero = torch.new_zeros(rows, [1, torch.size(rows, 1)])
  return torch.embedding(torch.cat([rows, zero], 0), index)

def gather_backward(self, dy: Tensor, index: Tensor, rows: int) -> Tensor:
  flat = torch.reshape(dy, [-1, torch.size(dy, -1)])
  sums = torch.embedding_dense_backward(flat, torch.reshape(index, [-1]), torch.add(rows, 1), rows, False)
  return torch.narrow(sums, 0, 0, rows)

def gather_with_token(self, rows: Tensor, token: Tensor, index: Tensor) -> Tensor:
  return torch.embedding(torch.cat([rows, torch.type_as(torch.reshape(token, [1, -1]), rows)], 0), index)

def gather_with_token_backward(self, dy: Tensor, token: Tensor, index: Tensor, rows: int) -> List[Tensor]:
  flat = torch.type_as(torch.reshape(dy, [-1, torch.size(dy, -1)]), token)
  sums = torch.embedding_dense_backward(flat, torch.reshape(index, [-1]), torch.add(rows, 1), -1, False)
  return [torch.type_as(torch.narrow(sums, 0, 0, rows), dy), torch.reshape(torch.narrow(sums, 0, rows, 1), torch.size(token))]

def every_second_site(self, rows: Tensor, side: int) -> Tensor:
  half = torch.floordiv(side, 2)
  v = torch.reshape(rows, [-1, half, 2, half, 2, torch.size(rows, 1)])
  return torch.reshape(torch.select(torch.select(v, 4, 0), 2, 0), [-1, torch.size(rows, 1)])

def every_second_site_backward(self, dy: Tensor, side: int) -> Tensor:
  half = torch.floordiv(side, 2)
  c = torch.size(dy, 1)
  d = torch.reshape(dy, [-1, half, half, c])
  dx = torch.new_zeros(dy, [torch.size(d, 0), half, 2, half, 2, c])
  v = torch.copy_(torch.select(torch.select(dx, 4, 0), 2, 0), d)
  return torch.reshape(dx, [-1, c])

def patch_factors(self, factors: Tensor, like: Tensor) -> Tensor:
  return torch.type_as(factors, like)

def scale_patches(self, rows: Tensor, factors: Tensor) -> Tensor:
  v = torch.reshape(rows, [torch.size(factors, 0), -1])
  return torch.type_as(torch.reshape(torch.mul(v, torch.unsqueeze(factors, 1)), torch.size(rows)), rows)

def scale_patches_(self, rows: Tensor, factors: Tensor) -> Tensor:
  v = torch.mul_(torch.reshape(rows, [torch.size(factors, 0), -1]), torch.unsqueeze(factors, 1))
  return rows

# ---- linear layers on rows; w may be a 1x1 convolution's [out, in, 1, 1] ----

# matrix work
def linear(self, x: Tensor, w: Tensor) -> Tensor:
  return self.product(x, torch.t(torch.reshape(w, [torch.size(w, 0), -1])))

# matrix work
def linear_bias(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  if self.by_onednn(x, torch.numel(x) * torch.size(w, 0)):
    y = self.onednn_product(torch.contiguous(x), flat, b)
  else:
    y = torch.linear(x, flat, b)
  return y

# matrix work
def linear_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  dw = torch.reshape(self.weight_product(dy, x), torch.size(w))
  return [self.product(dy, flat), dw]

# matrix work
def linear_bias_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  d = torch.reshape(dy, [-1, torch.size(w, 0)])
  dw = torch.reshape(self.weight_product(d, torch.reshape(x, [torch.size(d, 0), -1])), torch.size(w))
  return [torch.reshape(self.product(d, flat), torch.size(x)), dw, torch.sum(d, [0], False)]

# ---- convolutions on rows ----

def tiles(self, rows: Tensor, index: Tensor, side: int) -> Tensor:
  t = torch.reshape(self.gather(rows, index), [-1, side, side, torch.size(rows, 1)])
  return torch.permute(t, [0, 3, 1, 2])

def tile_rows(self, maps: Tensor) -> Tensor:
  return torch.reshape(torch.permute(maps, [0, 2, 3, 1]), [-1, torch.size(maps, 1)])

# matrix work
def tile_conv(self, x: Tensor, w: Tensor, index: Tensor, side: int, stride: int) -> Tensor:
  return self.tile_rows(torch.conv2d(self.tiles(x, index, side), w, None, [stride, stride], [0, 0], [1, 1], 1))

# matrix work
def tile_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, index: Tensor, side: int, out: int, stride: int, input_gradient: bool) -> List[Tensor]:
  t = self.tiles(x, index, side)
  d = torch.permute(torch.reshape(dy, [-1, out, out, torch.size(w, 0)]), [0, 3, 1, 2])
  dt, dw, db = torch.convolution_backward(d, t, w, None, [stride, stride], [0, 0], [1, 1], False, [0, 0], 1, [input_gradient, True, False])
  if input_gradient:
    dx = self.gather_backward(self.tile_rows(dt), index, torch.size(x, 0))
  else:
    dx = dw
  return [dx, dw]

def neighbour_weight(self, w: Tensor) -> Tensor:
  return torch.reshape(torch.permute(w, [0, 2, 3, 1]), [torch.size(w, 0), -1])

# matrix work
def neighbour_conv(self, x: Tensor, w: Tensor, index: Tensor, sites: int) -> Tensor:
  columns = torch.reshape(self.gather(x, index), [sites, -1])
  return self.product(columns, torch.t(self.neighbour_weight(w)))

# matrix work
def neighbour_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, index: Tensor) -> List[Tensor]:
  columns = torch.reshape(self.gather(x, index), [torch.size(dy, 0), -1])
  k = [torch.size(w, 0), torch.size(w, 2), torch.size(w, 3), torch.size(w, 1)]
  dw = torch.contiguous(torch.permute(torch.reshape(self.weight_product(dy, columns), k), [0, 3, 1, 2]))
  dcolumns = torch.reshape(self.product(dy, self.neighbour_weight(w)), [-1, torch.size(x, 1)])
  return [self.gather_backward(dcolumns, index, torch.size(x, 0)), dw]

def block_rows(self, x: Tensor, side: int, kernel: int) -> Tensor:
  n = torch.floordiv(side, kernel)
  v = torch.permute(torch.reshape(x, [-1, n, kernel, n, kernel, torch.size(x, 1)]), [0, 1, 3, 2, 4, 5])
  return torch.reshape(v, [-1, torch.mul(torch.mul(kernel, kernel), torch.size(x, 1))])

# matrix work
def block_conv(self, x: Tensor, w: Tensor, b: Tensor, side: int) -> Tensor:
  return torch.addmm(b, self.block_rows(x, side, torch.size(w, 2)), torch.t(self.neighbour_weight(w)))

# matrix work
def block_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, side: int, input_gradient: bool) -> List[Tensor]:
  kernel = torch.size(w, 2)
  c = torch.size(w, 1)
  n = torch.floordiv(side, kernel)
  dflat = self.weight_product(dy, self.block_rows(x, side, kernel))
  dw = torch.contiguous(torch.permute(torch.reshape(dflat, [torch.size(w, 0), kernel, kernel, c]), [0, 3, 1, 2]))
  if input_gradient:
    d = torch.reshape(self.product(dy, self.neighbour_weight(w)), [-1, n, n, kernel, kernel, c])
    dx = torch.reshape(torch.permute(d, [0, 1, 3, 2, 4, 5]), [-1, c])
  else:
    dx = dw
  return [dx, dw, torch.sum(dy, [0], False)]

# matrix work
def depthwise_tiles(self, x: Tensor, w: Tensor, b: Tensor, index: Tensor, side: int) -> Tensor:
  return self.tile_rows(torch.conv2d(self.tiles(x, index, side), w, b, [1, 1], [0, 0], [1, 1], torch.size(x, 1)))

# matrix work
def depthwise_tiles_backward(self, dy: Tensor, x: Tensor, w: Tensor, index: Tensor, side: int, out: int) -> List[Tensor]:
  c = torch.size(x, 1)
  d = torch.permute(torch.reshape(dy, [-1, out, out, c]), [0, 3, 1, 2])
  dt, dw, db = torch.convolution_backward(d, self.tiles(x, index, side), w, [c], [1, 1], [0, 0], [1, 1], False, [0, 0], c, [True, True, True])
  return [self.gather_backward(self.tile_rows(dt), index, torch.size(x, 0)), dw, db]

# matrix work
def depthwise_map(self, x: Tensor, w: Tensor, b: Tensor, to_map: Tensor, to_rows: Tensor) -> Tensor:
  m = torch.permute(self.gather(x, to_map), [0, 3, 1, 2])
  y = torch.conv2d(m, w, b, [1, 1], [3, 3], [1, 1], torch.size(x, 1))
  return torch.index_select(self.tile_rows(y), 0, to_rows)

# matrix work
def depthwise_map_backward(self, dy: Tensor, x: Tensor, w: Tensor, to_map: Tensor) -> List[Tensor]:
  c = torch.size(x, 1)
  m = torch.permute(self.gather(x, to_map), [0, 3, 1, 2])
  d = torch.permute(self.gather(dy, to_map), [0, 3, 1, 2])
  dm, dw, db = torch.convolution_backward(d, m, w, [c], [1, 1], [3, 3], [1, 1], False, [0, 0], c, [True, True, True])
  return [self.gather_backward(self.tile_rows(dm), to_map, torch.size(x, 0)), dw, db]

# ---- pooling on rows: what is not active takes part as zero ----

def tile_pool(self, x: Tensor, index: Tensor, side: int) -> List[Tensor]:
  y, chosen = torch.max_pool2d_with_indices(self.tiles(x, index, side), [3, 3], [2, 2], [0, 0], [1, 1], False)
  return [self.tile_rows(y), chosen]

def tile_pool_backward(self, dy: Tensor, x: Tensor, chosen: Tensor, index: Tensor, side: int, out: int) -> Tensor:
  d = torch.permute(torch.reshape(dy, [-1, out, out, torch.size(x, 1)]), [0, 3, 1, 2])
  dt = torch.max_pool2d_with_indices_backward(d, self.tiles(x, index, side), [3, 3], [2, 2], [0, 0], [1, 1], False, chosen)
  return self.gather_backward(self.tile_rows(dt), index, torch.size(x, 0))

# ---- moving values ----

def copy_into(self, target: Tensor, source: Tensor) -> Tensor:
  return torch.copy_(target, source)

def clone(self, x: Tensor) -> Tensor:
  return torch.clone(x)

# ---- memory: an array may be without its values for a while ----

def release(self, x: Tensor) -> Tensor:
  return torch.set_(x)

def refill(self, x: Tensor, values: Tensor) -> Tensor:
  return torch.set_(x, values)
