"""Loads the encoders that PythonInteroperabilityTest wrote into timm, strictly, runs their TorchScript, and compares features
on the same images."""

import json
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
    archive = {"metadata.json": ""}
    script = torch.jit.load(folder / f"{name}.pt", _extra_files=archive)
    assert "architecture" in json.loads(archive["metadata.json"]), archive
    differing = set(script.state_dict()) ^ set(model.state_dict())
    assert differing <= {"head.norm.weight", "head.norm.bias"}, differing
    assert all(parameter.requires_grad for parameter in script.parameters())
    with torch.no_grad():
        features = model.forward_intermediates(reference["input"], intermediates_only=True)[-4:]
        scripted = script(reference["input"])
        odd = torch.randn(1, 3, 75, 101)
        features_odd = model.forward_intermediates(odd, intermediates_only=True)[-4:]
        scripted_odd = script(odd)
    for stage, theirs in enumerate(features):
        for what, ours, expected in (
            ("encoder", reference[f"features.{stage}"], theirs),
            ("TorchScript", scripted[stage], theirs),
            ("TorchScript", scripted_odd[stage], features_odd[stage]),
        ):
            assert ours.shape == expected.shape, (name, what, stage, ours.shape, expected.shape)
            error = ((ours - expected).abs().max() / expected.abs().max()).item()
            failed |= not error <= TOLERANCE
            print(f"{name}, {what} against timm {timm.__version__}: stage {stage} {tuple(ours.shape)} relative error {error:.1e}")
sys.exit("features differ" if failed else 0)
