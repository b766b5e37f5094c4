# See rows.py for how these are written and named.

# ---- pixels and loss; patches are [patches, patch * patch * channels], pixels by row, column, channel ----

def normalise(self, pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
  x = torch.div(torch.type_as(pixels, mean), 255.)
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

def patch_loss(self, reconstruction: Tensor, target: Tensor, masked: Tensor, rows: int, columns: int, scale: float) -> List[Tensor]:
  mean, std = self.patch_statistics(target)
  guess = torch.index_select(self.patchify(reconstruction, rows, columns), 0, masked)
  error = torch.sub(guess, torch.div(torch.sub(target, mean), std))
  per_patch = torch.mean(torch.mul(error, error), [1], False)
  return [torch.mul(torch.sum(per_patch), scale), error]

def patch_loss_backward(self, error: Tensor, masked: Tensor, images: int, rows: int, columns: int, patch: int, scale: float) -> Tensor:
  all = torch.new_zeros(error, [torch.mul(torch.mul(images, rows), columns), torch.size(error, 1)])
  d = torch.mul(error, torch.div(torch.mul(2., scale), torch.size(error, 1)))
  return self.unpatchify(torch.index_copy(all, 0, masked, d), images, rows, columns, patch)

def assemble(self, visible: Tensor, reconstructed: Tensor, active: Tensor, masked: Tensor, images: int, rows: int, columns: int, patch: int) -> Tensor:
  all = torch.new_zeros(visible, [torch.mul(torch.mul(images, rows), columns), torch.size(visible, 1)])
  all1 = torch.index_copy(all, 0, active, visible)
  return self.unpatchify(torch.index_copy(all1, 0, masked, reconstructed), images, rows, columns, patch)

def denormalise_patches(self, reconstruction: Tensor, target: Tensor, masked: Tensor, rows: int, columns: int) -> Tensor:
  mean, std = self.patch_statistics(target)
  guess = torch.index_select(self.patchify(reconstruction, rows, columns), 0, masked)
  return torch.add(torch.mul(guess, std), mean)
