# See rows.py for how these are written and named.

# ---- features of a frozen encoder ----

# The orthogonal r of least |x r - y|, for m = xT y: the polar factor of m.

def procrustes(self, m: Tensor) -> Tensor:
  u, s, vh, = torch.linalg_svd(m, False)
  return torch.matmul(u, vh)
