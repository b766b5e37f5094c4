# See rows.py for how these are written and named.

# ---- pixels and loss; patches are [patches, patch * patch * channels], pixels by row, column, channel ----

def normalise(self, pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
  x = torch.div(torch.type_as(pixels, mean), 255.)
  return torch.div(torch.sub(x, mean), std)

def normalise_uint16(self, pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
  low = torch.type_as(torch.select(pixels, 2, 0), mean)
  high = torch.type_as(torch.select(pixels, 2, 1), mean)
  x = torch.div(torch.add(low, torch.mul(high, 256.)), 65535.)
  return torch.div(torch.sub(x, mean), std)

def patchify(self, images: Tensor, rows: int, columns: int) -> Tensor:
  c = torch.size(images, 3)
  p = torch.floordiv(torch.size(images, 1), rows)
  v = torch.permute(torch.reshape(images, [-1, rows, p, columns, p, c]), [0, 1, 3, 2, 4, 5])
  return torch.reshape(v, [-1, torch.mul(torch.mul(p, p), c)])

def unpatchify(self, patches: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  v = torch.permute(torch.reshape(patches, [images, rows, columns, patch, patch, -1]), [0, 1, 3, 2, 4, 5])
  return torch.reshape(v, [images, torch.mul(rows, patch), torch.mul(columns, patch), -1])

def patch_statistics(self, patches: Tensor) -> List[Tensor]:
  mean = torch.mean(patches, [1], True)
  centred = torch.sub(patches, mean)
  var = torch.div(torch.sum(torch.mul(centred, centred), [1], True), torch.sub(torch.size(patches, 1), 1))
  return [mean, torch.sqrt(torch.add(var, 1.0e-6))]

def masked_patches(self, images: Tensor, masked: Tensor, rows: int, columns: int) -> Tensor:
  return torch.index_select(self.patchify(images, rows, columns), 0, masked)

def place_patches(self, patches: Tensor, masked: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  all = torch.new_zeros(patches, [torch.mul(torch.mul(images, rows), columns), torch.size(patches, 1)])
  return self.unpatchify(torch.index_copy(all, 0, masked, patches), images, rows, columns, patch)

# Rows ordered by patch: those of some patches.

def rows_of_patches(self, rows: Tensor, chosen: Tensor, patches: int) -> Tensor:
  return torch.reshape(torch.index_select(torch.reshape(rows, [patches, -1]), 0, chosen), [-1, torch.size(rows, 1)])

def rows_of_patches_backward(self, dy: Tensor, chosen: Tensor, patches: int) -> Tensor:
  d = torch.reshape(dy, [torch.size(chosen, 0), -1])
  all = torch.new_zeros(dy, [patches, torch.size(d, 1)])
  return torch.reshape(torch.index_copy(all, 0, chosen, d), [-1, torch.size(dy, 1)])

# [patches * side * side, stride * stride * channels] to [patches, side * stride * side * stride * channels] and back.

def join_sites(self, x: Tensor, side: int, stride: int) -> Tensor:
  patches = torch.floordiv(torch.size(x, 0), torch.mul(side, side))
  return torch.reshape(self.unpatchify(x, patches, side, side, stride), [patches, -1])

def join_sites_backward(self, dy: Tensor, side: int, stride: int) -> Tensor:
  extent = torch.mul(side, stride)
  return self.patchify(torch.reshape(dy, [torch.size(dy, 0), extent, extent, -1]), side, side)

def patch_loss(self, guess: Tensor, target: Tensor, scale: float) -> List[Tensor]:
  mean, std = self.patch_statistics(target)
  error = torch.sub(guess, torch.div(torch.sub(target, mean), std))
  per_patch = torch.mean(torch.mul(error, error), [1], False)
  return [torch.mul(torch.sum(per_patch), scale), error]

def patch_loss_backward(self, error: Tensor, scale: float) -> Tensor:
  return torch.mul(error, torch.div(torch.mul(2., scale), torch.size(error, 1)))

def assemble(self, visible: Tensor, reconstructed: Tensor, active: Tensor, masked: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  all = torch.new_zeros(visible, [torch.mul(torch.mul(images, rows), columns), torch.size(visible, 1)])
  all1 = torch.index_copy(all, 0, active, visible)
  return self.unpatchify(torch.index_copy(all1, 0, masked, reconstructed), images, rows, columns, patch)

def denormalise_patches(self, guess: Tensor, target: Tensor) -> Tensor:
  mean, std = self.patch_statistics(target)
  return torch.add(torch.mul(guess, std), mean)
