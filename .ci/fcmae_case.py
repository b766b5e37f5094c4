"""Writes a golden case of FCMAE on ConvNeXt V2 into DIR, for `kiln golden DIR`: timm's layers on whole maps with zeros
where masked, PyTorch's automatic differentiation, float64. Response norms are of each image's visible sites."""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from timm.models.convnext import ConvNeXt, ConvNeXtBlock

DEPTHS, WIDTHS, DECODER_WIDTH, SIZE, IMAGES, KEPT = (1, 2, 1, 1), (8, 12, 16, 24), 32, 96, 3, 4
BLOCK = {"conv_dw": "dwconv", "mlp.fc1": "pwconv1", "mlp.fc2": "pwconv2", "mlp.grn.weight": "grn.gamma", "mlp.grn.bias": "grn.beta"}


def official(name):
    """An encoder's name in timm as its authors'."""
    name = name.replace("stem.", "downsample_layers.0.")
    if ".downsample." in name:
        stage, rest = name.removeprefix("stages.").split(".downsample.")
        name = f"downsample_layers.{stage}.{rest}"
    return of_block(name.replace(".blocks.", "."))


def of_block(name):
    for timm, authors in BLOCK.items():
        name = name.replace(timm, authors)
    return name


def branch(block, x, visible):
    y = block.norm(block.conv_dw(x).permute(0, 2, 3, 1))
    y = block.mlp.act(block.mlp.fc1(y)) * visible.permute(0, 2, 3, 1)
    return block.mlp.fc2(block.mlp.grn(y)).permute(0, 3, 1, 2) * visible


def encode(encoder, images, active):
    def at(stride):
        return active.repeat_interleave(32 // stride, 2).repeat_interleave(32 // stride, 3)

    x = encoder.stem(images * at(1)) * at(4)
    features = []
    for number, stage in enumerate(encoder.stages):
        visible = at(4 << number)
        if number:
            x = stage.downsample[1](stage.downsample[0](x) * at(2 << number)) * visible
        for block in stage.blocks:
            x = x + branch(block, x, visible)
        features.append(x)
    return features


def patches(images):
    b, c, h, w = images.shape
    return images.reshape(b, c, h // 32, 32, w // 32, 32).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, 32 * 32 * c)


def images_of(values):
    side = SIZE // 32
    return values.reshape(IMAGES, side, side, 32, 32, 3).permute(0, 5, 1, 3, 2, 4).reshape(IMAGES, 3, SIZE, SIZE)


torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
encoder = ConvNeXt(depths=DEPTHS, dims=WIDTHS, use_grn=True, ls_init_value=None, num_classes=0)
encoder.head = torch.nn.Identity()
decoder = torch.nn.ModuleDict({
    "proj": torch.nn.Conv2d(WIDTHS[-1], DECODER_WIDTH, 1),
    "decoder": torch.nn.Sequential(ConvNeXtBlock(DECODER_WIDTH, use_grn=True, ls_init_value=None)),
    "pred": torch.nn.Conv2d(DECODER_WIDTH, 32 * 32 * 3, 1),
})
token = torch.nn.Parameter(torch.zeros(1, DECODER_WIDTH, 1, 1))
weights = {f"sparse_encoder.sp_cnn.{official(n)}": p for n, p in encoder.named_parameters()}
weights |= {of_block(n): p for n, p in decoder.named_parameters()} | {"mask_token": token}
with torch.no_grad():
    for weight in weights.values():
        weight += 0.1 * torch.randn_like(weight)
        weight.copy_(weight.float())
images = torch.randn(IMAGES, 3, SIZE, SIZE).float().double()
side = SIZE // 32
active = torch.zeros(IMAGES, side * side)
for image in range(IMAGES):
    active[image, torch.randperm(side * side)[:KEPT]] = 1
active = active.reshape(IMAGES, 1, side, side)

features = encode(encoder, images, active)
x = decoder["proj"](features[-1]) * active + token * (1 - active)
guesses = decoder["pred"](decoder["decoder"](x)).permute(0, 2, 3, 1).reshape(IMAGES, side * side, -1)
target = patches(images)
mean, std = target.mean(-1, keepdim=True), (target.var(-1, keepdim=True) + 1e-6).sqrt()
masked = 1 - active.reshape(IMAGES, -1)
loss = (((guesses - (target - mean) / std) ** 2).mean(-1) * masked).sum() / (masked.sum() + 1e-8)
loss.backward()

drawn = masked.unsqueeze(-1)
tensors = {f"weights.{n}": w.detach() for n, w in weights.items()}
tensors |= {f"grads.{n}": w.grad for n, w in weights.items()}
tensors |= {f"features.{i}": f.detach() for i, f in enumerate(features)}
tensors |= {
    "input": images,
    "active": active.to(torch.uint8),
    "loss": loss.detach().reshape(1),
    "reconstruction": images_of((guesses * drawn).detach()),
    "visualised": images_of(((guesses * std + mean) * drawn + target * (1 - drawn)).detach()),
}
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "case.safetensors")
architecture = {"family": "convnext-v2", "depths": DEPTHS, "widths": WIDTHS, "size": SIZE, "batch": IMAGES, "decoder": "block",
                "decoderWidth": DECODER_WIDTH, "channels": 3}
(folder / "case.json").write_text(json.dumps({"kind": "forward", "architecture": architecture, "tolerance": {"float64": 1e-9}}))
