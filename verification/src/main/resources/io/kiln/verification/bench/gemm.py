# Products by oneDNN whatever the rule, and the sums that the network begins with zeros. Beside the network's operators, which
# multiply by MKL here. Written as those, rows.py; read by TorchScriptArchive, never by Python.

def onednn_always(self, a: Tensor, b: Tensor) -> Tensor:
  return self.onednn_product(a, torch.t(b), None)

def onednn_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return self.onednn_product(torch.t(a), torch.t(b), None)

def onednn_batch(self, a: Tensor, b: Tensor) -> Tensor:
  return self.onednn_products_into(a, b, torch.new_empty(a, [torch.size(a, 0), torch.size(a, 1), torch.size(b, 2)]))

def zeros_of_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.new_zeros(a, [torch.size(a, 0), torch.size(a, 2), torch.size(b, 2)])

def mkl_batch_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return self.add_weight_products(self.zeros_of_gradient(a, b), a, b)

def onednn_batch_gradient(self, a: Tensor, b: Tensor) -> Tensor:
  return self.add_onednn_weight_products(self.zeros_of_gradient(a, b), a, b)
