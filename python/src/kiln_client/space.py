"""The space that embeddings lie in, and the adapters between the spaces of versions."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ArtifactError, EncoderError, NoAdapterError
from .events import CheckpointEvent

_TEXT = re.compile("(.+)/([^/]+)/v([1-9][0-9]{0,17})")
_LONGEST_HEADER = 1 << 16
_ADVICE = ("KEEP", "ADAPT", "RE_EMBED")


@dataclass(frozen=True)
class Space:
    """A space of embeddings, named after the version whose encoder gives such embeddings without an adapter.

    Embeddings may be compared if they lie in one space. str() gives MODEL/RUN/vVERSION, to store beside embeddings.
    """

    model: str
    run_id: str
    version: int

    @staticmethod
    def of(event: CheckpointEvent) -> Space:
        """The space of a version's own embeddings."""
        return Space(*event.key)

    @staticmethod
    def parse(text: str) -> Space:
        """Reads what str() gives.

        Raises:
            ValueError: it is no such text.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"space: {text} is not allowed; expected MODEL/RUN/vVERSION")
        return Space(match[1], match[2], int(match[3]))

    def __str__(self) -> str:
        return f"{self.model}/{self.run_id}/v{self.version}"


class Adapter:
    """Takes embeddings of a version into the space of an earlier one.

    Attributes:
        to_space: the space that embeddings are taken into.
        of_space: that of the version whose event names the adapter.
        advice: what the promotion says of stored embeddings; ADAPT if it does not.
    """

    def __init__(self, event: CheckpointEvent, to_space: Space, tensors: tuple[NDArray[np.float32], ...] | None) -> None:
        self.of_space = Space.of(event)
        self.to_space = to_space
        self.advice = verdict(event) or "ADAPT"
        self._tensors = tensors

    @staticmethod
    def read(event: CheckpointEvent, file: str | os.PathLike[str]) -> Adapter:
        """Reads an event's file of role ADAPTER, verified.

        Raises:
            EncoderError: it is no adapter of the event's version.
        """
        metadata, tensors = _read(Path(file), event.embedding_size)
        own = Space.of(event)
        origin, target = metadata.get("to", ""), metadata.get("from", "")
        if origin != str(event.version):
            raise EncoderError(f"{file} is an adapter of version {origin}; its event is of version {event.version}")
        if not re.fullmatch("[1-9][0-9]{0,17}", target):
            raise EncoderError(f"{file} has from = {target}; expected the number of a version")
        told = _before(event)
        run = metadata.get("fromRun") or (told or own).run_id  # a person's promotion tells nothing
        space = Space(event.model, run, int(target))
        if space == own or (told is not None and told != space):
            raise EncoderError(f"{file} leads from {own} to {space}; expected {told or 'another version'}")
        return Adapter(event, space, tensors)

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings [images, values] of the version, in the space of the earlier one."""
        if self._tensors is None:
            return values
        mean_from, rotation, mean_to = (tensor.astype(np.float64) for tensor in self._tensors)
        adapted: NDArray[np.float32] = ((values - mean_to) @ rotation + mean_from).astype(np.float32)
        return adapted


class Adapters:
    """The ways between the spaces of versions, as promotions have told so far."""

    def __init__(self, fetch: Callable[[CheckpointEvent, str], Path]) -> None:
        self._fetch = fetch
        self._promotions: dict[Space, CheckpointEvent] = {}
        self._withdrawn: set[Space] = set()  # their files may have been deleted
        self._read: dict[Space, Adapter] = {}  # later versions need them too, and the cache forgets them

    def add(self, event: CheckpointEvent) -> None:
        """Takes the next event."""
        space = Space.of(event)
        if event.status == "PROMOTED":
            self._promotions[space] = event
            self._withdrawn.discard(space)
            self._read.pop(space, None)
        elif event.status in ("REVOKED", "RETIRED"):
            self._withdrawn.add(space)

    def path(self, version: Space, wanted: Space) -> list[Adapter]:
        """The adapters that take a version's embeddings into a space, one after the other.

        Raises:
            NoAdapterError: they do not lead there.
            ArtifactError, EncoderError, StoreError, StoreUnavailableError: a file cannot be had.
        """
        path: list[Adapter] = []
        space = version
        while space != wanted:
            adapter = self._adapter(space)
            if adapter is None:
                gone = "is revoked or retired, and its adapter is not there"
                reason = gone if space in self._withdrawn else "came without an adapter"
                raise _no_adapter(version, wanted, f"{space} {reason}")
            if any(space == other.of_space for other in path):
                raise _no_adapter(version, wanted, f"adapters lead back to {space}")
            path.append(adapter)
            space = adapter.to_space
        return path

    def advice(self, version: Space, stored: Space) -> str | None:
        """What a version means for stored embeddings; None for its own.

        Raises:
            ArtifactError, EncoderError, StoreError, StoreUnavailableError: a file cannot be had.
        """
        if version == stored:
            return None
        try:
            path = self.path(version, stored)
        except NoAdapterError:
            return "RE_EMBED"
        return "KEEP" if all(adapter.advice == "KEEP" for adapter in path) else "ADAPT"

    def _adapter(self, space: Space) -> Adapter | None:
        event = self._promotions.get(space)
        if event is None or verdict(event) == "RE_EMBED":
            return None
        if event.file("ADAPTER") is not None:
            return self._held(space, event)
        before = _before(event)
        return Adapter(event, before, None) if before is not None and verdict(event) == "KEEP" else None

    def _held(self, space: Space, event: CheckpointEvent) -> Adapter | None:
        if space not in self._read:
            try:
                self._read[space] = Adapter.read(event, self._fetch(event, "ADAPTER"))
            except ArtifactError:
                if space in self._withdrawn:
                    return None  # and it does not come back
                raise
        return self._read[space]


def verdict(event: CheckpointEvent) -> str | None:
    """What a promotion says of embeddings by the version promoted before: KEEP, ADAPT or RE_EMBED."""
    found = event.promotion and event.promotion.verdict
    return found if found in _ADVICE else None  # a later Kiln may have others


def _before(event: CheckpointEvent) -> Space | None:
    told = event.promotion
    if told is None or told.before_version is None:
        return None
    return Space(event.model, told.before_run_id or event.run_id, told.before_version)


def _no_adapter(version: Space, wanted: Space, reason: str) -> NoAdapterError:
    return NoAdapterError(
        f"embeddings of {version} cannot be taken into the space {wanted}: {reason}; embed what you have stored again"
        f" with {version}, and follow in its space"
    )


def _read(file: Path, size: int) -> tuple[dict[str, str], tuple[NDArray[np.float32], ...]]:
    """Metadata and tensors of a small safetensors file. Nothing in it is believed before it has been checked."""
    data = 4 * size * (size + 2)
    length = file.stat().st_size
    if not data + 8 <= length <= data + 8 + _LONGEST_HEADER:
        raise EncoderError(f"{file} has {length} bytes; expected {data} of tensors and a header")
    content = file.read_bytes()
    header = int.from_bytes(content[:8], "little")
    if header != length - 8 - data:
        raise EncoderError(f"{file} has a header of {header} bytes; expected {length - 8 - data}")
    try:
        names: dict[str, Any] = json.loads(content[8 : 8 + header])
        metadata = {str(name): str(text) for name, text in names.get("__metadata__", {}).items()}
        shapes = {"mean_from": [size], "rotation": [size, size], "mean_to": [size]}
        found = tuple(_tensor(content[8 + header :], name, names.get(name), shapes[name]) for name in shapes)
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as error:
        raise EncoderError(f"{file} is no adapter: {error}") from error
    return metadata, found


def _tensor(data: bytes, name: str, entry: Any, shape: list[int]) -> NDArray[np.float32]:
    length = 4 * int(np.prod(shape))
    if entry is None or entry["dtype"] != "F32" or entry["shape"] != shape:
        raise ValueError(f"it has no tensor {name} of float32 {shape}")
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= len(data) - length or end != begin + length:
        raise ValueError(f"{name} lies outside the file")
    values = np.frombuffer(data[begin:end], "<f4").reshape(shape)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    return values
