"""Adapters between the spaces of versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapters import MEAN_FROM, MEAN_TO, SIZE, adapted, promoted, rotation, write
from conftest import event, noise, png

from kiln_client import (
    Adapter,
    ArtifactError,
    CheckpointEvent,
    Embedder,
    EncoderError,
    NoAdapterError,
    Promotion,
    Space,
    Version,
)
from kiln_client.cache import Cache
from kiln_client.space import Adapters


def space(version: int) -> Space:
    return Space("kiln", "run-1", version)


@pytest.fixture
def adapters(tmp_path: Path) -> Adapters:
    return Adapters(Cache(tmp_path / "cache").file)


@pytest.fixture
def promotion(tmp_path: Path) -> Callable[..., CheckpointEvent]:
    return lambda version, before, verdict="ADAPT": promoted(tmp_path, event(version), before, verdict)


def test_shifts_and_rotates(tmp_path: Path) -> None:
    file = write(tmp_path / "a.safetensors", {"from": "1", "to": "2"})
    values = np.random.default_rng(1).normal(size=(5, SIZE)).astype(np.float32)
    adapter = Adapter.read(event(2), file)
    assert (adapter.of_space, adapter.to_space) == (space(2), space(1))
    assert adapter.apply(values).dtype == np.float32
    assert np.array_equal(adapter.apply(values), adapted(values))


def test_leads_back_version_by_version(adapters: Adapters, promotion: Any) -> None:
    adapters.add(event(1, "PROMOTED"))
    adapters.add(promotion(4, 1))
    adapters.add(promotion(9, 4, "KEEP"))
    path = adapters.path(space(9), space(1))
    assert [adapter.of_space for adapter in path] == [space(9), space(4)]
    assert adapters.path(space(9), space(9)) == []
    assert adapters.advice(space(9), space(1)) == "ADAPT"
    assert adapters.advice(space(9), space(4)) == "KEEP"
    assert adapters.advice(space(9), space(9)) is None


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_versions_without_a_way_must_be_embedded_again(adapters: Adapters, promotion: Any, version: int) -> None:
    adapters.add(event(2, "PROMOTED"))
    adapters.add(promotion(3, 2, "RE_EMBED"))
    adapters.add(promotion(4, 3, None))
    with pytest.raises(NoAdapterError, match=f"kiln/run-1/v{version} cannot be taken .* embed what you have"):
        adapters.path(space(version), space(1))
    assert adapters.advice(space(version), space(1)) == "RE_EMBED"


def test_adapter_that_went_with_its_version_leads_nowhere(adapters: Adapters, promotion: Any, tmp_path: Path) -> None:
    adapters.add(promotion(2, 1))
    adapters.add(promotion(3, 2))
    (tmp_path / "adapter-2.safetensors").unlink()
    with pytest.raises(ArtifactError, match=r"adapter-2\.safetensors does not exist"):
        adapters.path(space(3), space(1))
    adapters.add(event(2, "RETIRED"))
    with pytest.raises(NoAdapterError, match="v2 is revoked or retired, and its adapter is not there"):
        adapters.path(space(3), space(1))
    assert adapters.advice(space(3), space(1)) == "RE_EMBED"


def test_adapters_outlive_the_cache_and_the_store(tmp_path: Path, promotion: Any) -> None:
    cache = Cache(tmp_path / "cache", keep=1)
    adapters = Adapters(cache.file)
    for version in (2, 3):
        adapters.add(promotion(version, version - 1))
    assert len(adapters.path(space(3), space(1))) == 2
    cache.used(event(3))
    assert not cache.folder(event(2)).exists()
    (tmp_path / "adapter-2.safetensors").unlink()
    assert [adapter.of_space for adapter in adapters.path(space(3), space(1))] == [space(3), space(2)]


def test_adapters_in_a_circle_end(adapters: Adapters, promotion: Any) -> None:
    adapters.add(promotion(2, 3))
    adapters.add(promotion(3, 2))
    with pytest.raises(NoAdapterError, match="lead back to kiln/run-1/v3"):
        adapters.path(space(3), space(1))


def test_version_that_keeps_needs_no_adapter(adapters: Adapters) -> None:
    adapters.add(event(2, "PROMOTED", promotion=Promotion("run-1", 1, (), "KEEP")))
    (adapter,) = adapters.path(space(2), space(1))
    values = np.ones((1, SIZE), np.float32)
    assert np.array_equal(adapter.apply(values), values)


def test_run_of_the_earlier_version_is_told_by_the_promotion(tmp_path: Path) -> None:
    file = write(tmp_path / "a.safetensors", {"from": "1", "to": "2"})
    told = event(2, "PROMOTED", promotion=Promotion("run-0", 1, (), "ADAPT"))
    assert Adapter.read(told, file).to_space == Space("kiln", "run-0", 1)
    with pytest.raises(EncoderError, match="to kiln/run-1/v1; expected kiln/run-1/v7"):
        Adapter.read(replace(told, promotion=Promotion(None, 7, (), "ADAPT")), file)


def test_run_of_the_earlier_version_is_told_by_the_file_where_a_person_promotes(tmp_path: Path) -> None:
    file = write(tmp_path / "a.safetensors", {"from": "5", "fromRun": "run-0", "to": "2"})
    assert Adapter.read(event(2, "PROMOTED"), file).to_space == Space("kiln", "run-0", 5)
    told = event(2, "PROMOTED", promotion=Promotion("run-1", 5, (), "ADAPT"))
    with pytest.raises(EncoderError, match="to kiln/run-0/v5; expected kiln/run-1/v5"):
        Adapter.read(told, file)


def test_embeddings_lie_where_the_adapters_lead(encoder: Path, tmp_path: Path, promotion: Any) -> None:
    images = [png(noise(64, 64, seed)) for seed in range(2)]
    file = write(tmp_path / "a.safetensors", {"from": "1", "to": "2"})
    own = Embedder(event(2), encoder).embed(images)
    found = Embedder(event(2), encoder, adapters=[Adapter.read(event(2), file)]).embed(images)
    assert (own.space, found.space) == (space(2), space(1))
    assert np.array_equal(found.values, adapted(own.values))
    assert found.similarity(Embedder(event(1), encoder).embed(images)).shape == (2, 2)
    with pytest.raises(EncoderError, match="an adapter of kiln/run-1/v2 cannot follow; expected one of kiln/run-1/v3"):
        Embedder(event(3), encoder, adapters=[Adapter.read(event(2), file)])
    with pytest.raises(NoAdapterError, match="v2 came without an adapter"):
        Version(event(2), Cache(tmp_path / "cache")).embedder(space="kiln/run-1/v1")


def damaged(content: bytes, **entry: Any) -> bytes:
    """The same file with other entries in its header."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length]) | entry
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda whole: whole[:-4], "has a header of"),
        (lambda whole: b"", "has 0 bytes"),
        (lambda whole: whole + bytes(1 << 20), "has 1049"),
        (lambda whole: whole[:8] + b"[" + whole[9:], "is no adapter"),
        (lambda whole: damaged(whole, mean_to=None), "no tensor mean_to"),
        (lambda whole: damaged(whole, mean_to={"dtype": "F16", "shape": [SIZE]}), "no tensor mean_to"),
        (
            lambda whole: damaged(whole, mean_to={"dtype": "F32", "shape": [SIZE], "data_offsets": [4000, 4032]}),
            "mean_to lies outside the file",
        ),
        (lambda whole: damaged(whole, mean_to={"dtype": "F32", "shape": [SIZE], "data_offsets": 5}), "is no adapter"),
        (lambda whole: whole[:-4] + b"\0\0\x80\x7f", "mean_to holds numbers that are not finite"),
        (lambda whole: damaged(whole, __metadata__={"from": "1", "to": "3"}), "adapter of version 3"),
        (lambda whole: damaged(whole, __metadata__={"from": "x", "to": "2"}), "has from = x"),
        (lambda whole: damaged(whole, __metadata__={"from": "2", "to": "2"}), "to kiln/run-1/v2; expected another"),
        (lambda whole: damaged(whole, __metadata__=[]), "is no adapter"),
    ],
)
def test_file_that_is_no_adapter_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes], reason: str) -> None:
    file = write(tmp_path / "a.safetensors", {"from": "1", "to": "2"})
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(EncoderError, match=reason):
        Adapter.read(event(2), file)


def test_spaces_are_read_as_they_are_written() -> None:
    assert str(Space("a/b", "run-1", 12)) == "a/b/run-1/v12"
    assert Space.parse("a/b/run-1/v12") == Space("a/b", "run-1", 12)
    for text in ("v12", "run-1/v12", "kiln/run-1/v0", "kiln/run-1/12", ""):
        with pytest.raises(ValueError, match="expected MODEL/RUN/vVERSION"):
            Space.parse(text)


def test_means_and_rotation_are_as_the_schema_says() -> None:
    values = np.arange(SIZE, dtype=np.float32)[None]
    assert np.allclose((values - MEAN_TO) @ rotation() + MEAN_FROM, adapted(values))
