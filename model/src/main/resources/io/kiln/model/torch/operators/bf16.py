# See rows.py for how these are written and named.

# ---- batch norm in bfloat16, by the library: it reads bfloat16 and sums in float32, faster than strips converted one by one ----
# The plain sums that strips avoid in float32 (norms.py) cost less here than the format itself.

# rows as one image of one column, channels last
def column(self, x: Tensor) -> Tensor:
  return torch.permute(torch.reshape(x, [1, -1, 1, torch.size(x, -1)]), [0, 3, 1, 2])

def bf16_batch_norm(self, x: Tensor, w: Tensor, b: Tensor, running_mean: Tensor, running_var: Tensor, momentum: float, eps: float, activation: int, strip: int) -> List[Tensor]:
  mean, var = torch.batch_norm_update_stats(self.column(x), running_mean, running_var, momentum)
  rstd = torch.rsqrt(torch.add(var, eps))
  return [self.bf16_batch_norm_output(x, w, b, mean, rstd, activation, strip), mean, rstd]

# From the reciprocal of the deviation: with a variance of 1 / rstd² the library gets the same scale each time.
def bf16_batch_norm_output(self, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor, activation: int, strip: int) -> Tensor:
  var = torch.reciprocal(torch.mul(rstd, rstd))
  y, none, none2 = torch.native_batch_norm(self.column(x), w, b, mean, var, False, 0., 0.)
  return torch.reshape(torch.permute(self.activate_(y, activation), [0, 2, 3, 1]), torch.size(x))

def bf16_batch_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor, eps: float, activation: int, use_up: bool, strip: int) -> List[Tensor]:
  if activation > 0:
    y = self.bf16_batch_norm_output(x, w, b, mean, rstd, 0, strip)
    d = self.activate_backward_(dy, y, activation)
  else:
    d = dy
  dx, dw, db = torch.native_batch_norm_backward(self.column(d), self.column(x), w, None, None, mean, rstd, True, eps, [True, True, True])
  return [torch.reshape(torch.permute(dx, [0, 2, 3, 1]), torch.size(x)), dw, db]

# ---- layer norm in bfloat16: the library adds up the gradients of weight and bias in bfloat16, 5 % off after 2,500 rows; here in float32 ----

def bf16_layer_norm_backward(self, dy: Tensor, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, rstd: Tensor) -> List[Tensor]:
  dx, none, none2 = torch.native_layer_norm_backward(dy, x, [torch.size(x, 1)], mean, rstd, w, b, [True, False, False])
  n = torch.size(x, 0)
  dw = torch.zeros_like(w)
  db = torch.zeros_like(w)
  step = max(1, 131072 // torch.size(x, 1))
  for i in range((n + step - 1) // step):
    m = min(step, n - i * step)
    g = torch.type_as(torch.narrow(dy, 0, i * step, m), w)
    r = torch.sub(torch.narrow(x, 0, i * step, m), torch.narrow(mean, 0, i * step, m))
    normed = torch.mul_(r, torch.narrow(rstd, 0, i * step, m))
    added = torch.add_(db, torch.sum(g, [0], False))
    added2 = torch.add_(dw, torch.sum(torch.mul_(normed, g), [0], False))
  return [dx, dw, db]

# ---- drop-path's factors stay in float32: rounded to bfloat16, each branch would grow or shrink a little ----

def bf16_patch_factors(self, factors: Tensor, like: Tensor) -> Tensor:
  return torch.to(factors, 6, False, False, None)
