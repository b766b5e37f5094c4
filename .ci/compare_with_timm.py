"""Encoders of timm and of Kiln, the same weights and features both ways.

make DIR     writes timm's encoders with random weights, for PythonInteroperabilityTest to load strictly and to train on
compare DIR  requires that Kiln gave timm's weights back unchanged; loads what it trained into timm, strictly, runs its
             TorchScript, and compares features on the same images"""

import json
import pathlib
import sys

import timm
import torch
from safetensors.torch import load_file, save_file

NETWORKS = ("resnet50", "convnext_tiny", "convnextv2_atto", "convnextv2_tiny")
TOLERANCE = 1e-5
HEAD_NORM = {"head.norm.weight", "head.norm.bias"}


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in NETWORKS:
        model = timm.create_model(name, pretrained=False, num_classes=0)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter += 0.1 * torch.randn_like(parameter)  # no norm is the identity, no response norm off
        save_file(model.state_dict(), folder / f"timm-{name}.safetensors")


def compare(folder, name):
    given = load_file(folder / f"timm-{name}.safetensors")
    returned = load_file(folder / f"returned-{name}.safetensors")
    assert given.keys() == returned.keys(), given.keys() ^ returned.keys()
    for key in given.keys() - HEAD_NORM:
        assert torch.equal(given[key], returned[key]), (name, key)

    model = timm.create_model(name, pretrained=False, num_classes=0).eval()
    model.load_state_dict(load_file(folder / f"{name}.safetensors"), strict=True)
    reference = load_file(folder / f"{name}-features.safetensors")
    archive = {"metadata.json": ""}
    script = torch.jit.load(folder / f"{name}.pt", _extra_files=archive)
    assert "architecture" in json.loads(archive["metadata.json"]), archive
    scripted_state, state = script.state_dict(), model.state_dict()
    assert set(scripted_state) ^ set(state) <= HEAD_NORM, set(scripted_state) ^ set(state)
    assert all(scripted_state[key].shape == state[key].shape for key in scripted_state)
    assert all(parameter.requires_grad for parameter in script.parameters())
    with torch.no_grad():
        features = model.forward_intermediates(reference["input"], intermediates_only=True)[-4:]
        scripted = script(reference["input"])
        odd = torch.randn(1, 3, 75, 101)
        features_odd = model.forward_intermediates(odd, intermediates_only=True)[-4:]
        scripted_odd = script(odd)
    within = True
    for stage, theirs in enumerate(features):
        for what, ours, expected in (
            ("encoder", reference[f"features.{stage}"], theirs),
            ("TorchScript", scripted[stage], theirs),
            ("TorchScript", scripted_odd[stage], features_odd[stage]),
        ):
            assert ours.shape == expected.shape, (name, what, stage, ours.shape, expected.shape)
            error = ((ours - expected).abs().max() / expected.abs().max()).item()
            within &= error <= TOLERANCE
            print(f"{name}, {what} against timm {timm.__version__}: stage {stage} {tuple(ours.shape)} relative error {error:.1e}")
    return within


torch.manual_seed(0)
command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
if command == "make":
    make(folder)
elif not all([compare(folder, name) for name in NETWORKS]):
    sys.exit("features differ")
