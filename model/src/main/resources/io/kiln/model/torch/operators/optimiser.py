# See rows.py for how these are written and named.

# ---- optimiser: LAMB over all parameters in one call ----

def loss_and_norm(self, loss: Tensor, gradients: List[Tensor]) -> Tensor:
  norm = torch.linalg_vector_norm(self.norms(gradients), 2)
  return torch.stack([torch.reshape(loss, []), norm], 0)

def norms(self, tensors: List[Tensor]) -> Tensor:
  return torch.stack(torch._foreach_norm(tensors, 2), 0)

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

# ---- average of the weights ----

def copy_all(self, targets: List[Tensor], sources: List[Tensor]) -> int:
  for i in range(len(targets)):
    copied = torch.copy_(targets[i], sources[i])
  return 0

def follow(self, averages: List[Tensor], weights: List[Tensor], share: float) -> int:
  for i in range(len(averages)):
    moved = torch.lerp_(averages[i], weights[i], share)
  return 0
