"""Reads an encoder that Kiln wrote with the reference implementation of safetensors: names, types, finite values, metadata."""

import json
import sys

import numpy
from safetensors import safe_open

with safe_open(sys.argv[1], framework="numpy") as file:
    metadata = file.metadata()
    architecture = json.loads(metadata["architecture"])
    names = list(file.keys())
    assert "conv1.weight" in names and "layer4.0.bn1.running_var" in names, names[:5]
    assert not [name for name in names if "decoder" in name or name.startswith("sparse_encoder")], names
    for name in names:
        tensor = file.get_tensor(name)
        assert numpy.isfinite(tensor).all(), name
    stem = file.get_tensor("conv1.weight")
    assert stem.shape == (architecture["stem"], architecture["channels"], 7, 7), stem.shape
    assert int(file.get_tensor("bn1.num_batches_tracked")) == int(metadata["step"]) > 0
print(f"{len(names)} tensors of an encoder after step {metadata['step']} read by safetensors")
