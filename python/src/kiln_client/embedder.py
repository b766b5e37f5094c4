"""Embeds images with one version."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DifferentSpacesError, EncoderError
from .events import CheckpointEvent
from .preparation import ImageSource, Preparation
from .space import Adapter, Space


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of images, all of one version and in one space.

    Attributes:
        model: name of the model.
        run_id: run that made the version.
        version: its number.
        space: they lie in: the version's own, or the one that adapters took them into.
        values: float32 [images, values], in the order of the images.
    """

    model: str
    run_id: str
    version: int
    space: Space
    values: NDArray[np.float32]

    def similarity(self, others: Embeddings) -> NDArray[np.float32]:
        """Cosines [images, other images].

        Raises:
            DifferentSpacesError: the others lie in another space, so that the numbers would mean nothing.
        """
        if self.space != others.space:
            raise DifferentSpacesError(
                f"embeddings in the spaces {self.space} and {others.space} cannot be compared;"
                " embed the images again, or embed in one space (space=...)"
            )
        similarity: NDArray[np.float32] = _unit(self.values) @ _unit(others.values).T
        return similarity


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    unit: NDArray[np.float32] = values / np.maximum(norms, np.finfo(np.float32).tiny)
    return unit


class Embedder:
    """One version's encoder with the preparation of its images. May be used by several threads.

    It runs once when it is made, so that an encoder which cannot run is never given out.

    Args:
        event: of the version; an attribute too, like `preparation` and `space`.
        torchscript: its file of role TORCHSCRIPT, verified.
        device: of torch, such as cpu or cuda.
        adapters: take the embeddings into another space, one after the other; the first is of the event's version.

    Raises:
        UnknownEncoderError: images must be prepared in a way that is not known here.
        EncoderError: the file cannot be loaded or run, or gives other embeddings than the event says; or the adapters
            do not follow each other.
    """

    def __init__(
        self,
        event: CheckpointEvent,
        torchscript: str | os.PathLike[str],
        device: str = "cpu",
        adapters: Sequence[Adapter] = (),
    ) -> None:
        import torch

        self.event = event
        self.space = Space.of(event)
        self._adapters = tuple(adapters)
        for adapter in adapters:
            if adapter.of_space != self.space:
                raise EncoderError(f"an adapter of {adapter.of_space} cannot follow; expected one of {self.space}")
            self.space = adapter.to_space
        self.preparation = Preparation(event.input)
        self._device = torch.device(device)
        given = event.input
        try:
            load: Any = torch.jit.load
            self._program: Any = load(os.fspath(torchscript), map_location=self._device).eval()
            blank = np.zeros((1, given.channels, given.height, given.width), np.float32)
            found = self._run(blank).shape[1]
        except (RuntimeError, ValueError) as error:
            raise EncoderError(f"{os.fspath(torchscript)} cannot be used: {error}") from error
        if found != event.embedding_size:
            raise EncoderError(
                f"{os.fspath(torchscript)} gives embeddings of {found} values; its event says {event.embedding_size}"
            )

    def embed(self, images: Sequence[ImageSource], batch: int = 32) -> Embeddings:
        """Decodes, prepares and embeds images.

        Args:
            images: bytes of image files, or their paths.
            batch: images that pass through the encoder at a time.

        Raises:
            UnusableImageError: an image cannot be used; none is embedded then.
        """
        parts = []
        for begin in range(0, len(images), batch):
            parts.append(self._run(self.preparation.prepare(images[begin : begin + batch], begin)))
        values = np.concatenate(parts) if parts else np.empty((0, self.event.embedding_size), np.float32)
        for adapter in self._adapters:
            values = adapter.apply(values)
        return Embeddings(self.event.model, self.event.run_id, self.event.version, self.space, values)

    def _run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            outputs = self._program(torch.from_numpy(pixels).to(self._device))
            embeddings: NDArray[np.float32] = outputs[-1].float().cpu().numpy()
        return embeddings
