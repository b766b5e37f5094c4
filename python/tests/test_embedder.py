"""Embeddings of one version, with the preparation inside."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import INPUT, event, noise, png

from kiln_client import (
    CheckpointFile,
    DifferentSpacesError,
    Embedder,
    EncoderError,
    TimmModel,
    UnknownEncoderError,
    UnusableImageError,
    Version,
)
from kiln_client.cache import Cache


def test_embeddings_are_those_of_prepared_images(encoder: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    images = [png(noise(70, 90, seed)) for seed in range(5)]
    (tmp_path / "a.png").write_bytes(images[4])
    embedder = Embedder(event(), encoder)
    found = embedder.embed([*images[:4], tmp_path / "a.png"], batch=2)
    with torch.inference_mode():
        expected = torch.jit.load(str(encoder))(torch.from_numpy(embedder.preparation.prepare(images)))[-1].numpy()
    assert (found.model, found.run_id, found.version) == ("kiln", "run-1", 1)
    assert np.allclose(found.values, expected, rtol=0, atol=1e-6)
    assert embedder.embed([]).values.shape == (0, 8)


def test_image_that_cannot_be_used_is_named(encoder: Path) -> None:
    images = [png(noise(64, 64))] * 3 + [b"x"]
    with pytest.raises(UnusableImageError, match="image 3"):
        Embedder(event(), encoder).embed(images, batch=2)


def test_encoder_that_is_not_what_its_event_says(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="embeddings of 8 values; its event says 2048"):
        Embedder(event(embedding_size=2048), encoder)
    with pytest.raises(EncoderError, match="cannot be used"):
        Embedder(event(input=replace(INPUT, channels=5, mean=(0.0,) * 5, std=(1.0,) * 5)), encoder)
    half = tmp_path / "half.pt"
    half.write_bytes(encoder.read_bytes()[:2000])
    with pytest.raises(EncoderError, match=r"half\.pt cannot be used"):
        Embedder(event(), half)


def test_embeddings_in_different_spaces_are_not_compared(encoder: Path) -> None:
    images = [png(noise(64, 64, seed)) for seed in range(3)]
    first = Embedder(event(1), encoder).embed(images)
    assert np.allclose(np.diag(first.similarity(first)), 1, atol=1e-5)
    with pytest.raises(DifferentSpacesError, match="kiln/run-1/v1 and kiln/run-1/v2"):
        first.similarity(Embedder(event(2), encoder).embed(images))


def test_architectures_that_timm_does_not_know(encoder: Path, tmp_path: Path) -> None:
    pytest.importorskip("timm")
    cache = Cache(tmp_path)
    with pytest.raises(UnknownEncoderError, match=r"timm cannot build version 1 .*use embedder\(\)"):
        Version(event(), cache).model()
    with pytest.raises(UnknownEncoderError, match="resnet_of_2030, which timm .* does not know"):
        Version(event(timm=TimmModel("resnet_of_2030", {})), cache).model()
    content = encoder.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    file = CheckpointFile("TORCHSCRIPT", encoder.as_uri(), "torchscript", len(content), digest)
    embedder = Version(event(files=(file,)), cache).embedder()
    assert embedder.embed([png(noise(64, 64))]).values.shape == (1, 8)
