"""Cuts images out and resizes them, bicubic and antialiased, as Kiln does in training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SUPPORT = 2
_A = -0.5


def fit(samples: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """The largest centred part of an image that has the shape of the result, resized.

    Args:
        samples: [rows, columns, channels] of uint8 or uint16.

    Returns:
        [height, width, channels] of the same type.
    """
    rows, columns = samples.shape[:2]
    scale = min(rows / height, columns / width)
    cut_rows = max(1, min(rows, math.floor(height * scale + 0.5)))
    cut_columns = max(1, min(columns, math.floor(width * scale + 0.5)))
    top, left = (rows - cut_rows) // 2, (columns - cut_columns) // 2
    cut = np.ascontiguousarray(samples[top : top + cut_rows, left : left + cut_columns])
    return _resized_bytes(cut, height, width) if cut.dtype == np.uint8 else _resized_wide(cut, height, width)


def _resized_bytes(cut: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    if cut.shape[2] == 3:
        return np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BICUBIC))
    bands = [Image.fromarray(np.ascontiguousarray(cut[..., i])) for i in range(cut.shape[2])]
    return np.stack([np.asarray(band.resize((width, height), Image.Resampling.BICUBIC)) for band in bands], -1)


def _resized_wide(cut: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """As Pillow resizes its mode I;16: sums of doubles, rounded to 16 bits after each direction."""
    rows, columns = cut.shape[:2]
    values = cut.astype(np.float64)
    columns_first = rows > height and rows - height > 2 * (columns - width)
    for axis in (0, 1) if columns_first else (1, 0):
        size, target = values.shape[axis], (height, width)[axis]
        if size != target:
            sums = np.tensordot(_weights(size, target), values, axes=(1, axis))
            values = np.floor(np.clip(np.moveaxis(sums, 0, axis), 0, 65535) + 0.5)
    return values.astype(np.uint16)


def _weights(size: int, target: int) -> NDArray[np.float64]:
    """Weights [target, size] of one direction."""
    scale = size / target
    stretch = max(scale, 1)
    weights = np.zeros((target, size))
    for i in range(target):
        centre = (i + 0.5) * scale
        first = max(0, int(centre - _SUPPORT * stretch + 0.5))
        last = min(size, int(centre + _SUPPORT * stretch + 0.5))
        row = _bicubic(np.abs((np.arange(first, last) - centre + 0.5) / stretch))
        weights[i, first:last] = row / row.sum()
    return weights


def _bicubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution with a = -0.5."""
    near = ((_A + 2) * x - (_A + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * _A
    return np.where(x < 1, near, np.where(x < 2, far, 0))
