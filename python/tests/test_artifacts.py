"""Files are fetched whole and verified, or not at all."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import artifact

from kiln_client import ArtifactError, CheckpointFile, StoreError, StoreUnavailableError
from kiln_client.artifacts import fetch
from kiln_client.stores import Stores

CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    return artifact(tmp_path / "store" / "model.safetensors", CONTENT)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "model.safetensors"


def partial(file: CheckpointFile, target: Path) -> Path:
    return target.with_name(f".{target.name}.{file.sha256[:16]}.partial")


def leftovers(target: Path) -> list[str]:
    return [path.name for path in target.parent.iterdir()]


def test_file_is_copied(file: CheckpointFile, target: Path) -> None:
    fetch(file, target, Stores())
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == [target.name]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENT[:-1], "has 1048575 bytes"),
        (CONTENT + b"x", "is longer"),
        (b"x" + CONTENT[1:], "with SHA-256"),
        (None, "does not exist"),
    ],
    ids=["short", "longer", "altered", "gone"],
)
def test_file_that_is_not_what_its_event_says_is_refused(
    file: CheckpointFile, target: Path, tmp_path: Path, content: bytes | None, message: str
) -> None:
    stored = tmp_path / "store" / "model.safetensors"
    stored.unlink()
    if content is not None:
        stored.write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{message}.*expected 1048576 bytes"):
        fetch(file, target, Stores())
    assert leftovers(target) == []


def test_folder_is_no_file(target: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is not a file"):
        fetch(CheckpointFile("ENCODER", tmp_path.as_uri(), "", 1, "0" * 64), target, Stores())


def test_broken_download_goes_on(file: CheckpointFile, target: Path, tmp_path: Path) -> None:
    target.parent.mkdir()
    partial(file, target).write_bytes(CONTENT[:1000])
    stored = tmp_path / "store" / "model.safetensors"
    stored.write_bytes(b"x" * 1000 + CONTENT[1000:])  # proves that these bytes are not read again
    fetch(file, target, Stores())
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == [target.name]


@pytest.mark.parametrize("rubbish", [b"x" * 1000, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 5)])
def test_rubbish_of_a_broken_download_is_thrown_away(file: CheckpointFile, target: Path, rubbish: bytes) -> None:
    target.parent.mkdir()
    partial(file, target).write_bytes(rubbish)
    fetch(file, target, Stores())
    assert target.read_bytes() == CONTENT


class Store(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT below /kiln/, and breaks off the first answer after 300,000 bytes."""

    ranges: list[str | None] = []
    takes_ranges = True
    code = 200

    def do_GET(self) -> None:
        self.ranges.append(self.headers["Range"])
        if self.code != 200 or self.path == "/away":
            self.send_response(302 if self.path == "/kiln/moved" else self.code)
            self.send_header("Location", "/away")
            self.end_headers()
            return
        begin = int(self.headers["Range"][6:-1]) if self.headers["Range"] and self.takes_ranges else 0
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        self.wfile.write(CONTENT[begin:300_000] if len(self.ranges) == 1 else CONTENT[begin:])

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def store() -> Iterator[str]:
    Store.ranges, Store.takes_ranges, Store.code = [], True, 200
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("takes_ranges", [True, False])
def test_broken_download_over_http_goes_on(file: CheckpointFile, target: Path, store: str, takes_ranges: bool) -> None:
    Store.takes_ranges = takes_ranges
    remote = replace(file, uri=f"{store}/kiln/model.safetensors")
    with pytest.raises(StoreUnavailableError, match="broke|read to its end"):
        fetch(remote, target, Stores([f"{store}/kiln"]))
    fetch(remote, target, Stores([f"{store}/kiln"]))
    assert target.read_bytes() == CONTENT
    assert Store.ranges == [None, "bytes=300000-"]


def test_store_that_has_no_such_file_or_does_not_work(file: CheckpointFile, target: Path, store: str) -> None:
    remote = replace(file, uri=f"{store}/kiln/model.safetensors")
    Store.code = 404
    with pytest.raises(ArtifactError, match="does not exist"):
        fetch(remote, target, Stores([store]))
    Store.code = 503
    with pytest.raises(StoreUnavailableError, match="503"):
        fetch(remote, target, Stores([store]))
    gone = replace(file, uri="http://127.0.0.1:9/kiln/model.safetensors")
    with pytest.raises(StoreUnavailableError, match="try again"):
        fetch(gone, target, Stores(["http://127.0.0.1:9"]))


def test_uri_that_http_cannot_carry_is_refused(file: CheckpointFile, target: Path, store: str) -> None:
    with pytest.raises(StoreError, match=r"modèle\.safetensors cannot be asked for"):
        fetch(replace(file, uri=f"{store}/modèle.safetensors"), target, Stores([store]))


def test_redirects_stay_in_the_stores(file: CheckpointFile, target: Path, store: str) -> None:
    Store.code = 500
    remote = replace(file, uri=f"{store}/kiln/moved")
    with pytest.raises(StoreError, match="/away lies outside"):
        fetch(remote, target, Stores([f"{store}/kiln"]))
    assert len(Store.ranges) == 1
