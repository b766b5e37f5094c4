"""Encoders of timm and of Kiln, the same weights and features both ways.

make DIR     writes timm's encoders with random weights, for PythonInteroperabilityTest to load strictly and to train on
compare DIR  requires that Kiln gave timm's weights back unchanged; loads what it trained into timm, strictly, runs its
             TorchScript, and compares features on the same images
folders DIR  opens the folders that EncoderFolderTest wrote as timm's local-dir: and as TorchScript, and compares maps and
             embeddings with Kiln's; exports them to ONNX as docs/how-to/use-weights.md says, and compares embeddings"""

import json
import pathlib
import sys
import tempfile
import warnings

import onnxruntime
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


def relative(ours, expected):
    assert ours.shape == expected.shape, (ours.shape, expected.shape)
    return ((ours - expected).abs().max() / expected.abs().max()).item()


def open_folder(folder):
    """Largest errors of timm, of TorchScript and of ONNX; None where config.json says that timm cannot build the network."""
    config = json.loads((folder / "encoder" / "config.json").read_text())
    reference = load_file(folder / "reference.safetensors")
    images = reference["input"]
    maps = [reference[f"features.{stage}"] for stage in range(4)]
    script = torch.jit.load(folder / "encoder" / "encoder.pt").eval()
    with torch.no_grad():
        *scripted, embedding = script(images)
    assert embedding.shape == (len(images), config["num_features"]), embedding.shape
    assert [{"channels": m.shape[1], "stride": images.shape[2] // m.shape[2]} for m in maps] == config["kiln"]["features"]
    errors = [relative(ours, theirs) for ours, theirs in zip(scripted, maps)]
    if not config["kiln"]["loads_in_timm"]:
        try:
            timm.create_model(f"local-dir:{folder / 'encoder'}", pretrained=True)
        except RuntimeError as e:
            assert "torch.jit.load" in str(e), e
        else:
            raise AssertionError("timm built what config.json says it cannot")
        pooled = maps[3].mean((2, 3))
        return None, max(*errors, relative(embedding, pooled)), None
    model = timm.create_model(f"local-dir:{folder / 'encoder'}", pretrained=True, num_classes=0).eval()
    assert model.pretrained_cfg["input_size"][0] == images.shape[1], model.pretrained_cfg
    with torch.no_grad():
        pooled = model(images)
        of_timm = model.forward_intermediates(images, intermediates_only=True)[-4:]
    tuned = timm.create_model(f"local-dir:{folder / 'encoder'}", pretrained=True, num_classes=10)
    assert tuned.get_classifier().out_features == 10
    first = config["pretrained_cfg"]["first_conv"]
    assert torch.equal(tuned.get_submodule(first).weight, model.get_submodule(first).weight)
    timms = max(relative(ours, theirs) for ours, theirs in zip(maps, of_timm))
    return timms, max(*errors, relative(embedding, pooled)), onnx_error(model, images, pooled)


def onnx_error(model, images, expected):
    """Relative error of ONNX Runtime's embeddings."""
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        file = f"{place}/encoder.onnx"
        torch.onnx.export(model, images[:1], file, dynamo=False, input_names=["images"], output_names=["embeddings"],
                          dynamic_axes={"images": {0: "images"}, "embeddings": {0: "images"}})
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"images": images.numpy()})
    return relative(torch.from_numpy(found), expected)


def folders(folder):
    within = True
    for each in sorted(folder.iterdir()):
        errors = open_folder(each)
        within &= all(error is None or error <= TOLERANCE for error in errors)
        of_timm, of_script, of_onnx = ("not in timm" if error is None else f"{error:.1e}" for error in errors)
        print(f"{each.name}: local-dir: in timm {timm.__version__} {of_timm}, TorchScript {of_script}, ONNX {of_onnx}",
              flush=True)
    return within


torch.manual_seed(0)
command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
if command == "make":
    make(folder)
elif command == "folders":
    if not folders(folder / "folders"):
        sys.exit("features differ")
elif not all([compare(folder, name) for name in NETWORKS]):
    sys.exit("features differ")
