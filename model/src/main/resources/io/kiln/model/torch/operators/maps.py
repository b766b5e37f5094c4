# See rows.py for how these are written and named.

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

# In groups of images, to need less memory; dx takes the place of x.

def conv_backward_in_groups(self, dy: Tensor, x: Tensor, w: Tensor, group: int) -> List[Tensor]:
  images = torch.size(x, 0)
  sum = torch.zeros_like(w)
  for i in range((images + group - 1) // group):
    n = min(group, images - i * group)
    part = torch.narrow(x, 0, i * group, n)
    dx, dw = self.conv_backward(torch.narrow(dy, 0, i * group, n), part, w)
    added = torch.add_(sum, dw)
    done = torch.copy_(part, dx)
  return [x, sum]

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
