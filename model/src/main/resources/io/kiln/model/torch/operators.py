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
  return torch.addmm(b, x, torch.t(torch.reshape(w, [torch.size(w, 0), -1])))

# matrix work
def linear_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  dw = torch.reshape(torch.matmul(torch.t(dy), x), torch.size(w))
  return [torch.matmul(dy, flat), dw]

# matrix work
def linear_bias_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  flat = torch.reshape(w, [torch.size(w, 0), -1])
  dw = torch.reshape(torch.matmul(torch.t(dy), x), torch.size(w))
  return [torch.matmul(dy, flat), dw, torch.sum(dy, [0], False)]

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

# ---- norms and activations, on rows and on maps alike; running statistics are updated in place ----

def batch_norm(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, momentum: float, eps: float) -> List[Tensor]:
  y, mean, rstd = torch.native_batch_norm(x, w, b, running_mean, running_var, True, momentum, eps)
  return [y, mean, rstd]

def batch_norm_relu(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, momentum: float, eps: float) -> List[Tensor]:
  y, mean, rstd = torch.native_batch_norm(x, w, b, running_mean, running_var, True, momentum, eps)
  return [torch.relu_(y), mean, rstd]

def batch_norm_relu6(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, momentum: float, eps: float) -> List[Tensor]:
  y, mean, rstd = torch.native_batch_norm(x, w, b, running_mean, running_var, True, momentum, eps)
  return [torch.hardtanh_(y, 0., 6.), mean, rstd]

def batch_norm_inference(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, eps: float) -> Tensor:
  return torch.batch_norm(x, w, b, running_mean, running_var, False, 0., eps, False)

def batch_norm_inference_relu(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, eps: float) -> Tensor:
  return torch.relu_(self.batch_norm_inference(x, w, b, running_mean, running_var, eps))

def batch_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, mean: Tensor, rstd: Tensor, eps: float) -> List[Tensor]:
  dx, dw, db = torch.native_batch_norm_backward(dy, x, w, None, None, mean, rstd, True, eps, [True, True, True])
  return [dx, dw, db]

def batch_norm_relu_backward(self, dy: Tensor, x: Tensor, y: Tensor, w: Tensor, mean: Tensor, rstd: Tensor, eps: float) -> List[Tensor]:
  return self.batch_norm_backward(torch.threshold_backward(dy, y, 0), x, w, mean, rstd, eps)

def batch_norm_relu6_backward(self, dy: Tensor, x: Tensor, y: Tensor, w: Tensor, mean: Tensor, rstd: Tensor, eps: float) -> List[Tensor]:
  return self.batch_norm_backward(torch.hardtanh_backward(dy, y, 0., 6.), x, w, mean, rstd, eps)

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

# ---- dense maps [images, channels, height, width] ----

def to_map(self, x: Tensor) -> Tensor:
  return torch.contiguous(torch.permute(x, [0, 3, 1, 2]))

def to_sites(self, m: Tensor) -> Tensor:
  return torch.contiguous(torch.permute(m, [0, 2, 3, 1]))

# matrix work
def conv(self, x: Tensor, w: Tensor, pad: int) -> Tensor:
  return torch.conv2d(x, w, None, [1, 1], [pad, pad], [1, 1], 1)

# matrix work
def conv_bias(self, x: Tensor, w: Tensor, b: Tensor, pad: int) -> Tensor:
  return torch.conv2d(x, w, b, [1, 1], [pad, pad], [1, 1], 1)

# matrix work
def conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, pad: int) -> List[Tensor]:
  dx, dw, db = torch.convolution_backward(dy, x, w, None, [1, 1], [pad, pad], [1, 1], False, [0, 0], 1, [True, True, False])
  return [dx, dw]

# matrix work
def conv_bias_backward(self, dy: Tensor, x: Tensor, w: Tensor, pad: int) -> List[Tensor]:
  dx, dw, db = torch.convolution_backward(dy, x, w, [torch.size(w, 0)], [1, 1], [pad, pad], [1, 1], False, [0, 0], 1, [True, True, True])
  return [dx, dw, db]

# matrix work
def up_conv(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  return torch.conv_transpose2d(x, w, b, [2, 2], [1, 1], [0, 0], 1, [1, 1])

# matrix work
def up_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  dx, dw, db = torch.convolution_backward(dy, x, w, [torch.size(w, 1)], [2, 2], [1, 1], [1, 1], True, [0, 0], 1, [True, True, True])
  return [dx, dw, db]

def rows_to_map(self, x: Tensor, to_map: Tensor) -> Tensor:
  return self.to_map(self.gather(x, to_map))

# ---- pixels and loss; patches are [patches, patch * patch * channels], pixels by row, column, channel ----

def normalise(self, pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
  x = torch.div(torch.type_as(pixels, mean), 255.)
  return torch.div(torch.sub(x, mean), std)

def patchify(self, images: Tensor, rows: int, columns: int) -> Tensor:
  b = torch.size(images, 0)
  c = torch.size(images, 1)
  p = torch.floordiv(torch.size(images, 2), rows)
  v = torch.permute(torch.reshape(images, [b, c, rows, p, columns, p]), [0, 2, 4, 3, 5, 1])
  return torch.reshape(v, [-1, torch.mul(torch.mul(p, p), c)])

def unpatchify(self, patches: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  v = torch.permute(torch.reshape(patches, [images, rows, columns, patch, patch, -1]), [0, 5, 1, 3, 2, 4])
  return torch.reshape(v, [images, torch.size(v, 1), torch.mul(rows, patch), torch.mul(columns, patch)])

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

# ---- optimiser: LAMB over all parameters at once ----

def loss_and_norm(self, loss: Tensor, gradients: List[Tensor]) -> Tensor:
  norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients, 2), 0), 2)
  return torch.stack([torch.reshape(loss, []), norm], 0)

def lamb(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], clip: float, rate: float, decay: float, beta1: float, beta2: float, correction1: float, correction2: float, eps: float) -> int:
  torch._foreach_mul_(gradients, clip)
  torch._foreach_mul_(means, beta1)
  torch._foreach_add_(means, gradients, alpha=torch.sub(1., beta1))
  torch._foreach_mul_(squares, beta2)
  torch._foreach_addcmul_(squares, gradients, gradients, torch.sub(1., beta2))
  denominators = torch._foreach_sqrt(squares)
  torch._foreach_div_(denominators, correction2)
  torch._foreach_add_(denominators, eps)
  updates = torch._foreach_div(means, correction1)
  torch._foreach_div_(updates, denominators)
  if torch.ne(decay, 0.):
    torch._foreach_add_(updates, weights, alpha=decay)
    weight_norms = torch.stack(torch._foreach_norm(weights, 2), 0)
    update_norms = torch.stack(torch._foreach_norm(updates, 2), 0)
    both = torch.logical_and(torch.gt(weight_norms, 0), torch.gt(update_norms, 0))
    trust = torch.where(both, torch.div(weight_norms, update_norms), torch.ones_like(weight_norms))
    torch._foreach_mul_(updates, torch.unbind(trust, 0))
  else:
    pass
  torch._foreach_add_(weights, updates, alpha=torch.neg(rate))
  return 0

# ---- moving values ----

def copy_into(self, target: Tensor, source: Tensor) -> Tensor:
  return torch.copy_(target, source)

def clone(self, x: Tensor) -> Tensor:
  return torch.clone(x)
