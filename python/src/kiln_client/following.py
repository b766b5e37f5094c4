"""Follows the versions of models."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from .cache import Cache
from .errors import (
    ArtifactError,
    EncoderError,
    KilnError,
    NewerEventError,
    NoAdapterError,
    StoreError,
    UnknownEncoderError,
)
from .events import CheckpointEvent
from .order import CurrentVersion, identity
from .position import Position
from .reader import EventReader
from .space import Adapters, Space
from .stores import Stores
from .version import Version

_LOG = logging.getLogger("kiln_client")
_POLL_SECONDS = 0.5
_ANSWER_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_FINAL = (ArtifactError, EncoderError, NoAdapterError, StoreError, UnknownEncoderError)

FILES = ("ENCODER_CONFIG", "ENCODER", "TORCHSCRIPT", "MODEL_CARD")
"""Roles of the files that are fetched before a version is given, where its event names them."""


def follow(
    *,
    bootstrap_servers: str,
    registry: str | Mapping[str, Any],
    topic: str = "checkpoints",
    cache: str | os.PathLike[str],
    start: str | int = "current",
    model: str | None = None,
    files: Sequence[str] = FILES,
    stores: Sequence[str | os.PathLike[str]] | None = None,
    keep: int = 2,
    idle: float | None = None,
    on_problem: Callable[[KilnError], None] | None = None,
    kafka: Mapping[str, Any] | None = None,
    position: str | os.PathLike[str] | None = None,
) -> Follower:
    """Follows a topic of checkpoint events and gives versions that are ready: fetched and verified.

    Args:
        bootstrap_servers: Kafka's.
        registry: the schema registry's URL, or the whole configuration of confluent_kafka's SchemaRegistryClient.
        topic: of checkpoint events.
        cache: folder for the files, one for each process.
        start: "current" gives the version that should be in use (the one promoted last, else the newest), and another
            whenever that changes, also when it is revoked. "earliest" gives each version that is not revoked or
            retired, in order. A number gives the first version of at least this number, and each after it.
        model: the only model to follow; None follows all in the topic.
        files: roles of the files to fetch before a version is given.
        stores: folders and URIs that files may come from; None allows files of this machine.
        keep: versions of each model that the cache holds, beside one that cannot be given.
        idle: ends the iteration when all has been read and no version came for so many seconds; None goes on for ever.
        on_problem: is told of problems, which are then tried again after 0.5 to 30 s. None raises them from the loop;
            calling next() on the follower again tries again.
        kafka: more settings of the consumer, such as those of a login.
        position: a file that Follower.commit() writes, of this follower alone: the next one goes on behind the version
            that was committed last. Not with "current", which gives what should be in use by itself.

    Raises:
        BrokerError: no broker answers, or it has no such topic of one partition.
        PositionError: the file holds no position of this topic.
        SettingsError: Kafka's client or the registry's cannot use its settings.
        ValueError: an argument is not allowed.
    """
    if start not in ("current", "earliest") and not (isinstance(start, int) and start >= 1):
        raise ValueError(f"start: {start!r} is not allowed; expected 'current', 'earliest' or a version")
    if position is not None and start == "current":
        raise ValueError("position: is not allowed with start='current'; expected start='earliest' or a version")
    saved = None if position is None else Position(position, topic)
    if saved is not None and saved.offset >= 0:
        start = "earliest"  # behind the position
    allowed = Stores(None if stores is None else [os.fspath(store) for store in stores])
    held = Cache(cache, keep, allowed)
    reader = EventReader(bootstrap_servers, registry, topic, kafka)
    return Follower(reader, held, start, model, files, idle, on_problem, saved)


class Follower(Iterator[Version]):
    """Iterates over versions, see follow(). Closed by close(), or at the end of a with block."""

    def __init__(
        self,
        reader: EventReader,
        cache: Cache,
        start: str | int = "current",
        model: str | None = None,
        files: Sequence[str] = FILES,
        idle: float | None = None,
        on_problem: Callable[[KilnError], None] | None = None,
        position: Position | None = None,
    ) -> None:
        self._position = position
        self._offsets: dict[tuple[str, str, str], int] = {}  # of events behind the position
        self._given: CheckpointEvent | None = None  # and not committed
        self._latest: dict[str, CheckpointEvent] = {}  # that was given of each model
        self._reader = reader
        self._cache = cache
        self._choice: _Current | _Each = _Current() if start == "current" else _Each(start)
        self._model = model
        self._files = files
        self._idle = idle
        self._on_problem = on_problem
        self._check: Callable[[Version], None] = lambda version: None
        self._promoted: Callable[[Version], None] = lambda version: None
        self._well: Callable[[], None] = lambda: None
        self._answered = time.monotonic()
        self._adapters = Adapters(cache.file)
        self._stopped = threading.Event()

    def listen(
        self,
        check: Callable[[Version], None],
        promoted: Callable[[Version], None],
        well: Callable[[], None],
    ) -> None:
        """Sets what is asked and told while versions are followed, in the thread that iterates.

        Args:
            check: what a version must pass before it is given; a KilnError that it raises is a problem of the version.
            promoted: is told each promotion as it is read; nothing of the version is fetched yet.
            well: is told now and then that the broker answers and no version is waiting.
        """
        self._check, self._promoted, self._well = check, promoted, well

    def usable(self, space: Space) -> Version | None:
        """The version whose own space it is, if it is announced and not withdrawn; only with start="current"."""
        event = self._choice.usable(space) if isinstance(self._choice, _Current) else None
        return None if event is None else Version(event, self._cache, self._adapters)

    @property
    def passed_over(self) -> int:
        """Records of the topic that were passed over: others wrote them, or they repeat events."""
        return self._reader.passed_over

    def __next__(self) -> Version:
        pause = _FIRST_PAUSE
        begun = time.monotonic()
        while not self._stopped.is_set():
            try:
                version = self._advance()
                pause = _FIRST_PAUSE
            except KilnError as problem:
                if self._on_problem is None:
                    raise
                self._on_problem(problem)
                if not isinstance(problem, NewerEventError):
                    self._stopped.wait(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                version = None
            if version is not None:
                return version
            if not self._reader.at_end:
                begun = time.monotonic()
            if self._idle is not None and time.monotonic() - begun > self._idle:
                break
        raise StopIteration

    def _advance(self) -> Version | None:
        """Reads what there is, and makes the version ready that comes next, if any."""
        self._read()
        if time.monotonic() - self._answered > _ANSWER_SECONDS:
            self._reader.require_broker(_ANSWER_SECONDS)
            self._answered = time.monotonic()
        event = self._choice.next() if self._reader.at_end else None
        if event is None:
            self._well()
            return None
        try:
            return self._ready(event)
        except _FINAL:
            self._read()  # its event may tell that the version was retired meanwhile
            if self._choice.next() is not event:
                return None
            self._choice.failed(event)
            raise

    def _read(self) -> None:
        while not self._stopped.is_set():
            event = self._reader.poll(_POLL_SECONDS)
            if event is None:
                if self._reader.at_end and self._position is not None:
                    self._position.require_found()
                return
            if self._model is None or event.model == self._model:
                self._add(event)
                self._adapters.add(event)
                if event.status == "PROMOTED":
                    self._promoted(Version(event, self._cache, self._adapters))

    def _add(self, event: CheckpointEvent) -> None:
        offset = self._reader.offset
        if self._position is None:
            self._choice.add(event)
        elif not self._position.passes(offset, event.event_id):
            self._offsets[identity(event)] = offset
            self._choice.add(event)

    def commit(self) -> None:
        """Remembers in the position's file that all versions given so far have been dealt with.

        A process that is killed before it is given those again that were not committed.

        Raises:
            ValueError: the follower has no position.
            OSError: the file cannot be written.
        """
        if self._position is None:
            raise ValueError("there is no file to commit to; give follow(position=...)")
        if self._given is not None:
            committed = self._offsets[identity(self._given)]
            self._position.write(committed, self._given.event_id)
            self._given = None
            self._offsets = {event: offset for event, offset in self._offsets.items() if offset > committed}

    def _ready(self, event: CheckpointEvent) -> Version:
        version = Version(event, self._cache, self._adapters)
        try:
            for role in self._files:
                if event.file(role) is not None:
                    version.file(role)
            self._check(version)
        except KilnError:
            self._cache.refused(event, self._latest.get(event.model))
            raise
        self._choice.given(event)
        self._given = self._latest[event.model] = event
        self._cache.used(event)
        _LOG.info("%s is ready", event)
        return version

    def stop(self) -> None:
        """Ends the iteration soon; may be called in another thread."""
        self._stopped.set()

    def close(self) -> None:
        """Ends the iteration and disconnects; only in the thread that iterates."""
        self._stopped.set()
        self._reader.close()

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Current:
    """Of each model the version that should be in use, when it is not the one that was given last."""

    def __init__(self) -> None:
        self._models: dict[str, CurrentVersion] = {}
        self._given: dict[str, CheckpointEvent] = {}

    def add(self, event: CheckpointEvent) -> None:
        self._models.setdefault(event.model, CurrentVersion()).add(event)

    def next(self) -> CheckpointEvent | None:
        for model, current in self._models.items():
            wanted, given = current.event(), self._given.get(model)
            if wanted is not None and (given is None or wanted.key != given.key):
                return wanted
        return None

    def usable(self, space: Space) -> CheckpointEvent | None:
        current = self._models.get(space.model)
        return None if current is None else current.usable(space.run_id, space.version)

    def given(self, event: CheckpointEvent) -> None:
        self._given[event.model] = event

    def failed(self, event: CheckpointEvent) -> None:
        """The version is tried again, as it should be in use; those of other models come first."""
        self._models[event.model] = self._models.pop(event.model)


class _Each:
    """Each version that was announced and not withdrawn, in the order of the topic."""

    def __init__(self, start: str | int) -> None:
        self._first = start if isinstance(start, int) else 1
        self._waiting: dict[tuple[str, str, int], CheckpointEvent] = {}

    def add(self, event: CheckpointEvent) -> None:
        if event.status == "CANDIDATE" and event.version >= self._first:
            self._first = 1
            self._waiting[event.key] = event
        elif event.status in ("REVOKED", "RETIRED"):
            self._waiting.pop(event.key, None)

    def next(self) -> CheckpointEvent | None:
        return next(iter(self._waiting.values()), None)

    def given(self, event: CheckpointEvent) -> None:
        self._waiting.pop(event.key, None)

    def failed(self, event: CheckpointEvent) -> None:
        """The next version comes next."""
        self._waiting.pop(event.key, None)
