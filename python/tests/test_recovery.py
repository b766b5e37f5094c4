"""Clients that are killed, and stores and brokers that are away, on a real broker and registry. PythonClientIT of
Kiln's end-to-end tests starts them."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster import BROKERS, Topic
from conftest import event, noise, png, waits

from kiln_client import CheckpointEvent, CheckpointFile, EmbedderHandle

pytestmark = pytest.mark.skipif(not BROKERS, reason="KILN_TEST_BROKERS is not set")
BLOCK = 1 << 18


class Store(http.server.ThreadingHTTPServer):
    """Serves one file, from any offset on, and halts each answer after so many blocks."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, content: bytes, port: int = 0, blocks: int = 1 << 30) -> None:
        self.content = content
        self.blocks = blocks
        self.offsets: list[int] = []
        super().__init__(("127.0.0.1", port), _Request)

    def announced(self, version: int, role: str = "TORCHSCRIPT") -> CheckpointEvent:
        """A version whose file lies here."""
        uri = f"http://127.0.0.1:{self.server_port}/v{version}/encoder.pt"
        digest = hashlib.sha256(self.content).hexdigest()
        return event(version, files=(CheckpointFile(role, uri, "", len(self.content), digest),))

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error."""


class _Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        store = self.server
        assert isinstance(store, Store)
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        offset = int(asked[1]) if asked else 0
        store.offsets.append(offset)
        self.send_response(206 if offset else 200)
        if offset:
            self.send_header("Content-Range", f"bytes {offset}-{len(store.content) - 1}/{len(store.content)}")
        self.send_header("Content-Length", str(len(store.content) - offset))
        self.end_headers()
        for sent, begin in enumerate(range(offset, len(store.content), BLOCK)):
            if sent == store.blocks:
                time.sleep(60)  # the client is killed meanwhile
            self.wfile.write(store.content[begin : begin + BLOCK])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(store: Store) -> Iterator[Store]:
    thread = threading.Thread(target=store.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        thread.join()
        store.server_close()


@pytest.fixture
def topic() -> Topic:
    return Topic()


def fetching(topic: Topic, cache: Path, store: Store) -> subprocess.Popen[str]:
    """A client in a process of its own, which fetches the current version."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in topic.arguments(cache).items()]
    source = f"--store=http://127.0.0.1:{store.server_port}"
    command = [sys.executable, "-m", "kiln_client.cli", "fetch", *options, source, "--role=ENCODER"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_downloads_go_on_and_are_verified(topic: Topic, tmp_path: Path) -> None:
    content = os.urandom(16 * BLOCK + 12345)
    cache = tmp_path / "cache"
    with running(Store(content, blocks=4)) as store:
        topic.send(store.announced(1, "ENCODER"))
        for killed in range(1, 4):
            client = fetching(topic, cache, store)
            deadline = time.monotonic() + 180
            while sum(path.stat().st_size for path in cache.rglob("*.partial")) < 4 * killed * BLOCK:
                assert time.monotonic() < deadline and client.poll() is None, client.communicate()
                time.sleep(0.02)
            client.send_signal(signal.SIGKILL)
            assert client.wait() == -signal.SIGKILL
            assert not list(cache.rglob("model.safetensors"))
        store.blocks = len(content)
        client = fetching(topic, cache, store)
        printed, problems = client.communicate(timeout=180)
        assert (client.returncode, problems) == (0, "")
        assert store.offsets == [0, 4 * BLOCK, 8 * BLOCK, 12 * BLOCK]
    assert (Path(printed.strip()) / "model.safetensors").read_bytes() == content
    assert not list(cache.rglob("*.partial"))


def serves(handle: EmbedderHandle, version: int) -> None:
    waits(handle, lambda status: status.serving is not None and status.serving.version == version)
    waits(handle, lambda status: status.problem is None)


def test_store_that_is_away_is_told_while_the_encoder_serves_on(topic: Topic, tmp_path: Path, encoder: Path) -> None:
    image = [png(noise(64, 64))]
    content = encoder.read_bytes()
    with running(Store(content)) as store:
        port = store.server_port
        topic.send(store.announced(1))
        where = f"http://127.0.0.1:{port}"
        handle = EmbedderHandle(**topic.arguments(tmp_path / "cache"), stores=[where])
        with handle:
            serves(handle, 1)
            store.shutdown()
            store.server_close()
            topic.send(store.announced(2))
            waits(handle, lambda status: status.problem is not None)
            assert f"{where}/v2/encoder.pt could not be read" in str(handle.status.problem)
            assert handle.embed(image).version == 1
            with running(Store(content, port)):
                serves(handle, 2)
                assert handle.embed(image).version == 2


@pytest.mark.skipif("KILN_TEST_BROKER_PID" not in os.environ, reason="KILN_TEST_BROKER_PID is not set")
def test_broker_that_is_away_is_told_while_the_encoder_serves_on(topic: Topic, tmp_path: Path, encoder: Path) -> None:
    image = [png(noise(64, 64))]
    broker = int(os.environ["KILN_TEST_BROKER_PID"])
    with running(Store(encoder.read_bytes())) as store:
        where = f"http://127.0.0.1:{store.server_port}"
        topic.send(store.announced(1))
        with EmbedderHandle(**topic.arguments(tmp_path / "cache"), stores=[where]) as handle:
            serves(handle, 1)
            os.kill(broker, signal.SIGSTOP)
            try:
                waits(handle, lambda status: status.problem is not None)
                assert f"no broker answers for {topic.name}" in str(handle.status.problem)
                assert handle.embed(image).version == 1
            finally:
                os.kill(broker, signal.SIGCONT)
            serves(handle, 1)
            topic.send(store.announced(2))
            serves(handle, 2)
