# Products by each library whatever the rule. Written as the network's operators, rows.py; read by TorchScriptArchive, never by Python.

def mkl_product(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.matmul(a, b)

def onednn_always(self, a: Tensor, b: Tensor) -> Tensor:
  return self.onednn_product(a, torch.t(b), None)

def mkl_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.matmul(torch.t(a), b)

def onednn_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return self.onednn_product(torch.t(a), torch.t(b), None)

def mkl_batch(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.bmm(a, b)

def onednn_batch(self, a: Tensor, b: Tensor) -> Tensor:
  y = torch.new_empty(a, [torch.size(a, 0), torch.size(a, 1), torch.size(b, 2)])
  for i in range(torch.size(a, 0)):
    done = torch.copy_(torch.select(y, 0, i), self.onednn_product(torch.select(a, 0, i), torch.t(torch.select(b, 0, i)), None))
  return y

def mkl_batch_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.baddbmm_(torch.new_zeros(a, [torch.size(a, 0), torch.size(a, 2), torch.size(b, 2)]), torch.transpose(a, 1, 2), b)

def onednn_batch_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  sum = torch.new_zeros(a, [torch.size(a, 0), torch.size(a, 2), torch.size(b, 2)])
  for i in range(torch.size(a, 0)):
    done = torch.add_(torch.select(sum, 0, i), self.onednn_product(torch.t(torch.select(a, 0, i)), torch.t(torch.select(b, 0, i)), None))
  return sum
