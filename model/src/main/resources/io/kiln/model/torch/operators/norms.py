# See rows.py for how these are written and named.

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
  return [self.batch_norm_output(x, w, b, mean, rstd, activation, strip), mean, rstd]

def batch_norm_output(self, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor, activation: int, strip: int) -> Tensor:
  rows = self.channel_rows(x)
  n = torch.size(rows, 0)
  step = max(1, strip // torch.size(rows, 1))
  scale = torch.mul(w, rstd)
  shift = torch.sub(b, torch.mul(mean, scale))
  y = torch.new_empty(rows, torch.size(rows))
  for i in range((n + step - 1) // step):
    m = min(step, n - i * step)
    o = torch.addcmul(shift, torch.narrow(rows, 0, i * step, m), scale, out=torch.narrow(y, 0, i * step, m))
    activated = self.activate_(o, activation)
  return torch.reshape(y, torch.size(x))

# With an activation dx takes the place of dy, without one and where said that of x.

def batch_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor, eps: float, activation: int, use_up: bool, strip: int) -> List[Tensor]:
  rows = self.channel_rows(x)
  d = self.channel_rows(dy)
  n = torch.size(rows, 0)
  step = max(1, strip // torch.size(rows, 1))
  strips = (n + step - 1) // step
  dw = torch.zeros_like(w)
  db = torch.zeros_like(w)
  scale = torch.mul(w, rstd)
  shift = torch.sub(b, torch.mul(mean, scale))
  for i in range(strips):
    m = min(step, n - i * step)
    r = torch.narrow(rows, 0, i * step, m)
    g = torch.narrow(d, 0, i * step, m)
    if activation > 0:
      back = self.activate_backward_(g, torch.addcmul(shift, r, scale), activation)
    else:
      back = g
    none, part, part2 = torch.native_batch_norm_backward(back, r, w, None, None, mean, rstd, True, eps, [False, True, True])
    added = torch.add_(dw, part)
    added2 = torch.add_(db, part2)
  slope = torch.neg(torch.div(torch.mul(torch.mul(scale, rstd), dw), n))
  level = torch.neg(torch.add(torch.div(torch.mul(scale, db), n), torch.mul(slope, mean)))
  if activation > 0:
    dx = d
  else:
    if use_up:
      dx = rows
    else:
      dx = torch.new_empty(rows, torch.size(rows))
  for i in range(strips):
    m = min(step, n - i * step)
    t = torch.addcmul(level, torch.narrow(d, 0, i * step, m), scale)
    made = torch.addcmul(t, torch.narrow(rows, 0, i * step, m), slope, out=torch.narrow(dx, 0, i * step, m))
  return [torch.reshape(dx, torch.size(x)), dw, db]

def batch_norm_inference(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, eps: float) -> Tensor:
  return torch.batch_norm(x, w, b, running_mean, running_var, False, 0., eps, False)

def batch_norm_inference_relu(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, eps: float) -> Tensor:
  return torch.relu_(self.batch_norm_inference(x, w, b, running_mean, running_var, eps))

def batch_norm_rstd(self, running_var: Tensor, eps: float) -> Tensor:
  return torch.rsqrt(torch.add(running_var, eps))

def layer_norm(self, x: Tensor, w: Tensor, b: Tensor, eps: float) -> List[Tensor]:
  y, mean, rstd = torch.native_layer_norm(x, [torch.size(x, 1)], w, b, eps)
  return [y, mean, rstd]

def layer_norm_output(self, x: Tensor, w: Tensor, b: Tensor, eps: float) -> Tensor:
  y, mean, rstd = torch.native_layer_norm(x, [torch.size(x, 1)], w, b, eps)
  return y

def layer_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor) -> List[Tensor]:
  dx, dw, db = torch.native_layer_norm_backward(dy, x, [torch.size(x, 1)], mean, rstd, w, b, [True, True, True])
  return [dx, dw, db]

# ConvNeXt V2's global response norm, per image. Rows are ordered by patch, patches by image: image_of [patches] is each patch's image,
# counts [images] its patches. In strips of patches, as above; norms [images, channels].

def patch_strip(self, x: Tensor, patches: int, strip: int) -> int:
  return max(1, strip * patches // max(1, torch.numel(x)))

def image_sums(self, v: Tensor, counts: Tensor) -> Tensor:
  return torch.segment_reduce(v, "sum", lengths=counts, unsafe=True)

def response_norms(self, x: Tensor, w: Tensor, image_of: Tensor, counts: Tensor, strip: int) -> Tensor:
  n = torch.size(image_of, 0)
  v = torch.reshape(x, [n, -1, torch.size(x, 1)])
  squares = torch.new_empty(w, [n, torch.size(x, 1)])
  step = self.patch_strip(x, n, strip)
  for i in range((n + step - 1) // step):
    m = min(step, n - i * step)
    t = torch.type_as(torch.narrow(v, 0, i * step, m), w)
    made = torch.copy_(torch.narrow(squares, 0, i * step, m), torch.sum(torch.mul(t, t), [1], False))
  return torch.sqrt(self.image_sums(squares, counts))

def response_mean(self, norms: Tensor, eps: float) -> Tensor:
  return torch.add(torch.mean(norms, [1], True), eps)

def response_scale(self, w: Tensor, norms: Tensor, image_of: Tensor, eps: float) -> Tensor:
  scale = torch.add(torch.mul(torch.reshape(w, [-1]), torch.div(norms, self.response_mean(norms, eps))), 1)
  return torch.unsqueeze(torch.index_select(scale, 0, image_of), 1)

def response_norm(self, x: Tensor, w: Tensor, b: Tensor, norms: Tensor, image_of: Tensor, eps: float, strip: int) -> Tensor:
  n = torch.size(image_of, 0)
  v = torch.reshape(x, [n, -1, torch.size(x, 1)])
  y = torch.new_empty(v, torch.size(v))
  shift = torch.reshape(b, [-1])
  scale = self.response_scale(w, norms, image_of, eps)
  step = self.patch_strip(x, n, strip)
  for i in range((n + step - 1) // step):
    m = min(step, n - i * step)
    made = torch.addcmul(shift, torch.narrow(v, 0, i * step, m), torch.narrow(scale, 0, i * step, m), out=torch.narrow(y, 0, i * step, m))
  return torch.reshape(y, torch.size(x))

# dx takes the place of dy. A norm of 0 has the slope 0, as in the library.

def response_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, norms: Tensor, image_of: Tensor, counts: Tensor, eps: float, strip: int) -> List[Tensor]:
  n = torch.size(image_of, 0)
  c = torch.size(x, 1)
  v = torch.reshape(x, [n, -1, c])
  d = torch.reshape(dy, [n, -1, c])
  products = torch.new_empty(w, [n, c])
  db = torch.new_zeros(w, [c])
  step = self.patch_strip(x, n, strip)
  strips = (n + step - 1) // step
  for i in range(strips):
    m = min(step, n - i * step)
    g = torch.type_as(torch.narrow(d, 0, i * step, m), w)
    made = torch.copy_(torch.narrow(products, 0, i * step, m), torch.sum(torch.mul(g, torch.narrow(v, 0, i * step, m)), [1], False))
    added = torch.add_(db, torch.sum(g, [0, 1], False))
  sums = self.image_sums(products, counts)
  mean = self.response_mean(norms, eps)
  dw = torch.sum(torch.mul(torch.div(norms, mean), sums), [0], False)
  dn = torch.mul(sums, torch.reshape(w, [-1]))
  through_mean = torch.div(torch.mean(torch.mul(dn, norms), [1], True), torch.mul(mean, mean))
  dg = torch.div(torch.sub(torch.div(dn, mean), through_mean), norms)
  slope = torch.unsqueeze(torch.index_select(torch.masked_fill(dg, torch.eq(norms, 0), 0.), 0, image_of), 1)
  scale = self.response_scale(w, norms, image_of, eps)
  for i in range(strips):
    m = min(step, n - i * step)
    g = torch.narrow(d, 0, i * step, m)
    t = torch.mul(g, torch.narrow(scale, 0, i * step, m))
    made = torch.addcmul(t, torch.narrow(v, 0, i * step, m), torch.narrow(slope, 0, i * step, m), out=g)
  return [torch.reshape(d, torch.size(x)), torch.reshape(dw, torch.size(w)), torch.reshape(db, torch.size(w))]

def gelu(self, x: Tensor) -> Tensor:
  return torch.gelu(x, approximate="none")

def gelu_backward(self, dy: Tensor, x: Tensor) -> Tensor:
  return torch.gelu_backward(dy, x, approximate="none")

def channel_scale(self, x: Tensor, w: Tensor) -> Tensor:
  return torch.mul(x, torch.type_as(w, x))

def channel_scale_backward(self, dy: Tensor, x: Tensor, w: Tensor) -> List[Tensor]:
  return [torch.mul(dy, torch.type_as(w, dy)), torch.sum(torch.mul(torch.type_as(dy, w), x), [0], False)]

def add(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.add(a, b)

def add_into(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.add_(a, b)

# a is used up

def add_relu(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.relu_(torch.add_(a, b))

def relu_backward(self, dy: Tensor, y: Tensor) -> Tensor:
  return torch.threshold_backward(dy, y, 0)
