"""From where files of checkpoints may be read."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from .errors import StoreError

_PORTS = {"http": 80, "https": 443}


class Stores:
    """The places that may be read from.

    Args:
        allowed: folders, and URIs such as file:///data/artifacts or https://store/kiln. All that lies below one is
            allowed. None allows all files of this machine, and nothing else.
    """

    def __init__(self, allowed: Sequence[str | Path] | None = None) -> None:
        self._allowed = None if allowed is None else [_folder(place) for place in allowed]

    def require(self, uri: str) -> None:
        """Checks that a URI may be read.

        Raises:
            StoreError: it may not, or it is malformed.
        """
        try:
            self._require(uri, urlsplit(uri))
        except ValueError as malformed:
            raise StoreError(f"{uri} is no URI of a file: {malformed}") from malformed

    def _require(self, uri: str, split: SplitResult) -> None:
        if split.scheme != "file" and split.scheme not in _PORTS:
            raise StoreError(f"{uri} cannot be read: this client reads file:, http: and https:")
        if self._allowed is None:
            if split.scheme != "file":
                raise StoreError(f"{uri} is not a file of this machine; name its store in stores=[...] (--store)")
            path_of(uri)
        elif not any(_below(split, store) for store in self._allowed):
            raise StoreError(f"{uri} lies outside the allowed stores")


def path_of(uri: str) -> Path:
    """The path that a file: URI names, links resolved.

    Raises:
        StoreError: it is of another machine.
    """
    split = urlsplit(uri)
    if split.netloc not in ("", "localhost"):
        raise StoreError(f"{uri} is a file of {split.netloc}; expected file:///...")
    return Path(url2pathname(split.path)).resolve()


def _folder(place: str | Path) -> SplitResult:
    text = str(place)
    return urlsplit(text if "://" in text or text.startswith("file:") else Path(text).absolute().as_uri())


def _below(uri: SplitResult, store: SplitResult) -> bool:
    if uri.scheme != store.scheme:
        return False
    if uri.scheme == "file":
        return path_of(uri.geturl()).is_relative_to(path_of(store.geturl()))
    return _server(uri) == _server(store) and f"{_path(uri)}/".startswith(f"{_path(store).rstrip('/')}/")


def _server(uri: SplitResult) -> tuple[str | None, int]:
    return uri.hostname, uri.port or _PORTS[uri.scheme]


def _path(uri: SplitResult) -> str:
    return posixpath.normpath("/" + unquote(uri.path).lstrip("/"))
