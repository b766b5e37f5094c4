"""Bytes of image files to samples."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_MOST_BYTES = 64 << 20
_MOST_PIXELS = 100_000_000
_PIXEL_BYTES = 8  # pixels of more bytes may be as many fewer
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_GREY, _COLOURS = (0, 1), 2  # TIFF's PhotometricInterpretation
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class BadImageError(Exception):
    """An image cannot be used; the message says why."""


def colours(content: bytes) -> NDArray[np.uint8]:
    """Red, green and blue [rows, columns, 3] of an image that stands upright."""
    image = _turned(_opened(content))
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, -1)
    if image.mode in ("I", "F"):
        raise BadImageError("it holds signed, floating-point or 32-bit samples, and the encoder names no range of them")
    return np.asarray(image.convert("RGB"))


def values(content: bytes, samples: int | None = None) -> NDArray[Any]:
    """All samples [rows, columns, samples] of an image that stands upright, as the file holds them.

    Args:
        samples: that a pixel must have for an image to be of use; None: any number.
    """
    found = _tiff(content, samples) if content[:4] in _TIFF else _pillows(content)
    _require(samples, found.shape[2])
    return found


def _require(samples: int | None, found: int) -> None:
    if samples is not None and found != samples:
        raise BadImageError(f"it has {found} samples a pixel; the encoder takes {samples}")


def _pillows(content: bytes) -> NDArray[Any]:
    if content[:4] == b"\x89PNG" and content[24:26] > b"\x10\x00":
        raise BadImageError("it is a PNG with colours of 16 bits, which Pillow cannot read; make it a TIFF")
    image = _turned(_opened(content))
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)[..., None]
    return np.asarray(image.convert("RGB"))


def luma(samples: NDArray[Any]) -> NDArray[Any]:
    """Of red, green and blue what Pillow's convert("L") makes of them (ITU-R BT.601)."""
    red, green, blue = (samples[..., i].astype(np.uint64) for i in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).astype(samples.dtype)[..., None]


def _opened(content: bytes) -> Image.Image:
    if len(content) > _MOST_BYTES:
        raise BadImageError(f"it has {len(content)} bytes; {_MOST_BYTES} are allowed")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > _MOST_PIXELS:
            raise BadImageError(f"it has {image.width} x {image.height} pixels; {_MOST_PIXELS} in all are allowed")
        image.load()
        return image
    except BadImageError:
        raise
    except UnidentifiedImageError as error:
        raise BadImageError(f"it cannot be decoded: it is none of {', '.join(FORMATS)}, or its header is damaged") from error
    except Exception as error:  # Pillow answers damaged files with many kinds of exceptions
        raise BadImageError(f"it cannot be decoded: {error}") from error


def _turned(image: Image.Image) -> Image.Image:
    """An image turned as its metadata say; broken ones spoil no pixel, as in Kiln's client for the JVM."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # as many kinds as for damaged files
        return image
    return image if turn is None else image.transpose(turn)


def _tiff(content: bytes, samples: int | None) -> NDArray[Any]:
    try:
        import tifffile
    except ImportError as missing:
        raise BadImageError("it is a TIFF with more than Pillow reads: pip install 'kiln-client[tiff]'") from missing
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            page: Any = file.pages[0]
            if page.imagewidth * page.imagelength > _MOST_PIXELS:
                raise BadImageError(f"it has {page.imagewidth} x {page.imagelength} pixels")
            if page.photometric not in (*_GREY, _COLOURS):
                return colours(content)
            _require(samples, page.samplesperpixel)
            if page.nbytes > _MOST_PIXELS * _PIXEL_BYTES:
                raise BadImageError(f"it has {page.nbytes} bytes of samples; {_MOST_PIXELS * _PIXEL_BYTES} are allowed")
            pixels: NDArray[Any] = page.asarray()
            planes = page.planarconfig == 2 and pixels.ndim == 3
            turned = int(page.tags[274].value) if 274 in page.tags else 1
            inverted = page.photometric == 0 and pixels.dtype.kind == "u"
    except BadImageError:
        raise
    except Exception as error:  # tifffile and its codecs answer damaged files with many kinds of exceptions
        raise BadImageError(f"it cannot be decoded: {error}") from error
    if pixels.dtype.kind == "b":
        pixels = pixels.astype(np.uint8) * 255
    if inverted:
        pixels = np.iinfo(pixels.dtype).max - pixels
    if planes:
        pixels = np.moveaxis(pixels, 0, -1)
    return _upright(pixels if pixels.ndim == 3 else pixels[..., None], turned)


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """An image turned as TIFF's tag Orientation says."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
