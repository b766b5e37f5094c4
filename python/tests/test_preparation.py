"""Images are prepared as Kiln's client for the JVM prepares them."""

from __future__ import annotations

import io
import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import INPUT, noise, png
from PIL import Image

from kiln_client import InputSpec, UnknownEncoderError, UnusableImageError
from kiln_client.preparation import Preparation
from kiln_client.resizing import fit

PLAIN = replace(INPUT, mean=(0.0,) * 3, std=(1.0,) * 3)
GREY = InputSpec(8, 8, 1, (0.0,), (1.0,))


def tiff(pixels: Any, **options: Any) -> bytes:
    tifffile = pytest.importorskip("tifffile")
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, metadata=None, **options)
    return out.getvalue()


def prepared(spec: InputSpec, *images: Any) -> Any:
    return Preparation(spec).prepare(images)


def test_image_of_the_inputs_size_is_normalised_only() -> None:
    pixels = noise(64, 64)
    expected = ((pixels / 255 - np.array(INPUT.mean)) / np.array(INPUT.std)).astype(np.float32)
    assert (prepared(INPUT, png(pixels))[0] == expected.transpose(2, 0, 1)).all()


@pytest.mark.parametrize(
    ("rows", "columns", "box"),
    [(90, 130, (20, 0, 110, 90)), (131, 90, (0, 20, 90, 110)), (30, 41, (5, 0, 35, 30)), (1, 9, (4, 0, 5, 1))],
)
def test_largest_centred_part_is_cut_out_and_resized(rows: int, columns: int, box: tuple[int, ...]) -> None:
    image = Image.fromarray(noise(rows, columns))
    expected = np.asarray(image.crop(box).resize((64, 64), Image.Resampling.BICUBIC)) / np.float32(255)
    assert np.allclose(prepared(PLAIN, png(image))[0], expected.transpose(2, 0, 1), rtol=0, atol=1e-7)


def test_camera_that_was_turned() -> None:
    pixels = noise(64, 64)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[274] = 6
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif)
    assert (prepared(PLAIN, out.getvalue()) == prepared(PLAIN, png(np.rot90(pixels, -1)))).all()


def exif(*entries: bytes) -> bytes:
    """A block whose only directory has these entries."""
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


TURNED = struct.pack("<HHIHH", 0x112, 3, 1, 6, 0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize(
    ("block", "turned"),
    [
        (b"Exif\0\0garbage!garbage!", False),
        (b"Exif\0\0II", False),
        (b"Exif\0\0" + bytes(64), False),
        (exif(TURNED, struct.pack("<HHI", 0x11A, 7, 4) + b"\0\1\2\3"), True),
        (exif(TURNED, struct.pack("<HHIi", 0x100, 9, 1, -5)), True),
        (exif(TURNED, struct.pack("<HHI", 0x100, 2, 4) + b"12a\0"), True),
    ],
    ids=["text", "short", "zeros", "resolution of bytes", "negative width", "width of letters"],
)
def test_broken_metadata_spoil_no_pixel(kind: str, block: bytes, turned: bool) -> None:
    pixels, out = noise(64, 64), io.BytesIO()
    Image.fromarray(pixels).save(out, kind, exif=block, lossless=True)
    expected = prepared(PLAIN, png(np.rot90(pixels, -1) if turned else pixels))
    assert (prepared(PLAIN, out.getvalue()) == expected).all()
    assert (prepared(replace(PLAIN, value_range=(0.0, 255.0)), out.getvalue()) == expected).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_modes_become_colours_as_pillow_converts_them(mode: str) -> None:
    image = Image.fromarray(noise(64, 64)).convert(mode)
    assert (prepared(PLAIN, png_of(image)) == prepared(PLAIN, png_of(image.convert("RGB")))).all()


def png_of(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_one_channel_is_luma() -> None:
    pixels = noise(8, 8)
    expected = np.asarray(Image.fromarray(pixels).convert("L")) / np.float32(255)
    assert np.allclose(prepared(GREY, png(pixels))[0, 0], expected, rtol=0, atol=1e-7)


def test_sixteen_bits_of_grey_keep_their_upper_eight_or_all() -> None:
    wide = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    assert np.allclose(prepared(GREY, png(wide))[0, 0], (wide >> 8) / 255)
    assert np.allclose(prepared(replace(GREY, sample_bits=16), png(wide))[0, 0], wide / 65535)


def test_resize_of_sixteen_bits_is_that_of_pillow() -> None:
    wide = np.random.default_rng(2).integers(0, 65536, (50, 70)).astype(np.uint16)
    for height, width in ((20, 20), (64, 64), (50, 30)):
        found = fit(wide[..., None], height, width)[..., 0]
        scale = min(50 / height, 70 / width)
        rows, columns = int(height * scale + 0.5), int(width * scale + 0.5)
        top, left = (50 - rows) // 2, (70 - columns) // 2
        cut = Image.fromarray(wide[top : top + rows, left : left + columns])
        expected = np.asarray(cut.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
        assert abs(found.astype(int) - expected).max() <= 1


def test_values_between_the_ends_of_a_range() -> None:
    spec = replace(GREY, value_range=(-10.0, 10.0), sample_bits=16)
    floats = np.linspace(-20, 20, 64, dtype=np.float32).reshape(8, 8)
    expected = np.clip((floats + 10) / 20, 0, 1)
    assert np.allclose(prepared(spec, tiff(floats))[0, 0], expected, rtol=0, atol=1 / 65535)


def test_all_channels_of_a_tiff() -> None:
    spec = InputSpec(8, 8, 5, (0.0,) * 5, (1.0,) * 5)
    pixels = np.random.default_rng(3).integers(0, 256, (8, 8, 5)).astype(np.uint8)
    for planar in ("contig", "separate"):
        stored = pixels if planar == "contig" else np.moveaxis(pixels, -1, 0)
        content = tiff(stored, photometric="minisblack", planarconfig=planar)
        assert np.allclose(prepared(spec, content)[0], pixels.transpose(2, 0, 1) / 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_tiffs_are_upright_as_pillow_has_them(orientation: int) -> None:
    content = tiff(noise(8, 8), photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    spec = InputSpec(8, 8, 3, (0.0,) * 3, (1.0,) * 3)
    assert np.allclose(prepared(replace(spec, value_range=(0.0, 255.0)), content), prepared(spec, content))


def tiff_without_offsets() -> bytes:
    """Its StripOffsets are bytes of no meaning, at which Pillow raises a TypeError."""
    out = io.BytesIO()
    Image.fromarray(noise(64, 64)).save(out, "TIFF")
    return out.getvalue().replace(struct.pack("<HH", 273, 4), struct.pack("<HH", 273, 7))


@pytest.mark.parametrize(
    ("spec", "content", "message"),
    [
        (INPUT, b"", "cannot be decoded"),
        (INPUT, b"not a picture", "cannot be decoded: it is none of JPEG, PNG, WEBP, GIF, BMP, TIFF"),
        (INPUT, png(noise(64, 64))[:3000], "cannot be decoded"),
        (INPUT, tiff_without_offsets(), "cannot be decoded"),
        (INPUT, b"x" * ((64 << 20) + 1), "are allowed"),
        (replace(GREY, channels=4, mean=(0.0,) * 4, std=(1.0,) * 4), png(noise(8, 8)), "3 samples a pixel"),
    ],
    ids=["empty", "text", "truncated", "offsets", "large", "channels"],
)
def test_image_that_cannot_be_used_is_named(spec: InputSpec, content: bytes, message: str) -> None:
    with pytest.raises(UnusableImageError, match=f"image 1: .*{message}") as caught:
        prepared(spec, *([png(noise(9, 9))] if spec.channels == 3 else [tiff(np.zeros((9, 9, 4), np.uint8))]), content)
    assert caught.value.index == 1


def blank_tiff(samples: int, depth: int = 1) -> bytes:
    """A file of 214 bytes and more: 10,000 x 10,000 pixels of 64 bits a sample, in ten strips without content."""
    strips, tags = 10, 11
    behind = 14 + 12 * tags
    entries = [
        (256, 4, 1, 10_000),
        (257, 4, 1, 10_000),
        (258, 3, 1, 64),
        (259, 3, 1, 8),  # deflate
        (262, 3, 1, 1),  # grey
        (273, 4, strips, behind),
        (277, 3, 1, samples),
        (278, 4, 1, 1000),
        (279, 4, strips, behind + 4 * strips),
        (339, 3, 1, 3),  # floating-point numbers
        (32997, 4, 1, depth),
    ]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, tags) + directory + bytes(4 + 8 * strips)


@pytest.mark.parametrize(("samples", "depth", "channels"), [(2, 1, 1), (16, 1, 1), (16, 1, 16), (2, 1, 4), (1, 3, 1)])
def test_tiff_that_claims_more_memory_than_is_allowed_takes_none(samples: int, depth: int, channels: int) -> None:
    pytest.importorskip("tifffile")
    spec = replace(GREY, channels=channels, mean=(0.0,) * channels, std=(1.0,) * channels, value_range=(0.0, 1.0))
    tracemalloc.start()
    try:
        with pytest.raises(UnusableImageError, match=r"bytes of samples; 800000000 are allowed|2 samples a pixel"):
            prepared(spec, blank_tiff(samples, depth))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableImageError, match=r"image 0: .*none\.jpg"):
        prepared(INPUT, tmp_path / "none.jpg")


def test_numbers_without_a_range_and_numbers_that_are_none() -> None:
    wrong = np.full((8, 8), np.nan, np.float32)
    with pytest.raises(UnusableImageError, match="names no range"):
        prepared(replace(GREY, sample_bits=16), tiff(wrong))
    with pytest.raises(UnusableImageError, match="not finite"):
        prepared(replace(GREY, value_range=(0.0, 1.0)), tiff(wrong))


@pytest.mark.parametrize("field", [{"interpolation": "lanczos"}, {"fit": "letter-box"}, {"sample_bits": 32}])
def test_preparation_of_a_later_kiln_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(UnknownEncoderError, match="upgrade kiln-client"):
        Preparation(replace(INPUT, **field))
