"""Loads the encoders that PythonInteroperabilityTest wrote into timm, strictly, and compares features on the same images."""

import pathlib
import sys

import timm
import torch
from safetensors.torch import load_file

TOLERANCE = 1e-5

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(0)
failed = False
for name in ("resnet50", "convnext_tiny"):
    model = timm.create_model(name, pretrained=False, num_classes=0).eval()
    model.load_state_dict(load_file(folder / f"{name}.safetensors"), strict=True)
    reference = load_file(folder / f"{name}-features.safetensors")
    with torch.no_grad():
        features = model.forward_intermediates(reference["input"], intermediates_only=True)[-4:]
    for stage, theirs in enumerate(features):
        ours = reference[f"features.{stage}"]
        assert ours.shape == theirs.shape, (name, stage, ours.shape, theirs.shape)
        error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
        failed |= not error <= TOLERANCE
        print(f"{name} in timm {timm.__version__}: stage {stage} {tuple(ours.shape)} relative error {error:.1e}")
sys.exit("features differ" if failed else 0)
