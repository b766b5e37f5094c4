"""Events, stores, encoders and waiting that tests share."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kiln_client import CheckpointEvent, CheckpointFile, EmbedderHandle, InputSpec, Status

INPUT = InputSpec(64, 64, 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def event(version: int = 1, status: str = "CANDIDATE", **fields: Any) -> CheckpointEvent:
    """An event of model kiln, run run-1."""
    made = CheckpointEvent(
        event_id=f"run-1-v{version}-{status.lower()}",
        run_id="run-1",
        model="kiln",
        version=version,
        step=10 * version,
        samples_seen=40 * version,
        status=status,
        files=(),
        input=INPUT,
        architecture="{}",
        timm=None,
        features=(),
        embedding_size=8,
        norm_statistics="NONE",
        training_loss=None,
        code_version="0.1.0",
        created_at=datetime(2026, 1, 31, tzinfo=timezone.utc),
    )
    return replace(made, **fields)


def artifact(path: Path, content: bytes, role: str = "ENCODER") -> CheckpointFile:
    """Writes a file, and announces it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return CheckpointFile(role, path.as_uri(), "safetensors", len(content), hashlib.sha256(content).hexdigest())


def png(pixels: Any) -> bytes:
    """An image file of these pixels."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(out, "PNG")
    return out.getvalue()


def noise(rows: int, columns: int, seed: int = 1) -> Any:
    """Pixels [rows, columns, 3] of noise."""
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that takes and gives what encoder.pt does: the embedding is the mean of 8 maps."""
    torch = pytest.importorskip("torch")

    class Encoder(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.conv = torch.nn.Conv2d(3, 8, 4, 4)

        def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
            maps = self.conv(images)
            return [maps, maps.mean([2, 3])]

    path = tmp_path_factory.mktemp("encoder") / "encoder.pt"
    torch.jit.script(Encoder().eval()).save(str(path))
    return path


def waits(handle: EmbedderHandle, holds: Callable[[Status], bool]) -> None:
    """Waits until a handle's status is as wanted."""
    deadline = time.monotonic() + 180
    while not holds(handle.status):
        assert time.monotonic() < deadline, handle.status
        time.sleep(0.05)
