"""Images to the input of an encoder, as its event says and Kiln's client for the JVM does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import decoding, resizing
from .errors import UnknownEncoderError, UnusableImageError
from .events import InputSpec

ImageSource = bytes | str | os.PathLike[str]
"""An image: the bytes of its file, or the path of it."""

_FILTER = "bicubic"
_FIT = "centre-crop"


class Preparation:
    """Decodes, fits and normalises images for one encoder.

    Raises:
        UnknownEncoderError: they must be prepared in a way that is not known here.
    """

    def __init__(self, given: InputSpec) -> None:
        if (given.interpolation, given.fit) != (_FILTER, _FIT) or given.sample_bits not in (8, 16):
            raise UnknownEncoderError(
                f"images must be fitted by {given.fit} and {given.interpolation} to {given.sample_bits} bits; this"
                f" client knows {_FIT} and {_FILTER}, and 8 and 16 bits. A later Kiln trained the encoder: upgrade kiln-client"
            )
        self._input = given
        ends = given.value_range
        self._ranges = [(ends[i], ends[i + 1]) for i in range(0, len(ends) - 1, 2)]

    def prepare(self, images: Sequence[ImageSource], first: int = 0) -> NDArray[np.float32]:
        """What the encoder takes: float32 [images, channels, height, width].

        Args:
            first: the number of the first image in messages.

        Raises:
            UnusableImageError: an image cannot be used; no result is given for the others.
        """
        given = self._input
        prepared = np.empty((len(images), given.channels, given.height, given.width), np.float32)
        for index, image in enumerate(images):
            try:
                content = image if isinstance(image, bytes) else Path(image).read_bytes()
                fitted = resizing.fit(self._samples(content), given.height, given.width)
            except (decoding.BadImageError, OSError) as error:
                name = "" if isinstance(image, bytes) else f"{os.fspath(image)}: "
                raise UnusableImageError(first + index, f"{name}{error}") from error
            share = fitted.astype(np.float64) / (255 if fitted.dtype == np.uint8 else 65535)
            prepared[index] = ((share - np.array(given.mean)) / np.array(given.std)).transpose(2, 0, 1)
        return prepared

    def _samples(self, content: bytes) -> NDArray[Any]:
        """An image's samples [rows, columns, channels], uint8 or uint16, with the encoder's channels."""
        channels = self._input.channels
        if channels in (1, 3) and self._input.sample_bits == 8 and not self._ranges:
            samples: NDArray[Any] = decoding.colours(content)
            return samples if channels == 3 else decoding.luma(samples)
        if channels in (1, 3):
            return self._scaled(_colours(decoding.values(content), channels))
        return self._scaled(decoding.values(content, channels))

    def _scaled(self, found: NDArray[Any]) -> NDArray[Any]:
        bits = self._input.sample_bits
        most, kind = (1 << bits) - 1, np.uint8 if bits == 8 else np.uint16
        if self._ranges:
            scaled = _ranged(found, self._ranges, most).astype(kind)
        elif found.dtype == np.uint8:
            scaled = found if bits == 8 else found.astype(np.uint16) * 257
        elif found.dtype == np.uint16:
            scaled = found if bits == 16 else (found >> 8).astype(np.uint8)
        else:
            raise decoding.BadImageError(f"it holds samples of {found.dtype}, and the encoder names no range of them")
        return decoding.luma(scaled) if self._input.channels == 1 and scaled.shape[2] == 3 else scaled


def _colours(found: NDArray[Any], channels: int) -> NDArray[Any]:
    """One channel or three, without what lies beside colours."""
    if found.shape[2] >= 3:
        return found[..., :3]
    return found[..., :1] if channels == 1 else np.repeat(found[..., :1], 3, -1)


def _ranged(found: NDArray[Any], ranges: list[tuple[float, float]], most: int) -> NDArray[np.float64]:
    if len(ranges) > 1 and len(ranges) != found.shape[2]:
        raise decoding.BadImageError(f"it has {found.shape[2]} channels, but the encoder {len(ranges)} ranges")
    exact = found.astype(np.float64)
    if not np.isfinite(exact).all():
        raise decoding.BadImageError("it holds values that are not finite; fill gaps before you embed such images")
    low, high = (np.array(ends) for ends in zip(*ranges, strict=True))
    scaled: NDArray[np.float64] = np.floor(np.clip((exact - low) * (most / (high - low)), 0, most) + 0.5)
    return scaled
