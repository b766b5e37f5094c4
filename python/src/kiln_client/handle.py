"""Embeds images with the version that should be in use, swapped without a pause."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from .embedder import Embedder, Embeddings
from .errors import EncoderError, KilnError, NoAdapterError
from .events import CheckpointEvent
from .following import Follower, follow
from .preparation import ImageSource
from .space import Space
from .version import Version

_LOG = logging.getLogger("kiln_client")
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Status:
    """How a handle is.

    Attributes:
        serving: event of the version that serves; None before the first.
        advice: what to do with embeddings that were stored before it: those in the space asked for, else those of the
            version that served before. KEEP, ADAPT or RE_EMBED, see Version.advice; None of the first version, and
            where it is not known.
        swaps: versions that have begun to serve.
        problem: why the version that should be in use is not; None if it is.
    """

    serving: CheckpointEvent | None = None
    swaps: int = 0
    advice: str | None = None
    problem: str | None = None


class EmbedderHandle:
    """Follows a model in a thread of its own, and embeds with its newest version. May be used by several threads.

    A version is fetched, verified, loaded and run once beside inference, and then takes the old one's place. If that
    fails, the old one goes on serving, and it is tried again. The old one's memory is freed when the last call that
    began with it has ended.

    Args:
        device: of torch.
        space: that all embeddings lie in, or its text; None: the one of the version that serves. A version that no
            adapters lead there from never serves.
        arguments: those of follow(), but start, files, idle and on_problem.

    Raises:
        BrokerError: no broker answers, or it has no such topic of one partition.
    """

    def __init__(self, *, device: str = "cpu", space: Space | str | None = None, **arguments: Any) -> None:
        self._device = device
        self._space = Space.parse(space) if isinstance(space, str) else space
        self._embedder: Embedder | None = None
        self._loaded: Embedder | None = None
        self._serving: Version | None = None
        self._stored: Space | None = None  # where embeddings lie that were stored before the version that serves
        self._filled = threading.Event()
        self._status = Status()
        self._follower: Follower = follow(files=(), on_problem=self._problem, **arguments)
        self._follower.listen(self._load, self._promoted, self._well)
        self._thread = threading.Thread(target=self._serve, name="kiln-embedder", daemon=True)
        self._thread.start()

    def wait(self, timeout: float) -> EmbedderHandle:
        """Waits for the first version.

        Raises:
            EncoderError: none serves in time; the message says why, where that is known.
        """
        if not self._filled.wait(timeout):
            reason = self._status.problem or "no version has been announced"
            raise EncoderError(f"no encoder serves after {timeout:g} s: {reason}")
        return self

    def embed(self, images: Sequence[ImageSource]) -> Embeddings:
        """Embeds images, all with one version: the one that serves when the call begins.

        Raises:
            UnusableImageError: an image cannot be used.
            EncoderError: no encoder serves yet.
        """
        embedder = self._embedder
        if embedder is None:
            raise EncoderError("no encoder serves yet; wait() for the first one, or see why in status")
        return embedder.embed(images)

    @property
    def status(self) -> Status:
        """What serves, and what is wrong."""
        return self._status

    def _load(self, version: Version) -> None:
        try:  # adapters first: without them there is nothing to fetch
            self._loaded = version.embedder(self._device, self._space)
        except NoAdapterError:
            own = self._space and self._follower.usable(self._space)
            if self._embedder is None and own:
                self._swap(own, own.embedder(self._device))  # what is stored can still be searched
            self._status = replace(self._status, advice="RE_EMBED")
            raise
        except KilnError:
            raise
        except Exception as error:  # whatever torch says of it, the old version goes on serving
            raise EncoderError(f"{version.event} cannot be loaded: {error!r}") from error

    def _serve(self) -> None:
        with self._follower:
            while not self._follow():
                time.sleep(_PAUSE_SECONDS)

    def _follow(self) -> bool:
        """Serves one version after the other until it is told to stop; False if that fails."""
        try:
            for version in self._follower:
                embedder, self._loaded = self._loaded, None
                if embedder is not None:
                    self._swap(version, embedder)
            return True
        except Exception as error:  # that nobody has thought of; the old version goes on serving
            _LOG.exception("the embedder stays as it is")
            self._status = replace(self._status, problem=repr(error))
            return False

    def _swap(self, version: Version, embedder: Embedder) -> None:
        served = self._status.serving
        self._stored = self._space or (None if served is None else Space.of(served))
        self._serving = version
        advice = self._advice()
        self._embedder = embedder
        self._status = Status(version.event, self._status.swaps + 1, advice)
        self._filled.set()

    def _promoted(self, version: Version) -> None:
        """The version that serves may be promoted later, with an adapter."""
        served = self._status.serving
        if served is not None and served.key == version.event.key:
            self._serving = version
            self._status = replace(self._status, serving=version.event, advice=self._advice())

    def _well(self) -> None:
        """What should have served may have been withdrawn, and so has what that meant for embeddings."""
        if self._status.problem is not None:
            self._status = replace(self._status, advice=self._advice(), problem=None)

    def _advice(self) -> str | None:
        if self._serving is None or self._stored is None:
            return None
        try:
            return self._serving.advice(self._stored)
        except KilnError as problem:  # the version serves without
            _LOG.warning("no advice on embeddings in the space %s: %s", self._stored, problem)
            return None

    def _problem(self, problem: KilnError) -> None:
        self._status = replace(self._status, problem=str(problem))

    def close(self) -> None:
        """Stops following; waits until the thread has ended."""
        self._follower.stop()
        self._thread.join()

    def __enter__(self) -> EmbedderHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
