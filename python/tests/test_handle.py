"""Handles on a real broker and registry, which PythonClientIT of Kiln's end-to-end tests starts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapters import adapted, promoted
from cluster import BROKERS, Topic
from conftest import artifact, event, noise, png, waits

import kiln_client
from kiln_client import CheckpointEvent, CheckpointFile, Embedder, EmbedderHandle

pytestmark = pytest.mark.skipif(not BROKERS, reason="KILN_TEST_BROKERS is not set")


@pytest.fixture
def topic() -> Topic:
    return Topic()


def serves(handle: EmbedderHandle, version: int) -> None:
    waits(handle, lambda status: status.serving is not None and status.serving.version == version)


@pytest.fixture
def encoders(tmp_path: Path, encoder: Path) -> Callable[[int], CheckpointEvent]:
    """Makes events of encoders that can run."""

    def make(version: int) -> CheckpointEvent:
        path = tmp_path / "store" / f"v{version}" / "encoder.pt"
        return event(version, files=(artifact(path, encoder.read_bytes(), "TORCHSCRIPT"),))

    return make


def test_embeddings_stay_in_one_space_as_far_as_adapters_lead(
    topic: Topic, tmp_path: Path, encoder: Path, encoders: Any
) -> None:
    image = [png(noise(64, 64))]
    own = Embedder(event(1), encoder).embed(image)
    topic.send(encoders(1), replace(encoders(1), status="PROMOTED", event_id="run-1-v1-promoted"))
    topic.send(encoders(2), promoted(tmp_path, encoders(2), 1, "ADAPT"))
    arguments = {**topic.arguments(tmp_path / "cache"), "space": "kiln/run-1/v1"}
    with EmbedderHandle(**arguments) as handle:
        handle.wait(60)
        serves(handle, 2)
        assert handle.status.advice == "ADAPT"
        found = handle.embed(image)
        assert (found.version, str(found.space)) == (2, "kiln/run-1/v1")
        assert np.allclose(found.values, adapted(own.values), atol=1e-6)
        topic.send(encoders(3), promoted(tmp_path, encoders(3), 2, "KEEP"))
        serves(handle, 3)
        assert np.allclose(handle.embed(image).values, adapted(adapted(own.values)), atol=1e-6)
        topic.send(encoders(4), replace(encoders(4), status="PROMOTED", event_id="run-1-v4-promoted"))
        waits(handle, lambda status: status.problem is not None)
        assert "v4 came without an adapter" in str(handle.status.problem)
        assert not list((tmp_path / "cache").rglob("run-1-v000004"))
        assert handle.status.advice == "RE_EMBED"
        assert handle.embed(image).version == 3
    with EmbedderHandle(**{**arguments, "cache": tmp_path / "another"}) as handle:
        handle.wait(60)  # a restart serves the index too
        assert handle.embed(image).version == 1
        waits(handle, lambda status: status.problem is not None)


def test_advice_comes_with_the_promotion_of_the_version_that_serves(
    topic: Topic, tmp_path: Path, encoders: Any
) -> None:
    topic.send(encoders(1))
    with EmbedderHandle(**topic.arguments(tmp_path / "cache")) as handle:
        serves(handle, 1)
        assert handle.status.advice is None
        topic.send(encoders(2))
        serves(handle, 2)
        assert handle.status.advice == "RE_EMBED"
        topic.send(promoted(tmp_path, encoders(2), 1, "KEEP"))
        waits(handle, lambda status: status.advice == "KEEP")
        assert handle.status.swaps == 2


def test_old_encoder_serves_on_while_the_new_one_cannot(topic: Topic, tmp_path: Path, encoder: Path) -> None:
    def of(version: int, content: bytes) -> CheckpointEvent:
        file = artifact(tmp_path / "store" / f"v{version}" / "encoder.pt", content, "TORCHSCRIPT")
        return event(version, files=(file,))

    image = [png(noise(64, 64))]
    whole = encoder.read_bytes()
    topic.send(of(1, whole))
    with EmbedderHandle(**topic.arguments(tmp_path / "cache")) as handle:
        assert handle.wait(60).embed(image).version == 1
        broken = of(2, whole[:1000])
        topic.send(broken)
        waits(handle, lambda status: status.problem is not None)
        assert "encoder.pt cannot be used" in str(handle.status.problem)
        assert handle.embed(image).version == 1
        topic.send(replace(of(3, whole), step=30))
        serves(handle, 3)
        assert handle.embed(image).version == 3
        assert (handle.status.swaps, handle.status.problem) == (2, None)


def test_example_keeps_its_index_where_adapters_lead(topic: Topic, tmp_path: Path, encoders: Any) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(3):
        (pictures / f"{seed}.png").write_bytes(png(noise(64, 64, seed)))
    script = Path(__file__).parents[1] / "examples" / "vector_index.py"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in topic.arguments(tmp_path / "cache").items()]
    command = [sys.executable, str(script), *options, f"--pictures={pictures}", f"--index={tmp_path / 'index.npz'}"]

    def first_line() -> str:
        run = [*command, f"--query={pictures / '1.png'}", "--versions=1"]
        return subprocess.run(run, check=True, capture_output=True, text=True, timeout=120).stdout.splitlines()[0]

    topic.send(encoders(1))
    assert first_line() == "version 1: 3 pictures, 3 of them embedded"
    topic.send(encoders(2), promoted(tmp_path, encoders(2), 1, "ADAPT"))
    assert first_line() == "version 2: 3 pictures, 0 of them embedded"
    topic.send(encoders(3), replace(encoders(3), status="PROMOTED", event_id="run-1-v3-promoted"))
    assert first_line() == "version 3: 3 pictures, 3 of them embedded"


def test_handle_without_a_version_says_so(topic: Topic, tmp_path: Path) -> None:
    with EmbedderHandle(**topic.arguments(tmp_path)) as handle:
        with pytest.raises(kiln_client.EncoderError, match="no encoder serves yet"):
            handle.embed([])
        with pytest.raises(kiln_client.EncoderError, match="after 1 s: no version has been announced"):
            handle.wait(1)


def decided(announced: CheckpointEvent, status: str) -> CheckpointEvent:
    return replace(announced, status=status, event_id=f"run-1-v{announced.version}-{status.lower()}")


def test_advice_goes_with_the_version_that_gave_it(topic: Topic, tmp_path: Path, encoders: Any) -> None:
    topic.send(encoders(1), decided(encoders(1), "PROMOTED"))
    topic.send(encoders(2), promoted(tmp_path, encoders(2), 1, "ADAPT"))
    with EmbedderHandle(**topic.arguments(tmp_path / "cache"), space="kiln/run-1/v1") as handle:
        serves(handle, 2)
        topic.send(encoders(3), decided(encoders(3), "PROMOTED"))
        waits(handle, lambda status: status.problem is not None)
        assert handle.status.advice == "RE_EMBED"
        topic.send(decided(encoders(3), "REVOKED"))
        waits(handle, lambda status: status.problem is None)
        assert (handle.status.advice, handle.status.swaps) == ("ADAPT", 1)


def test_malformed_event_is_told_and_the_next_version_serves(topic: Topic, tmp_path: Path, encoders: Any) -> None:
    malformed = CheckpointFile("TORCHSCRIPT", "http://[bad/encoder.pt", "torchscript", 1, "ab" * 32)
    topic.send(event(1, files=(malformed,)))
    with EmbedderHandle(**topic.arguments(tmp_path / "cache")) as handle:
        waits(handle, lambda status: status.problem is not None)
        assert "http://[bad/encoder.pt is no URI of a file" in str(handle.status.problem)
        topic.send(encoders(2))
        serves(handle, 2)


def test_problem_that_nobody_has_thought_of_is_told_too(topic: Topic, tmp_path: Path, encoders: Any) -> None:
    topic.send(encoders(1))
    with EmbedderHandle(**topic.arguments(tmp_path / "ca\0che")) as handle:
        waits(handle, lambda status: status.problem is not None)
        with pytest.raises(kiln_client.EncoderError, match="embedded null byte"):
            handle.wait(0)
