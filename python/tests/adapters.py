"""Adapters that are easily told: values move one place on, and their mean moves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from conftest import artifact

from kiln_client import CheckpointEvent, Promotion

SIZE = 8
MEAN_FROM, MEAN_TO = 0.25, -0.5


def rotation() -> Any:
    """[SIZE, SIZE]: value i goes to place i + 1, the last one to the first."""
    return np.roll(np.eye(SIZE, dtype=np.float32), 1, axis=1)


def adapted(values: Any) -> Any:
    """What the adapter should make of embeddings, computed otherwise."""
    return np.roll(values.astype(np.float64) - MEAN_TO + MEAN_FROM, 1, axis=1).astype(np.float32)


def write(file: Path, metadata: dict[str, str]) -> Path:
    """Writes an adapter's file."""
    mean_from, mean_to = np.full(SIZE, MEAN_FROM, np.float32), np.full(SIZE, MEAN_TO, np.float32)
    header: dict[str, Any] = {"__metadata__": metadata}
    data = b""
    for name, tensor in (("mean_from", mean_from), ("rotation", rotation()), ("mean_to", mean_to)):
        offsets = [len(data), len(data) + tensor.nbytes]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        data += tensor.tobytes()
    text = json.dumps(header).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return file


def promoted(folder: Path, announced: CheckpointEvent, before: int, verdict: str | None) -> CheckpointEvent:
    """A promotion with an adapter to an earlier version of the run."""
    path = folder / f"adapter-{announced.version}.safetensors"
    content = write(path, {"from": str(before), "to": str(announced.version)}).read_bytes()
    return replace(
        announced,
        status="PROMOTED",
        event_id=f"run-1-v{announced.version}-promoted",
        files=(*announced.files, artifact(path, content, "ADAPTER")),
        promotion=Promotion("run-1", before, (), verdict),
    )
