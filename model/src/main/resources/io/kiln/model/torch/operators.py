# The layers of the network as TorchScript, each with its own backward pass. Read by TorchScriptArchive, never by Python.
# Names: x input, y output, dy the loss's gradient by y, dx by x, w weight, dw its gradient, b bias, db its gradient.
# What is marked "matrix work" has a twin bf16_NAME, made by MixedPrecision, that computes it in bfloat16; there x, w, b and dy
# are the arrays to convert, whatever else is given is an index.
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
  return torch.embedding(torch.cat([rows, torch.reshape(token, [1, -1])], 0), index)

def gather_with_token_backward(self, dy: Tensor, token: Tensor, index: Tensor, rows: int) -> List[Tensor]:
  flat = torch.reshape(dy, [-1, torch.size(dy, -1)])
  sums = torch.embedding_dense_backward(flat, torch.reshape(index, [-1]), torch.add(rows, 1), -1, False)
  return [torch.narrow(sums, 0, 0, rows), torch.reshape(torch.narrow(sums, 0, rows, 1), torch.size(token))]

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

def scale_patches(self, rows: Tensor, factors: Tensor) -> Tensor:
  v = torch.reshape(rows, [torch.size(factors, 0), -1])
  return torch.reshape(torch.mul(v, torch.unsqueeze(factors, 1)), torch.size(rows))

# ---- linear layers on rows; w may be a 1x1 convolution's [out, in, 1, 1] ----

# matrix work
def linear(self, x: Tensor, w: Tensor) -> Tensor:
  return torch.matmul(x, torch.t(torch.reshape(w, [torch.size(w, 0), -1])))

# matrix work
def linear_bias(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  return torch.linear(x, torch.reshape(w, [torch.size(w, 0), -1]), b)

# matrix work
def linear_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  dw = torch.reshape(torch.matmul(torch.t(dy), x), torch.size(w))
  return [torch.matmul(dy, flat), dw]

# matrix work
def linear_bias_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  d = torch.reshape(dy, [-1, torch.size(w, 0)])
  dw = torch.reshape(torch.matmul(torch.t(d), torch.reshape(x, [torch.size(d, 0), -1])), torch.size(w))
  return [torch.reshape(torch.matmul(d, flat), torch.size(x)), dw, torch.sum(d, [0], False)]

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
  return torch.matmul(columns, torch.t(self.neighbour_weight(w)))

# matrix work
def neighbour_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, index: Tensor) -> List[Tensor]:
  columns = torch.reshape(self.gather(x, index), [torch.size(dy, 0), -1])
  k = [torch.size(w, 0), torch.size(w, 2), torch.size(w, 3), torch.size(w, 1)]
  dw = torch.contiguous(torch.permute(torch.reshape(torch.matmul(torch.t(dy), columns), k), [0, 3, 1, 2]))
  dcolumns = torch.reshape(torch.matmul(dy, self.neighbour_weight(w)), [-1, torch.size(x, 1)])
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
  dflat = torch.matmul(torch.t(dy), self.block_rows(x, side, kernel))
  dw = torch.contiguous(torch.permute(torch.reshape(dflat, [torch.size(w, 0), kernel, kernel, c]), [0, 3, 1, 2]))
  if input_gradient:
    d = torch.reshape(torch.matmul(dy, self.neighbour_weight(w)), [-1, n, n, kernel, kernel, c])
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

# ---- norms and activations, on rows and on maps [images, height, width, channels] alike; running statistics are updated in place ----

def channel_rows(self, x: Tensor) -> Tensor:
  return torch.reshape(x, [-1, torch.size(x, -1)])

# In strips of rows that stay in the cache. The library's sums over rows are plain ones: over the 800,000 rows of 16 images of 224 px they leave
# 2e-4 of the deviation, these 2e-7. activation: 0 none, 1 ReLU, 2 ReLU6.

def activate_(self, y: Tensor, activation: int) -> Tensor:
  if activation == 2:
    done = torch.hardtanh_(y, 0., 6.)
  else:
    if activation == 1:
      done = torch.relu_(y)
    else:
      done = y
  return done

def activate_backward_(self, dy: Tensor, y: Tensor, activation: int) -> Tensor:
  if activation == 2:
    done = torch.hardtanh_backward(dy, y, 0., 6., grad_input=dy)
  else:
    if activation == 1:
      done = torch.threshold_backward(dy, y, 0, grad_input=dy)
    else:
      done = dy
  return done

def batch_norm(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, momentum: float, eps: float, activation: int, strip: int) -> List[Tensor]:
  rows = self.channel_rows(x)
  n = torch.size(rows, 0)
  step = max(1, strip // torch.size(rows, 1))
  strips = (n + step - 1) // step
  centre = torch.mean(torch.narrow(rows, 0, 0, min(n, step)), [0], False)
  sums = torch.zeros_like(centre)
  squares = torch.zeros_like(centre)
  for i in range(strips):
    t = torch.sub(torch.narrow(rows, 0, i * step, min(step, n - i * step)), centre)
    added = torch.add_(sums, torch.sum(t, [0], False))
    added2 = torch.add_(squares, torch.sum(torch.mul_(t, t), [0], False))
  offset = torch.div(sums, n)
  var = torch.sub(torch.div(squares, n), torch.mul(offset, offset))
  mean = torch.add(centre, offset)
  rstd = torch.rsqrt(torch.add(var, eps))
  kept = torch.lerp_(running_mean, mean, momentum)
  kept2 = torch.lerp_(running_var, torch.mul(var, n / max(1, n - 1)), momentum)
  scale = torch.mul(w, rstd)
  shift = torch.sub(b, torch.mul(mean, scale))
  y = torch.new_empty(rows, torch.size(rows))
  for i in range(strips):
    m = min(step, n - i * step)
    o = torch.addcmul(shift, torch.narrow(rows, 0, i * step, m), scale, out=torch.narrow(y, 0, i * step, m))
    activated = self.activate_(o, activation)
  return [torch.reshape(y, torch.size(x)), mean, rstd]

# With an activation dy is used up: dx takes its place.

def batch_norm_backward(self, dy: Tensor, x: Tensor, y: Tensor, w: Tensor, mean: Tensor, rstd: Tensor, eps: float, activation: int, strip: int) -> List[Tensor]:
  rows = self.channel_rows(x)
  d = self.channel_rows(dy)
  out = self.channel_rows(y)
  n = torch.size(rows, 0)
  step = max(1, strip // torch.size(rows, 1))
  strips = (n + step - 1) // step
  dw = torch.zeros_like(w)
  db = torch.zeros_like(w)
  for i in range(strips):
    m = min(step, n - i * step)
    g = self.activate_backward_(torch.narrow(d, 0, i * step, m), torch.narrow(out, 0, i * step, m), activation)
    none, part, part2 = torch.native_batch_norm_backward(g, torch.narrow(rows, 0, i * step, m), w, None, None, mean, rstd, True, eps, [False, True, True])
    added = torch.add_(dw, part)
    added2 = torch.add_(db, part2)
  scale = torch.mul(w, rstd)
  slope = torch.neg(torch.div(torch.mul(torch.mul(scale, rstd), dw), n))
  shift = torch.neg(torch.add(torch.div(torch.mul(scale, db), n), torch.mul(slope, mean)))
  if activation == 0:
    dx = torch.new_empty(rows, torch.size(rows))
  else:
    dx = d
  for i in range(strips):
    m = min(step, n - i * step)
    t = torch.addcmul(shift, torch.narrow(d, 0, i * step, m), scale)
    made = torch.addcmul(t, torch.narrow(rows, 0, i * step, m), slope, out=torch.narrow(dx, 0, i * step, m))
  return [torch.reshape(dx, torch.size(x)), dw, db]

def batch_norm_inference(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, eps: float) -> Tensor:
  return torch.batch_norm(x, w, b, running_mean, running_var, False, 0., eps, False)

def batch_norm_inference_relu(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, eps: float) -> Tensor:
  return torch.relu_(self.batch_norm_inference(x, w, b, running_mean, running_var, eps))

def layer_norm(self, x: Tensor, w: Tensor, b: Tensor, eps: float) -> List[Tensor]:
  y, mean, rstd = torch.native_layer_norm(x, [torch.size(x, 1)], w, b, eps)
  return [y, mean, rstd]

def layer_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor) -> List[Tensor]:
  dx, dw, db = torch.native_layer_norm_backward(dy, x, [torch.size(x, 1)], mean, rstd, w, b, [True, True, True])
  return [dx, dw, db]

def gelu(self, x: Tensor) -> Tensor:
  return torch.gelu(x, approximate="none")

def gelu_backward(self, dy: Tensor, x: Tensor) -> Tensor:
  return torch.gelu_backward(dy, x, approximate="none")

def channel_scale(self, x: Tensor, w: Tensor) -> Tensor:
  return torch.mul(x, w)

def channel_scale_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  return [torch.mul(dy, w), torch.sum(torch.mul(dy, x), [0], False)]

def add(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.add(a, b)

def add_into(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.add_(a, b)

def add_relu(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.relu_(torch.add(a, b))

def relu_backward(self, dy: Tensor, y: Tensor) -> Tensor:
  return torch.threshold_backward(dy, y, 0)

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

def images_a_strip(self, images: int, down: int, across: int, tiles: int) -> int:
  return max(1, min(images, tiles // (down * across)))

def rows_a_strip(self, down: int, across: int, tiles: int) -> int:
  most = max(1, min(down, tiles // across))
  strips = (down + most - 1) // most
  return (down + strips - 1) // strips

def framed(self, x: Tensor) -> Tensor:
  h = torch.size(x, 1)
  w = torch.size(x, 2)
  return torch.constant_pad_nd(x, [0, 0, 1, 4 * self.tiles_along(w) - w + 1, 1, 4 * self.tiles_along(h) - h + 1], 0)

def scratch(self, buffer: Tensor, rows: int, columns: int) -> Tensor:
  return torch.reshape(torch.narrow(buffer, 0, 0, rows * columns), [rows, columns])

def input_tiles(self, framed: Tensor, image: int, images: int, row: int, rows: int, k: List[Tensor], cut: Tensor, out: Tensor) -> Tensor:
  c = torch.size(framed, 3)
  line = torch.size(framed, 2) * c
  map = torch.size(framed, 1) * line
  across = torch.size(framed, 2) // 4
  tiles = torch.as_strided(framed, [6, 6, images, rows, across, c], [line, c, map, 4 * line, 4 * c, 1], image * map + 4 * row * line)
  flat = self.scratch(cut, 36, images * rows * across * c)
  copied = torch.copy_(torch.reshape(flat, torch.size(tiles)), tiles)
  return torch.reshape(torch.mm(k[0], flat, out=self.scratch(out, 36, torch.size(flat, 1))), [36, -1, c])

def winograd(self, x: Tensor, u: Tensor, k: List[Tensor], up: int, strip: int) -> Tensor:
  framed = self.framed(x)
  images = torch.size(x, 0)
  down = self.tiles_along(torch.size(x, 1))
  across = self.tiles_along(torch.size(x, 2))
  wide = torch.size(u, 2)
  out = wide // (up * up)
  widest = max(torch.size(x, 3), wide)
  most = max(128, strip // (36 * widest))
  group = self.images_a_strip(images, down, across, most)
  rows = self.rows_a_strip(down, across, most)
  y = torch.new_empty(x, [images, down, 4, up, across, 4, up, out])
  one = torch.new_empty(x, [36 * group * rows * across * widest])
  other = torch.new_empty(x, [36 * group * rows * across * widest])
  for i in range((images + group - 1) // group):
    b = i * group
    n = min(group, images - b)
    for j in range((down + rows - 1) // rows):
      r = j * rows
      m = min(rows, down - r)
      inputs = self.input_tiles(framed, b, n, r, m, k, one, other)
      flat = self.scratch(one, 36, n * m * across * wide)
      products = torch.bmm(inputs, u, out=torch.reshape(flat, [36, -1, wide]))
      tiles = torch.mm(k[1], flat, out=self.scratch(other, 16, torch.size(flat, 1)))
      v = torch.permute(torch.reshape(tiles, [4, 4, n, m, across, up, up, out]), [2, 3, 0, 5, 4, 1, 6, 7])
      done = torch.copy_(torch.narrow(torch.narrow(y, 0, b, n), 1, r, m), v)
  maps = torch.reshape(y, [images, down * 4 * up, across * 4 * up, out])
  cut = torch.narrow(torch.narrow(maps, 1, 0, up * torch.size(x, 1)), 2, 0, up * torch.size(x, 2))
  return torch.contiguous(cut)

def winograd_backward(self, dy: Tensor, x: Tensor, u: Tensor, k: List[Tensor], up: int, strip: int) -> List[Tensor]:
  framed = self.framed(x)
  images = torch.size(x, 0)
  height = torch.size(x, 1)
  width = torch.size(x, 2)
  c = torch.size(x, 3)
  down = self.tiles_along(height)
  across = self.tiles_along(width)
  wide = torch.size(u, 2)
  out = wide // (up * up)
  widest = max(c, wide)
  most = max(256, strip // (36 * widest))
  group = self.images_a_strip(images, down, across, most)
  rows = self.rows_a_strip(down, across, most)
  if 4 * down == height and 4 * across == width:
    whole = dy
  else:
    whole = torch.constant_pad_nd(dy, [0, 0, 0, up * (4 * across - width), 0, up * (4 * down - height)], 0)
  d = torch.reshape(whole, [images, down, 4, up, across, 4, up, out])
  ut = torch.transpose(u, 1, 2)
  from_products = torch.t(k[1])
  from_tiles = torch.t(k[0])
  du = torch.new_zeros(u, torch.size(u))
  dx = torch.new_zeros(x, [images, 4 * down + 4, 4 * across + 4, c])
  one = torch.new_empty(x, [36 * group * rows * across * widest])
  other = torch.new_empty(x, [36 * group * rows * across * widest])
  third = torch.new_empty(x, [36 * group * rows * across * wide])
  for i in range((images + group - 1) // group):
    b = i * group
    n = min(group, images - b)
    for j in range((down + rows - 1) // rows):
      r = j * rows
      m = min(rows, down - r)
      cells = n * m * across
      v = torch.permute(torch.narrow(torch.narrow(d, 0, b, n), 1, r, m), [2, 5, 0, 1, 4, 3, 6, 7])
      doutputs = self.scratch(one, 16, cells * wide)
      copied = torch.copy_(torch.reshape(doutputs, torch.size(v)), v)
      dproducts = torch.reshape(torch.mm(from_products, doutputs, out=self.scratch(third, 36, cells * wide)), [36, -1, wide])
      inputs = self.input_tiles(framed, b, n, r, m, k, one, other)
      added = torch.baddbmm_(du, torch.transpose(inputs, 1, 2), dproducts)
      dinputs = torch.bmm(dproducts, ut, out=inputs)
      dtiles = torch.mm(from_tiles, torch.reshape(dinputs, [36, -1]), out=self.scratch(one, 36, cells * c))
      e = torch.reshape(dtiles, [6, 6, n, m, across, c])
      part = torch.narrow(torch.narrow(dx, 0, b, n), 1, 4 * r, 4 * m + 4)
      done = self.add_tiles(torch.permute(torch.reshape(part, [n, m + 1, 4, across + 1, 4, c]), [2, 4, 0, 1, 3, 5]), e)
  inner = torch.narrow(torch.narrow(dx, 1, 1, height), 2, 1, width)
  return [torch.contiguous(inner), du]

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

# ---- a 4x4 transposed convolution of stride 2 and the 3x3 convolution after it, as one: y = w3 * (w4 up x + b) ----
# w4 [in, mid, 4, 4], w3 [out, mid, 3, 3]; k[3] [36, 16] and k[4] [36, 9] evaluate the two kernels at 36 points, k[5] [144, 36] makes of the
# product's values the transformed kernels of the four phases of the output; those three in float64, for they magnify rounding.

def fused_kernel(self, w4: Tensor, w3: Tensor, k: List[Tensor]) -> List[Tensor]:
  c = torch.size(w4, 0)
  mid = torch.size(w4, 1)
  out = torch.size(w3, 0)
  taps4 = torch.reshape(torch.permute(torch.type_as(w4, k[3]), [2, 3, 0, 1]), [16, -1])
  taps3 = torch.reshape(torch.permute(torch.type_as(w3, k[4]), [2, 3, 1, 0]), [9, -1])
  v4 = torch.reshape(torch.mm(k[3], taps4), [36, c, mid])
  v3 = torch.reshape(torch.mm(k[4], taps3), [36, mid, out])
  phases = torch.mm(k[5], torch.reshape(torch.bmm(v4, v3), [36, -1]))
  u = torch.permute(torch.reshape(phases, [4, 36, c, out]), [1, 2, 0, 3])
  return [torch.type_as(torch.reshape(u, [36, c, 4 * out]), w4), v4, v3]

def fused_kernel_backward(self, du: Tensor, v4: Tensor, v3: Tensor, k: List[Tensor]) -> List[Tensor]:
  c = torch.size(v4, 1)
  mid = torch.size(v4, 2)
  out = torch.size(v3, 2)
  wide = torch.type_as(du, v4)
  phases = torch.reshape(torch.permute(torch.reshape(wide, [36, c, 4, out]), [2, 0, 1, 3]), [144, -1])
  d = torch.reshape(torch.mm(torch.t(k[5]), phases), [36, c, out])
  d4 = torch.mm(torch.t(k[3]), torch.reshape(torch.bmm(d, torch.transpose(v3, 1, 2)), [36, -1]))
  d3 = torch.mm(torch.t(k[4]), torch.reshape(torch.bmm(torch.transpose(v4, 1, 2), d), [36, -1]))
  dw4 = torch.contiguous(torch.type_as(torch.permute(torch.reshape(d4, [4, 4, c, mid]), [2, 3, 0, 1]), du))
  dw3 = torch.contiguous(torch.type_as(torch.permute(torch.reshape(d3, [3, 3, mid, out]), [3, 2, 0, 1]), du))
  return [dw4, dw3]

# What the fused kernel reads one line outside of the map between the two, where the 3x3 convolution reads zeros: its part in the output's
# outermost line. x [images, length, in] is the input's outermost line, w4 [in, mid, 4] and w3 [out, mid, 3] the taps across it; ends: whether
# the line's two corners count.

def outside_line(self, x: Tensor, w4: Tensor, b: Tensor, ends: bool) -> Tensor:
  images = torch.size(x, 0)
  length = torch.size(x, 1)
  mid = torch.size(w4, 1)
  taps = torch.reshape(torch.permute(w4, [0, 2, 1]), [torch.size(w4, 0), -1])
  p = torch.reshape(torch.matmul(x, taps), [images, length, 2, 2, mid])
  z = torch.mul(torch.new_ones(x, [images, length + 1, 2, mid]), b)
  first = torch.add_(torch.narrow(z, 1, 0, length), torch.select(p, 2, 0))
  second = torch.add_(torch.narrow(z, 1, 1, length), torch.select(p, 2, 1))
  line = torch.reshape(z, [images, 2 * length + 2, mid])
  if not ends:
    left = torch.zero_(torch.narrow(line, 1, 0, 1))
    right = torch.zero_(torch.narrow(line, 1, 2 * length + 1, 1))
  return line

def line_windows(self, line: Tensor) -> Tensor:
  n = torch.size(line, 1) - 2
  return torch.cat([torch.narrow(line, 1, 0, n), torch.narrow(line, 1, 1, n), torch.narrow(line, 1, 2, n)], 2)

def line_taps(self, w3: Tensor) -> Tensor:
  return torch.reshape(torch.permute(w3, [2, 1, 0]), [-1, torch.size(w3, 0)])

def outside(self, x: Tensor, w4: Tensor, b: Tensor, w3: Tensor, ends: bool) -> Tensor:
  return torch.matmul(self.line_windows(self.outside_line(x, w4, b, ends)), self.line_taps(w3))

def outside_backward(self, dy: Tensor, x: Tensor, w4: Tensor, b: Tensor, w3: Tensor, ends: bool) -> List[Tensor]:
  line = self.outside_line(x, w4, b, ends)
  images = torch.size(x, 0)
  length = torch.size(x, 1)
  mid = torch.size(w4, 1)
  windows = torch.reshape(self.line_windows(line), [-1, 3 * mid])
  flat = torch.reshape(dy, [-1, torch.size(dy, 2)])
  d3 = torch.permute(torch.reshape(torch.mm(torch.t(windows), flat), [3, mid, torch.size(w3, 0)]), [2, 1, 0])
  dwindows = torch.matmul(dy, torch.t(self.line_taps(w3)))
  dline = torch.new_zeros(line, torch.size(line))
  n = 2 * length
  a = torch.add_(torch.narrow(dline, 1, 0, n), torch.narrow(dwindows, 2, 0, mid))
  c = torch.add_(torch.narrow(dline, 1, 1, n), torch.narrow(dwindows, 2, mid, mid))
  d = torch.add_(torch.narrow(dline, 1, 2, n), torch.narrow(dwindows, 2, 2 * mid, mid))
  if not ends:
    left = torch.zero_(torch.narrow(dline, 1, 0, 1))
    right = torch.zero_(torch.narrow(dline, 1, 2 * length + 1, 1))
  db = torch.sum(dline, [0, 1], False)
  dz = torch.reshape(dline, [images, length + 1, 2, mid])
  dp = torch.reshape(torch.stack([torch.narrow(dz, 1, 0, length), torch.narrow(dz, 1, 1, length)], 2), [-1, 4 * mid])
  taps = torch.reshape(torch.permute(w4, [0, 2, 1]), [torch.size(w4, 0), -1])
  rows = torch.reshape(x, [-1, torch.size(x, 2)])
  d4 = torch.permute(torch.reshape(torch.mm(torch.t(rows), dp), [torch.size(x, 2), 4, mid]), [0, 2, 1])
  dx = torch.reshape(torch.mm(dp, torch.t(taps)), torch.size(x))
  return [dx, d4, db, d3]

def fused_up_conv(self, x: Tensor, w4: Tensor, b: Tensor, w3: Tensor, u: Tensor, k: List[Tensor], strip: int) -> Tensor:
  y = self.winograd(x, u, k, 2, strip)
  inside = torch.add_(y, torch.mv(torch.sum(w3, [2, 3], False), b))
  h = torch.size(x, 1) - 1
  w = torch.size(x, 2) - 1
  top = torch.sub_(torch.select(y, 1, 0), self.outside(torch.select(x, 1, 0), torch.select(w4, 2, 0), b, torch.select(w3, 2, 0), True))
  bottom = torch.sub_(torch.select(y, 1, 2 * h + 1), self.outside(torch.select(x, 1, h), torch.select(w4, 2, 3), b, torch.select(w3, 2, 2), True))
  left = torch.sub_(torch.select(y, 2, 0), self.outside(torch.select(x, 2, 0), torch.select(w4, 3, 0), b, torch.select(w3, 3, 0), False))
  right = torch.sub_(torch.select(y, 2, 2 * w + 1), self.outside(torch.select(x, 2, w), torch.select(w4, 3, 3), b, torch.select(w3, 3, 2), False))
  return y

def take_outside(self, side: List[Tensor], dx: Tensor, dw4: Tensor, db: Tensor, dw3: Tensor) -> int:
  a = torch.sub_(dx, side[0])
  b = torch.sub_(dw4, side[1])
  c = torch.sub_(db, side[2])
  d = torch.sub_(dw3, side[3])
  return 0

def fused_up_conv_backward(self, dy: Tensor, x: Tensor, w4: Tensor, b: Tensor, w3: Tensor, u: Tensor, v4: Tensor, v3: Tensor, k: List[Tensor], strip: int) -> List[Tensor]:
  dx, du, = self.winograd_backward(dy, x, u, k, 2, strip)
  dw4, dw3, = self.fused_kernel_backward(du, v4, v3, k)
  dsum = torch.sum(dy, [0, 1, 2], False)
  db = torch.mv(torch.t(torch.sum(w3, [2, 3], False)), dsum)
  bias_part = torch.add_(dw3, torch.reshape(torch.outer(dsum, b), [torch.size(w3, 0), torch.size(w3, 1), 1, 1]))
  h = torch.size(x, 1) - 1
  w = torch.size(x, 2) - 1
  top = self.outside_backward(torch.select(dy, 1, 0), torch.select(x, 1, 0), torch.select(w4, 2, 0), b, torch.select(w3, 2, 0), True)
  t = self.take_outside(top, torch.select(dx, 1, 0), torch.select(dw4, 2, 0), db, torch.select(dw3, 2, 0))
  bottom = self.outside_backward(torch.select(dy, 1, 2 * h + 1), torch.select(x, 1, h), torch.select(w4, 2, 3), b, torch.select(w3, 2, 2), True)
  m = self.take_outside(bottom, torch.select(dx, 1, h), torch.select(dw4, 2, 3), db, torch.select(dw3, 2, 2))
  left = self.outside_backward(torch.select(dy, 2, 0), torch.select(x, 2, 0), torch.select(w4, 3, 0), b, torch.select(w3, 3, 0), False)
  l = self.take_outside(left, torch.select(dx, 2, 0), torch.select(dw4, 3, 0), db, torch.select(dw3, 3, 0))
  right = self.outside_backward(torch.select(dy, 2, 2 * w + 1), torch.select(x, 2, w), torch.select(w4, 3, 3), b, torch.select(w3, 3, 2), False)
  r = self.take_outside(right, torch.select(dx, 2, w), torch.select(dw4, 3, 3), db, torch.select(dw3, 3, 2))
  return [dx, dw4, db, dw3]

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

def winograd_rows(self, x: Tensor, u: Tensor, index: Tensor, k: List[Tensor], side: int) -> Tensor:
  n2 = torch.size(index, 0)
  inputs = torch.mm(k[0], torch.reshape(self.gather(x, index), [n2, -1]))
  products = torch.bmm(torch.reshape(inputs, [n2, -1, torch.size(x, 1)]), u)
  return self.tiles_to_rows(torch.mm(k[1], torch.reshape(products, [n2, -1])), side, torch.size(u, 2))

def winograd_rows_backward(self, dy: Tensor, x: Tensor, u: Tensor, index: Tensor, k: List[Tensor], side: int) -> List[Tensor]:
  n2 = torch.size(index, 0)
  c = torch.size(x, 1)
  m = 2 if n2 == 16 else 4
  dproducts = torch.reshape(torch.mm(torch.t(k[1]), self.rows_to_tiles(dy, side, m)), [n2, -1, torch.size(dy, 1)])
  inputs = torch.reshape(torch.mm(k[0], torch.reshape(self.gather(x, index), [n2, -1])), [n2, -1, c])
  du = torch.bmm(torch.transpose(inputs, 1, 2), dproducts)
  dinputs = torch.bmm(dproducts, torch.transpose(u, 1, 2))
  dtiles = torch.mm(torch.t(k[0]), torch.reshape(dinputs, [n2, -1]))
  return [self.gather_backward(torch.reshape(dtiles, [-1, c]), index, torch.size(x, 0)), du]

# ---- a 3x3 convolution of a map that holds rows at active patches and a token elsewhere ----
# Only tiles of active patches are transformed and multiplied, with overlapping sums into the framed map; the token's part is
# that of a map of ones at inactive sites. index [n², tiles]: where the tiles' outputs lie in the framed maps; windows [framed sites, 9]: which
# neighbours of a site are inactive.

def inactive_windows(self, like: Tensor, masked: Tensor, images: int, rows: int, columns: int, side: int) -> Tensor:
  cells = torch.index_fill_(torch.new_zeros(like, [images * rows * columns]), 0, masked, 1)
  wide = torch.expand(torch.reshape(cells, [images, rows, 1, columns, 1]), [images, rows, side, columns, side])
  map = torch.reshape(wide, [images, 1, rows * side, columns * side])
  windows = torch.im2col(map, [3, 3], [1, 1], [2, 2], [1, 1])
  return torch.reshape(torch.permute(windows, [0, 2, 1]), [-1, 9])

def spread_taps(self, w: Tensor) -> Tensor:
  return torch.permute(w, [2, 3, 1, 0])

def spread_kernel(self, w: Tensor, k: List[Tensor]) -> Tensor:
  flipped = torch.reshape(torch.flip(self.spread_taps(w), [0, 1]), [9, -1])
  return torch.reshape(torch.mm(k[2], flipped), [-1, torch.size(w, 1), torch.size(w, 0)])

def patch_tiles(self, x: Tensor, k: List[Tensor], side: int, tile: int) -> Tensor:
  return torch.reshape(torch.mm(torch.t(k[1]), self.rows_to_tiles(x, side, tile)), [(tile + 2) * (tile + 2), -1, torch.size(x, 1)])

def spread_conv(self, x: Tensor, w: Tensor, b: Tensor, token: Tensor, index: Tensor, windows: Tensor, k: List[Tensor], images: int, height: int, width: int, side: int, strip: int) -> Tensor:
  n2 = torch.size(index, 0)
  out = torch.size(w, 0)
  c = torch.size(w, 1)
  tile = 2 if n2 == 16 else 4
  across = side // tile
  tiles = across * across
  u = self.spread_kernel(w, k)
  token_taps = torch.reshape(torch.matmul(torch.reshape(token, [1, c]), self.spread_taps(w)), [9, out])
  map = torch.addmm(b, windows, token_taps)
  patches = torch.size(index, 1) // tiles
  group = max(1, strip // (n2 * tiles * max(c, out)))
  for i in range((patches + group - 1) // group):
    n = min(group, patches - i * group)
    rows = torch.narrow(x, 0, i * group * side * side, n * side * side)
    products = torch.bmm(self.patch_tiles(rows, k, side, tile), u)
    outputs = torch.mm(torch.t(k[0]), torch.reshape(products, [n2, -1]))
    where = torch.reshape(torch.narrow(index, 1, i * group * tiles, n * tiles), [-1])
    added = torch.index_add_(map, 0, where, torch.reshape(outputs, [-1, out]))
  maps = torch.reshape(map, [images, height + 2, width + 2, out])
  return torch.contiguous(torch.narrow(torch.narrow(maps, 1, 1, height), 2, 1, width))

def spread_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, token: Tensor, index: Tensor, windows: Tensor, k: List[Tensor], side: int, strip: int) -> List[Tensor]:
  n2 = torch.size(index, 0)
  out = torch.size(w, 0)
  c = torch.size(w, 1)
  tile = 2 if n2 == 16 else 4
  across = side // tile
  tiles = across * across
  u = self.spread_kernel(w, k)
  ut = torch.transpose(u, 1, 2)
  du = torch.new_zeros(u, torch.size(u))
  framed = torch.reshape(torch.constant_pad_nd(dy, [0, 0, 1, 1, 1, 1], 0), [-1, out])
  dx = torch.new_empty(x, torch.size(x))
  patches = torch.size(index, 1) // tiles
  group = max(1, strip // (n2 * tiles * max(c, out)))
  for i in range((patches + group - 1) // group):
    n = min(group, patches - i * group)
    first = i * group * side * side
    where = torch.narrow(index, 1, i * group * tiles, n * tiles)
    doutputs = torch.reshape(torch.embedding(framed, where), [n2, -1])
    dproducts = torch.reshape(torch.mm(k[0], doutputs), [n2, -1, out])
    inputs = self.patch_tiles(torch.narrow(x, 0, first, n * side * side), k, side, tile)
    added = torch.baddbmm_(du, torch.transpose(inputs, 1, 2), dproducts)
    dtiles = torch.mm(k[1], torch.reshape(torch.bmm(dproducts, ut), [n2, -1]))
    copied = torch.copy_(torch.narrow(dx, 0, first, n * side * side), self.tiles_to_rows(dtiles, side, c))
  dtoken_taps = torch.reshape(torch.mm(torch.t(windows), framed), [3, 3, 1, out])
  flipped = torch.reshape(torch.mm(torch.t(k[2]), torch.reshape(du, [n2, -1])), [3, 3, c, out])
  dtaps = torch.add(torch.flip(flipped, [0, 1]), torch.mul(dtoken_taps, torch.reshape(token, [c, 1])))
  dw = torch.contiguous(torch.permute(dtaps, [3, 2, 0, 1]))
  dtoken = torch.sum(torch.mul(self.spread_taps(w), dtoken_taps), [0, 1, 3], False)
  return [dx, dw, torch.sum(framed, [0], False), torch.reshape(dtoken, torch.size(token))]

# ---- a 1x1 convolution of such a map ----

def spread_linear(self, x: Tensor, w: Tensor, b: Tensor, token: Tensor, index: Tensor) -> Tensor:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  rows = torch.cat([x, torch.reshape(token, [1, -1])], 0)
  return torch.embedding(torch.linear(rows, flat, b), index)

def spread_linear_backward(self, dy: Tensor, x: Tensor, w: Tensor, token: Tensor, index: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  count = torch.size(x, 0)
  sums = torch.embedding_dense_backward(self.channel_rows(dy), torch.reshape(index, [-1]), count + 1, -1, False)
  rows = torch.cat([x, torch.reshape(token, [1, -1])], 0)
  d = torch.mm(sums, flat)
  dw = torch.reshape(torch.mm(torch.t(sums), rows), torch.size(w))
  dtoken = torch.reshape(torch.narrow(d, 0, count, 1), torch.size(token))
  return [torch.narrow(d, 0, 0, count), dw, torch.sum(sums, [0], False), dtoken]

# ---- convolutions of rows over the whole map, for comparison: what is not active is computed all the same and dropped ----

def masked_map(self, x: Tensor, w: Tensor, b: Optional[Tensor], to_map: Tensor, sites: Tensor, stride: int, pad: int, groups: int) -> Tensor:
  y = torch.conv2d(self.planes(self.gather(x, to_map)), w, b, [stride, stride], [pad, pad], [1, 1], groups)
  return torch.index_select(self.channel_rows(self.sites(y)), 0, sites)

def masked_conv(self, x: Tensor, w: Tensor, to_map: Tensor, sites: Tensor, stride: int, pad: int, groups: int) -> Tensor:
  return self.masked_map(x, self.as_kernel(w), None, to_map, sites, stride, pad, groups)

def masked_conv_bias(self, x: Tensor, w: Tensor, b: Tensor, to_map: Tensor, sites: Tensor, stride: int, pad: int, groups: int) -> Tensor:
  return self.masked_map(x, self.as_kernel(w), b, to_map, sites, stride, pad, groups)

def as_kernel(self, w: Tensor) -> Tensor:
  if torch.dim(w) == 2:
    kernel = torch.unsqueeze(torch.unsqueeze(w, 2), 3)
  else:
    kernel = w
  return kernel

def masked_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, to_map: Tensor, output_map: Tensor, inputs: Tensor, stride: int, pad: int, groups: int, input_gradient: bool) -> List[Tensor]:
  m = self.planes(self.gather(x, to_map))
  d = self.planes(self.gather(dy, output_map))
  k = self.as_kernel(w)
  dm, dw, db = torch.convolution_backward(d, m, k, [torch.size(k, 0)], [stride, stride], [pad, pad], [1, 1], False, [0, 0], groups, [input_gradient, True, True])
  if input_gradient:
    dx = torch.index_select(self.channel_rows(self.sites(dm)), 0, inputs)
  else:
    dx = dw
  return [dx, torch.reshape(torch.contiguous(dw), torch.size(w)), db]

# ---- pixels and loss; patches are [patches, patch * patch * channels], pixels by row, column, channel ----

def normalise(self, pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
  x = torch.div(torch.type_as(pixels, mean), 255.)
  return torch.div(torch.sub(x, mean), std)

def patchify(self, images: Tensor, rows: int, columns: int) -> Tensor:
  c = torch.size(images, 3)
  p = torch.floordiv(torch.size(images, 1), rows)
  v = torch.permute(torch.reshape(images, [-1, rows, p, columns, p, c]), [0, 1, 3, 2, 4, 5])
  return torch.reshape(v, [-1, torch.mul(torch.mul(p, p), c)])

def unpatchify(self, patches: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  v = torch.permute(torch.reshape(patches, [images, rows, columns, patch, patch, -1]), [0, 1, 3, 2, 4, 5])
  return torch.reshape(v, [images, torch.mul(rows, patch), torch.mul(columns, patch), -1])

def patch_statistics(self, patches: Tensor) -> List[Tensor]:
  mean = torch.mean(patches, [1], True)
  centred = torch.sub(patches, mean)
  var = torch.div(torch.sum(torch.mul(centred, centred), [1], True), torch.sub(torch.size(patches, 1), 1))
  return [mean, torch.sqrt(torch.add(var, 1.0e-6))]

def patch_loss(self, reconstruction: Tensor, target: Tensor, masked: Tensor, rows: int, columns: int, scale: float) -> List[Tensor]:
  mean, std = self.patch_statistics(target)
  guess = torch.index_select(self.patchify(reconstruction, rows, columns), 0, masked)
  error = torch.sub(guess, torch.div(torch.sub(target, mean), std))
  per_patch = torch.mean(torch.mul(error, error), [1], False)
  return [torch.mul(torch.sum(per_patch), scale), error]

def patch_loss_backward(self, error: Tensor, masked: Tensor, images: int, rows: int, columns: int, patch: int, scale: float) -> Tensor:
  all = torch.new_zeros(error, [torch.mul(torch.mul(images, rows), columns), torch.size(error, 1)])
  d = torch.mul(error, torch.div(torch.mul(2., scale), torch.size(error, 1)))
  return self.unpatchify(torch.index_copy(all, 0, masked, d), images, rows, columns, patch)

def assemble(self, visible: Tensor, hidden: Tensor, active: Tensor, masked: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  all = torch.new_zeros(visible, [torch.mul(torch.mul(images, rows), columns), torch.size(visible, 1)])
  all1 = torch.index_copy(all, 0, active, visible)
  return self.unpatchify(torch.index_copy(all1, 0, masked, hidden), images, rows, columns, patch)

def hidden_guess(self, reconstruction: Tensor, target: Tensor, masked: Tensor, rows: int, columns: int) -> Tensor:
  mean, std = self.patch_statistics(target)
  guess = torch.index_select(self.patchify(reconstruction, rows, columns), 0, masked)
  return torch.add(torch.mul(guess, std), mean)

# ---- optimiser: LAMB over all parameters in one call ----

def loss_and_norm(self, loss: Tensor, gradients: List[Tensor]) -> Tensor:
  norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients, 2), 0), 2)
  return torch.stack([torch.reshape(loss, []), norm], 0)

# In strips that stay in the cache: every array is read and written once, the gradients' place takes the updates.

def lamb(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], clip: float, rate: float, decay: float, beta1: float, beta2: float, correction1: float, correction2: float, eps: float, strip: int) -> int:
  for i in range(len(weights)):
    w = torch.reshape(weights[i], [-1])
    u = torch.reshape(gradients[i], [-1])
    m = torch.reshape(means[i], [-1])
    v = torch.reshape(squares[i], [-1])
    n = torch.size(w, 0)
    strips = (n + strip - 1) // strip
    weight_norm = torch.new_zeros(w, [])
    update_norm = torch.new_zeros(w, [])
    for j in range(strips):
      length = min(strip, n - j * strip)
      ws = torch.narrow(w, 0, j * strip, length)
      us = torch.mul_(torch.narrow(u, 0, j * strip, length), clip)
      ms = torch.add_(torch.mul_(torch.narrow(m, 0, j * strip, length), beta1), us, alpha=1. - beta1)
      vs = torch.addcmul_(torch.mul_(torch.narrow(v, 0, j * strip, length), beta2), us, us, value=1. - beta2)
      denominator = torch.add_(torch.div_(torch.sqrt(vs), correction2), eps)
      update = torch.div_(torch.div(ms, correction1, out=us), denominator)
      if decay != 0.:
        decayed = torch.add_(update, ws, alpha=decay)
        added = torch.add_(weight_norm, torch.dot(ws, ws))
        added2 = torch.add_(update_norm, torch.dot(decayed, decayed))
      else:
        pass
    if decay != 0.:
      both = torch.logical_and(torch.gt(weight_norm, 0), torch.gt(update_norm, 0))
      trust = torch.where(both, torch.sqrt(torch.div(weight_norm, update_norm)), torch.ones_like(weight_norm))
    else:
      trust = torch.ones_like(weight_norm)
    for j in range(strips):
      length = min(strip, n - j * strip)
      changed = torch.addcmul_(torch.narrow(w, 0, j * strip, length), torch.narrow(u, 0, j * strip, length), trust, value=-rate)
  return 0

# ---- moving values ----

def copy_into(self, target: Tensor, source: Tensor) -> Tensor:
  return torch.copy_(target, source)

def clone(self, x: Tensor) -> Tensor:
  return torch.clone(x)
