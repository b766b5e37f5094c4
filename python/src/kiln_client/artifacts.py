"""Fetches files of checkpoints, verified against their event."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .errors import ArtifactError, StoreError, StoreUnavailableError
from .events import CheckpointFile
from .stores import Stores, path_of

_BUFFER = 256 * 1024
_TIMEOUT_SECONDS = 30


def is_whole(file: CheckpointFile, path: Path) -> bool:
    """Whether a copy has the length and the SHA-256 of its event."""
    return path.is_file() and path.stat().st_size == file.bytes and _digest(path).hexdigest() == file.sha256


def fetch(file: CheckpointFile, target: Path, stores: Stores) -> None:
    """Copies a file. The target appears when it is complete and verified.

    A download that broke leaves a file beside the target, and the next call goes on where it ended.

    Raises:
        ArtifactError: the file is missing, or length or SHA-256 differ from the event's.
        StoreError: it lies outside the allowed stores.
        StoreUnavailableError: its store does not answer, or the connection broke.
    """
    stores.require(file.uri)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{file.sha256[:16]}.partial")
    if _download(file, partial, stores) != file.sha256:
        found = _found(partial)
        partial.unlink()
        raise _mismatch(file, found)
    os.replace(partial, target)


def _download(file: CheckpointFile, partial: Path, stores: Stores) -> str:
    """Completes the partial file; returns its SHA-256."""
    begun = partial.stat().st_size if partial.is_file() else 0
    digest = _digest(partial) if begun else hashlib.sha256()
    if begun < file.bytes or begun == 0:
        try:
            with _source(file, begun, stores) as (stream, offset):
                if offset != begun:
                    digest = hashlib.sha256()
                with partial.open("ab" if offset else "wb") as out:
                    _copy(file, stream, out, offset, digest)
        except ArtifactError:
            partial.unlink(missing_ok=True)
            raise
        except (OSError, http.client.HTTPException) as broken:
            raise StoreUnavailableError(f"{file.uri} could not be read to its end: {broken}; try again") from broken
    if begun and digest.hexdigest() != file.sha256:  # what was there may be of another file
        partial.unlink()
        return _download(file, partial, stores)
    return digest.hexdigest()


def _copy(file: CheckpointFile, stream: IO[bytes], out: IO[bytes], done: int, digest: Any) -> None:
    while chunk := stream.read(_BUFFER):
        done += len(chunk)
        if done > file.bytes:
            raise _mismatch(file, "is longer")
        digest.update(chunk)
        out.write(chunk)
    if done < file.bytes and isinstance(stream, http.client.HTTPResponse) and stream.length:
        raise StoreUnavailableError(f"{file.uri}: the connection broke after {done} of {file.bytes} bytes; try again")
    out.flush()
    os.fsync(out.fileno())  # the bytes must be on disk before the name is


@contextmanager
def _source(file: CheckpointFile, offset: int, stores: Stores) -> Iterator[tuple[IO[bytes], int]]:
    """The file's bytes from an offset on, or from 0 where its store cannot begin in the middle."""
    if file.uri.startswith("file:"):
        path = path_of(file.uri)
        if not path.exists():
            raise _mismatch(file, "does not exist")
        if not path.is_file():
            raise _mismatch(file, "is not a file")
        with path.open("rb") as stream:
            stream.seek(offset)
            yield stream, offset
        return
    with _response(file, offset, stores) as response:
        partly = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
        if response.status == 206 and not partly:
            raise StoreUnavailableError(f"{file.uri}: the store gave another range than bytes {offset}-")
        yield response, offset if partly else 0


def _response(file: CheckpointFile, offset: int, stores: Stores) -> http.client.HTTPResponse:
    request = urllib.request.Request(file.uri, headers={"Range": f"bytes={offset}-"} if offset else {})
    try:
        opener = urllib.request.build_opener(_Redirects(stores))
        response: http.client.HTTPResponse = opener.open(request, timeout=_TIMEOUT_SECONDS)
        return response
    except urllib.error.HTTPError as refused:
        if refused.code in (404, 410):
            raise _mismatch(file, "does not exist") from refused
        raise StoreUnavailableError(f"{file.uri}: the store answered {refused.code} {refused.reason}") from refused
    except ValueError as malformed:  # letters that are not ASCII
        raise StoreError(f"{file.uri} cannot be asked for: {malformed}") from malformed


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects as far as the stores allow."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        self._stores.require(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _digest(path: Path) -> Any:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_BUFFER):
            digest.update(chunk)
    return digest


def _found(path: Path) -> str:
    return f"has {path.stat().st_size} bytes with SHA-256 {_digest(path).hexdigest()}"


def _mismatch(file: CheckpointFile, found: str) -> ArtifactError:
    return ArtifactError(f"{file.uri} {found}; expected {file.bytes} bytes with SHA-256 {file.sha256}")
