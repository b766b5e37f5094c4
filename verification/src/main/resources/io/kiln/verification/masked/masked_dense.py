# See rows.py of the model for how these are written and named.

# ---- convolutions of rows over the whole map, for comparison: masked sites are computed too, then dropped ----

def masked_map(self, x: Tensor, w: Tensor, b: Optional[Tensor], to_map: Tensor, sites: Tensor, stride: int, pad: int, groups: int) -> Tensor:
  y = torch.conv2d(self.planes(self.gather(x, to_map)), w, b, [stride, stride], [pad, pad], [1, 1], groups)
  return torch.index_select(self.channel_rows(self.sites(y)), 0, sites)

def masked_conv(self, x: Tensor, w: Tensor, to_map: Tensor, sites: Tensor, stride: int, pad: int, groups: int) -> Tensor:
  return self.masked_map(x, self.as_kernel(w), None, to_map, sites, stride, pad, groups)

def masked_conv_bias(self, x: Tensor, w: Tensor, b: Tensor, to_map: Tensor, sites: Tensor, stride: int, pad: int, groups: int) -> Tensor:
  return self.masked_map(x, self.as_kernel(w), b, to_map, sites, stride, pad, groups)

def as_kernel(self, w: Tensor) -> Tensor:
  if torch.dim(w) == 2:
    kernel = torch.unsqueeze(torch.unsqueeze(w, 2), 3)
  else:
    kernel = w
  return kernel

def masked_conv_backward(self, dy: Tensor, x: Tensor, w: Tensor, to_map: Tensor, output_map: Tensor, inputs: Tensor, stride: int, pad: int, groups: int, input_gradient: bool) -> List[Tensor]:
  m = self.planes(self.gather(x, to_map))
  d = self.planes(self.gather(dy, output_map))
  k = self.as_kernel(w)
  dm, dw, db = torch.convolution_backward(d, m, k, [torch.size(k, 0)], [stride, stride], [pad, pad], [1, 1], False, [0, 0], groups, [input_gradient, True, True])
  if input_gradient:
    dx = torch.index_select(self.channel_rows(self.sites(dm)), 0, inputs)
  else:
    dx = dw
  return [dx, torch.reshape(torch.contiguous(dw), torch.size(w)), db]
