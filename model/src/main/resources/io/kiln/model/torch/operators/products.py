# See rows.py for how these are written and named.

# ---- matrix products in float32: by the engine's default (MKL), or by oneDNN where Gemm.java says that it is faster ----
# large_for_onednn and large_gradient_for_onednn come from Gemm.java. Other formats are left to the engine, which gives bfloat16 to
# oneDNN itself. oneDNN takes the second factor as [out, in]. Arrays are contiguous or the transpose of such a one: with other strides, as
# every second row of a larger one has, oneDNN takes a thousand times as long.

def by_onednn(self, a: Tensor, multiplications: int) -> bool:
  return ops.prim.dtype(a) == 6 and self.large_for_onednn(multiplications)

def gradient_by_onednn(self, a: Tensor, multiplications: int, values: int) -> bool:
  return ops.prim.dtype(a) == 6 and self.large_gradient_for_onednn(multiplications, values)

def onednn_product(self, a: Tensor, b: Tensor, bias: Optional[Tensor]) -> Tensor:
  return ops.mkldnn._linear_pointwise(a, b, bias, "none", annotate(List[Optional[number]], []), "")

# a [..., k] times b [k, n]
def product(self, a: Tensor, b: Tensor) -> Tensor:
  if self.by_onednn(a, torch.numel(a) * torch.size(b, 1)):
    y = self.onednn_product(torch.contiguous(a), torch.t(b), None)
  else:
    y = torch.matmul(a, b)
  return y

# aᵀ b: the gradient of a weight from [rows, m] and [rows, n]
def weight_product(self, a: Tensor, b: Tensor) -> Tensor:
  m = torch.size(a, 1)
  n = torch.size(b, 1)
  if self.gradient_by_onednn(a, torch.numel(a) * n, m * n):
    y = self.onednn_product(torch.t(torch.contiguous(a)), torch.t(torch.contiguous(b)), None)
  else:
    y = torch.matmul(torch.t(a), b)
  return y

def onednn_products_into(self, a: Tensor, b: Tensor, out: Tensor) -> Tensor:
  for i in range(torch.size(a, 0)):
    done = torch.copy_(torch.select(out, 0, i), self.onednn_product(torch.select(a, 0, i), torch.t(torch.select(b, 0, i)), None))
  return out

# a [batch, m, k] times b [batch, k, n] into out, which shares memory with neither
def batch_product_into(self, a: Tensor, b: Tensor, out: Tensor) -> Tensor:
  if self.by_onednn(a, torch.size(a, 1) * torch.size(a, 2) * torch.size(b, 2)):
    y = self.onednn_products_into(a, b, out)
  else:
    y = torch.bmm(a, b, out=out)
  return y

def batch_product(self, a: Tensor, b: Tensor) -> Tensor:
  return self.batch_product_into(a, b, torch.new_empty(a, [torch.size(a, 0), torch.size(a, 1), torch.size(b, 2)]))

# whether oneDNN makes the gradients of weights [batch, m, n] from a [batch, rows, m] and b [batch, rows, n]
def weights_by_onednn(self, a: Tensor, b: Tensor) -> bool:
  values = torch.size(a, 2) * torch.size(b, 2)
  return self.gradient_by_onednn(a, torch.size(a, 1) * values, values)

def add_onednn_weight_products(self, sum: Tensor, a: Tensor, b: Tensor) -> Tensor:
  for i in range(torch.size(a, 0)):
    product = self.onednn_product(torch.t(torch.select(a, 0, i)), torch.t(torch.select(b, 0, i)), None)
    done = torch.add_(torch.select(sum, 0, i), product)
  return sum

# sum [batch, m, n] += aᵀ b
def add_weight_products(self, sum: Tensor, a: Tensor, b: Tensor) -> Tensor:
  if self.weights_by_onednn(a, b):
    y = self.add_onednn_weight_products(sum, a, b)
  else:
    y = torch.baddbmm_(sum, torch.transpose(a, 1, 2), b)
  return y

# aᵀ b
def batch_weight_product(self, a: Tensor, b: Tensor) -> Tensor:
  if self.weights_by_onednn(a, b):
    y = self.add_weight_products(torch.new_zeros(a, [torch.size(a, 0), torch.size(a, 2), torch.size(b, 2)]), a, b)
  else:
    y = torch.bmm(torch.transpose(a, 1, 2), b)
  return y
