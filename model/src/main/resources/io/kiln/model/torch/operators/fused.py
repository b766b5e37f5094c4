# See rows.py for how these are written and named.

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
  dx, du, = self.winograd_backward(dy, x, torch.new_empty(x, torch.size(x)), u, k, 2, strip)
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
