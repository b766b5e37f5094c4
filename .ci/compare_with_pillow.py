"""Whether Kiln decodes images as Pillow does.

    compare_with_pillow.py make FOLDER       makes some 2,000 images of all formats
    compare_with_pillow.py compare FOLDER    compares what Kiln made of them (PillowComparisonTest) with Pillow

The second prints a table of what is equal, differs and is refused, by kind. A difference or refusal that no rule below
explains ends it with exit code 1.
"""
import io, os, struct, sys, warnings, zlib
import numpy as np
from PIL import Image, ImageOps
import tifffile

warnings.simplefilter("ignore")
RANDOM = np.random.default_rng(20)

# Why Kiln may differ from Pillow or refuse, by the kind of image; the first rule whose kind is a prefix counts.
DIFFERS = {
    "png-16-grey": "Pillow clips 16 bits of grey at 255, Kiln takes the upper 8",
}
REFUSED = {
    "tiff-float": "floating-point samples need input.valueRange",
    "tiff-signed": "signed samples need input.valueRange",
    "tiff-jpeg": "JPEG in TIFF is not decoded",
    "tiff-fax": "fax data are not decoded",
    "tiff-lab": "Lab is not decoded",
    "tiff-zstd": "zstd in TIFF is not decoded",
    "jpeg-damaged": "pixels are lost; masking.damaged is refuse",
}


def scene(width, height):
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 3 + y, y * 5, (x + y) * 2], -1) % 256
    noise = RANDOM.integers(-20, 20, (height, width, 3))
    pixels = np.clip(pixels + noise, 0, 255).astype("u1")
    pixels[height // 3 : height // 2 + 1, width // 4 : width // 2 + 1] = (250, 20, 40)
    return Image.fromarray(pixels)


def encoded(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


class Folder:
    def __init__(self, path):
        os.makedirs(path)
        self.path, self.count = path, 0

    def put(self, kind, data):
        self.count += 1
        with open(os.path.join(self.path, f"{kind}--{self.count:04}"), "wb") as file:
            file.write(data)


SIZES = [(1, 1), (2, 3), (7, 5), (8, 8), (16, 16), (17, 33), (64, 48), (83, 61), (1, 40), (40, 1), (130, 97)]


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def jpegs(folder):
    for size in SIZES:
        image = scene(*size)
        for quality in (30, 75, 95, 100):
            for sampling in (0, 1, 2):
                for progressive in (False, True):
                    data = encoded(image, "JPEG", quality=quality, subsampling=sampling, progressive=progressive)
                    folder.put("jpeg-colour", data)
        folder.put("jpeg-grey", encoded(image.convert("L"), "JPEG"))
        folder.put("jpeg-cmyk", encoded(image.convert("CMYK"), "JPEG"))
        for interval in (1, 3):
            folder.put("jpeg-restart", encoded(image, "JPEG", restart_marker_blocks=interval, optimize=True))
    for orientation in range(1, 9):
        for size in ((40, 24), (17, 33)):
            data = encoded(scene(*size), "JPEG", exif=exif(orientation))
            folder.put("jpeg-oriented", data)
            folder.put("jpeg-oriented", data[:2] + data[2:].replace(b"\x12\x01\x03\x00", b"\x12\x01\x04\x00"))
            packet = f'<x><rdf:Description tiff:Orientation="{orientation}"/></x>'.encode()
            folder.put("jpeg-oriented-xmp", encoded(scene(*size), "JPEG", xmp=packet))
    whole = encoded(scene(83, 61), "JPEG", quality=90)
    folder.put("jpeg-without-end", whole[:-2] + bytes(300))
    folder.put("jpeg-junk-before-marker", whole[:20] + b"\0\0\0" + whole[20:])
    for restart in (1, 2, 3):
        data = encoded(scene(160, 120), "JPEG", restart_marker_blocks=8)
        first, second = data.index(b"\xff" + bytes([0xD0 + restart])), data.index(b"\xff" + bytes([0xD1 + restart]))
        folder.put("jpeg-damaged", data[:first] + data[second:])
        folder.put("jpeg-damage-taken", data[:first] + data[second:])
        wrong = bytearray(data)
        wrong[second + 1] = 0xD0 + (restart + 3) % 8
        folder.put("jpeg-damage-taken", bytes(wrong))
    for lost in (3, 20, 200):
        folder.put("jpeg-damage-taken", whole[: -2 - lost] + whole[-2:])


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, colour, rows, *before, end=True):
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    raw = b"".join(b"\0" + row for row in rows)
    tail = png_chunk(b"IEND", b"") if end else b""
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + png_chunk(b"IDAT", zlib.compress(raw)) + tail


def pngs(folder):
    for size in SIZES:
        image = scene(*size)
        alpha = image.convert("RGBA")
        alpha.putalpha(Image.fromarray(RANDOM.integers(0, 256, size[::-1]).astype("u1")))
        for level in (0, 1, 9):
            folder.put("png-rgb", encoded(image, "PNG", compress_level=level))
            folder.put("png-rgba", encoded(alpha, "PNG", compress_level=level))
            folder.put("png-grey", encoded(image.convert("L"), "PNG", compress_level=level))
            folder.put("png-grey-alpha", encoded(alpha.convert("LA"), "PNG", compress_level=level))
        for colours in (2, 4, 16, 200, 256):
            palette = image.quantize(colours)
            folder.put("png-palette", encoded(palette, "PNG"))
            folder.put("png-palette-transparent", encoded(palette, "PNG", transparency=0))
        folder.put("png-bilevel", encoded(image.convert("1"), "PNG"))
        wide = RANDOM.integers(0, 65536, size[::-1]).astype("u2")
        folder.put("png-16-grey", encoded(Image.fromarray(wide), "PNG"))
        rows = [RANDOM.integers(0, 65536, size[0] * 3).astype(">u2").tobytes() for _ in range(size[1])]
        folder.put("png-16-rgb", png(*size, 16, 2, rows))
        for bits in (1, 2, 4):
            rows = [RANDOM.bytes((size[0] * bits + 7) // 8) for _ in range(size[1])]
            folder.put("png-few-bits-grey", png(*size, bits, 0, rows))
    for orientation in range(1, 9):
        folder.put("png-oriented", encoded(scene(40, 24), "PNG", exif=exif(orientation)))
    whole = encoded(scene(83, 61), "PNG")
    for lost in (1, 4, 6, 8, 12):
        folder.put("png-without-end", whole[:-lost])
    crc = bytearray(whole)
    crc[-13] ^= 1
    folder.put("png-wrong-crc", bytes(crc))
    for chunk in (png_chunk(b"tRNS", bytes(6)), png_chunk(b"gAMA", bytes(4)), png_chunk(b"abCd", b"x" * 99)):
        folder.put("png-stray-chunk", whole[:33] + chunk + whole[33:])


def interlaced(folder):
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    for width, height in ((1, 1), (3, 2), (5, 5), (9, 8), (17, 13)):
        for bits, colour in ((1, 0), (4, 0), (8, 0), (2, 3), (8, 3), (8, 2), (16, 2), (8, 4), (8, 6), (16, 6)):
            raw = b""
            for left, top, across, down in passes:
                columns, rows = (width - left + across - 1) // across, (height - top + down - 1) // down
                if columns > 0 and rows > 0:
                    length = (columns * bits * samples[colour] + 7) // 8
                    raw += b"".join(b"\0" + RANDOM.bytes(length) for _ in range(rows))
            head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 1))
            palette = png_chunk(b"PLTE", RANDOM.bytes(3 << bits)) if colour == 3 else b""
            data = png_chunk(b"IDAT", zlib.compress(raw)) + png_chunk(b"IEND", b"")
            folder.put("png-interlaced", b"\x89PNG\r\n\x1a\n" + head + palette + data)


def profiles(folder):
    """Orientation where ImageMagick and Adobe write it."""
    for orientation in range(1, 9):
        image = encoded(scene(40, 24), "PNG")
        block = exif(orientation).tobytes()
        text = b"\nexif\n%8d\n" % len(block) + block.hex().encode() + b"\n"
        packet = f'<x tiff:Orientation="{orientation}"/>'.encode()
        for chunk in (
            png_chunk(b"tEXt", b"Raw profile type exif\0" + text),
            png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)),
            png_chunk(b"eXIf", block),
            png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)),
        ):
            folder.put("png-profile-oriented", image[:33] + chunk + image[33:])
        folder.put("tiff-xmp-oriented", encoded(scene(40, 24), "TIFF", tiffinfo={700: packet}))


def webps(folder):
    for size in SIZES:
        image = scene(*size)
        alpha = image.convert("RGBA")
        alpha.putalpha(Image.fromarray(RANDOM.integers(0, 256, size[::-1]).astype("u1")))
        for quality in (10, 50, 80, 100):
            for method in (0, 4, 6):
                folder.put("webp-lossy", encoded(image, "WEBP", quality=quality, method=method))
        for method in (0, 4):
            folder.put("webp-lossless", encoded(image, "WEBP", lossless=True, method=method))
            folder.put("webp-lossless-alpha", encoded(alpha, "WEBP", lossless=True, exact=True, method=method))
            folder.put("webp-lossy-alpha", encoded(alpha, "WEBP", exact=True, method=method))
        frames = [scene(*size) for _ in range(2)]
        folder.put("webp-animated", encoded(image, "WEBP", save_all=True, append_images=frames))
        folder.put("webp-flat", encoded(Image.new("RGB", (size[0] * 10, size[1] * 10), (9, 99, 200)), "WEBP", lossless=True))
    for orientation in range(1, 9):
        folder.put("webp-oriented", encoded(scene(40, 24), "WEBP", exif=exif(orientation)))


def gifs(folder):
    for size in SIZES:
        for colours in (2, 7, 64, 256):
            image = scene(*size).quantize(colours)
            for interlace in (0, 1):
                folder.put("gif", encoded(image, "GIF", interlace=interlace))
            folder.put("gif-transparent", encoded(image, "GIF", transparency=0))
        folder.put("gif-grey", encoded(scene(*size).convert("L"), "GIF"))
        frames = [scene(*size).quantize(16) for _ in range(2)]
        folder.put("gif-animated", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
        data = bytearray(encoded(scene(*size).quantize(8), "GIF"))
        data[6], data[8] = size[0] + 9, size[1] + 5
        folder.put("gif-larger-screen", bytes(data))
        folder.put("gif-without-end", encoded(scene(*size).quantize(8), "GIF")[:-1])


def bmps(folder):
    for size in SIZES:
        image = scene(*size)
        for mode in ("RGB", "L", "1", "P"):
            folder.put("bmp-" + mode.lower(), encoded(image.quantize(40) if mode == "P" else image.convert(mode), "BMP"))
        folder.put("bmp-rgba", encoded(image.convert("RGBA"), "BMP"))
        data = bytearray(encoded(image, "BMP"))
        folder.put("bmp-top-down", bytes(top_down(data)))
        for masks in ((0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)):
            folder.put("bmp-16", sixteen_bits(image, masks))


def bmp(header, bits, compression, masks, data, palette=b"", gap=0, width=13, height=9):
    head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 0, 0, 0, 0)
    if header > 40:
        head, masks = head + masks.ljust(header - 40, b"\0")[: header - 40], b""
    offset = 14 + len(head) + len(masks) + len(palette) + gap
    file = struct.pack("<IHHI", offset + len(data), 0, 0, offset)
    return b"BM" + file + head + masks + palette + bytes(gap) + data


def other_bmps(folder):
    bgra, rgba, abgr = (0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000), (0xFF000000, 0xFF0000, 0xFF00)
    for header in (40, 52, 56, 108, 124):
        for masks in (bgra, rgba, abgr):
            rest = 0xFFFFFFFF ^ sum(masks) if header > 52 else 0
            if header > 52 or masks != rgba:
                packed = struct.pack("<IIII", *masks, rest)[: 12 if header == 40 else 16]
                folder.put("bmp-masks", bmp(header, 32, 3, packed, RANDOM.bytes(13 * 9 * 4)))
    for header in (40, 52, 56, 64, 108, 124):
        folder.put("bmp-headers", bmp(header, 24, 0, b"", RANDOM.bytes(40 * 9)))
    for bits, stride in ((1, 4), (4, 8), (8, 16)):
        folder.put("bmp-gap", bmp(40, bits, 0, b"", RANDOM.bytes(stride * 9), RANDOM.bytes(4 << bits), gap=12))
    runs = [b"\0\5" + RANDOM.bytes(5) + b"\0" + bytes([8, row]) for row in range(9)]
    for end in (b"\0\1", b"\0\0\0\1", b""):
        folder.put("bmp-runs", bmp(40, 8, 1, b"", b"\0\0".join(runs) + end, RANDOM.bytes(1024)))


def top_down(data):
    height = struct.unpack_from("<i", data, 22)[0]
    struct.pack_into("<i", data, 22, -height)
    return data


def sixteen_bits(image, masks):
    pixels = np.asarray(image).astype("u2")
    green = 6 if masks[1] == 0x7E0 else 5
    words = (pixels[..., 0] >> 3) << (green + 5) | (pixels[..., 1] >> (8 - green)) << 5 | pixels[..., 2] >> 3
    stride = (image.width * 2 + 3) // 4 * 4
    rows = b"".join(row.astype("<u2").tobytes().ljust(stride, b"\0") for row in words[::-1])
    head = struct.pack("<IiiHHIIiiII", 40, image.width, image.height, 1, 16, 3, len(rows), 0, 0, 0, 0)
    offset = 14 + len(head) + 12
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + head + struct.pack("<III", *masks) + rows


def tiffs(folder):
    for size in SIZES:
        image = scene(*size)
        modes = {"rgb": image, "grey": image.convert("L"), "palette": image.quantize(60), "cmyk": image.convert("CMYK"),
                 "bilevel": image.convert("1"), "rgba": image.convert("RGBA"), "grey-alpha": image.convert("LA")}
        for name, made in modes.items():
            for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
                folder.put("tiff-" + name, encoded(made, "TIFF", compression=compression))
        for predictor in (1, 2):
            options = {"compression": "tiff_lzw", "tiffinfo": {317: predictor}}
            folder.put("tiff-predictor", encoded(image, "TIFF", **options))
    for dtype, kind in (("u1", "8"), ("u2", "16")):
        for samples in (1, 3, 4, 13):
            for planar in ("contig", "separate"):
                for compression, predictor in ((None, None), ("zlib", None), ("zlib", 2), ("lzw", 2), ("packbits", None)):
                    for tile in (None, (16, 32)):
                        for order in "<>":
                            put_tifffile(folder, kind, dtype, samples, planar, compression, predictor, tile, order)
    for size in SIZES:
        colours = np.asarray(scene(*size)).astype(int)
        alpha = RANDOM.integers(0, 256, (*size[::-1], 1))
        pixels = np.concatenate([colours * alpha // 255, alpha], -1).astype("u1")
        folder.put("tiff-associated-alpha", written(pixels, photometric="rgb", extrasamples=["assocalpha"]))
    for big in (False, True):
        for orientation in range(1, 9):
            extra = [(274, 3, 1, orientation, True)]
            pixels = np.asarray(scene(40, 24))
            folder.put("tiff-oriented", written(pixels, bigtiff=big, photometric="rgb", extratags=extra))
    grey = np.asarray(scene(40, 24).convert("L"))
    folder.put("tiff-float", written(grey.astype("f4")))
    folder.put("tiff-signed", written(grey.astype("i2")))
    folder.put("tiff-white-is-zero", written(grey, photometric="miniswhite"))
    folder.put("tiff-jpeg", encoded(scene(64, 48), "TIFF", compression="jpeg"))
    folder.put("tiff-fax", encoded(scene(64, 48).convert("1"), "TIFF", compression="group4"))
    folder.put("tiff-lab", encoded(Image.new("LAB", (9, 9)), "TIFF"))
    folder.put("tiff-zstd", encoded(scene(9, 9), "TIFF", compression="zstd"))
    folder.put("tiff-reversed-bits", encoded(scene(64, 48).convert("1"), "TIFF", tiffinfo={266: 2}))


def put_tifffile(folder, kind, dtype, samples, planar, compression, predictor, tile, order):
    width, height = 83, 61
    most = np.iinfo(dtype).max
    pixels = RANDOM.integers(0, most, (height, width, samples)).astype(order + dtype)
    if samples == 1:
        pixels, planar = pixels[..., 0], "contig"
    elif planar == "separate":
        pixels = np.moveaxis(pixels, -1, 0)
    name = {1: "grey", 3: "rgb", 4: "rgb-extra", 13: "13ch"}[samples]
    photometric = "minisblack" if samples in (1, 13) else "rgb"
    data = written(pixels, photometric=photometric, planarconfig=None if samples == 1 else planar,
                   compression=compression, predictor=predictor, tile=tile, byteorder=order)
    folder.put(f"tiff-{kind}-{name}", data)


def written(pixels, bigtiff=False, byteorder=None, **options):
    out = io.BytesIO()
    with tifffile.TiffWriter(out, bigtiff=bigtiff, byteorder=byteorder) as writer:
        writer.write(pixels, metadata=None, **options)
    return out.getvalue()


def make(path):
    folder = Folder(path)
    for kinds in (jpegs, pngs, interlaced, profiles, webps, gifs, bmps, other_bmps, tiffs):
        kinds(folder)
    print(folder.count, "images made")


def eight_bits(pixels):
    return (pixels >> 8).astype("u1") if pixels.dtype.itemsize == 2 else pixels


def reference(path, kind):
    """Of all samples what tifffile reads; else what Pillow makes of the image, upright."""
    if kind.startswith(("tiff-8-", "tiff-16-")):
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            pixels = eight_bits(page.asarray())
        if page.planarconfig == 2 and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
        if pixels.ndim == 2:
            return np.repeat(pixels[..., None], 3, -1)
        return pixels[..., :3] if kind.endswith("rgb-extra") else pixels
    return np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


def compare(path):
    table, unexplained = {}, []
    for name in sorted(os.listdir(path)):
        if name.endswith((".pixels", ".refused")):
            continue
        kind, file = name.rsplit("--", 1)[0], os.path.join(path, name)
        counts = table.setdefault(kind, [0, 0, 0])
        if os.path.exists(file + ".refused"):
            counts[2] += 1
            if not any(kind.startswith(rule) for rule in REFUSED):
                unexplained.append(f"{name} refused: " + open(file + ".refused").read())
            continue
        with open(file + ".pixels", "rb") as result:
            height, width, channels = struct.unpack(">iii", result.read(12))
            pixels = np.frombuffer(result.read(), "u1").reshape(height, width, channels)
        expected = reference(file, kind)
        if pixels.shape == expected.shape and (pixels == expected).all():
            counts[0] += 1
            continue
        counts[1] += 1
        if not any(kind.startswith(rule) for rule in DIFFERS):
            how = f"{pixels.shape} and {expected.shape}"
            if pixels.shape == expected.shape:
                how = f"by {np.abs(pixels.astype(int) - expected).max()} at most"
            unexplained.append(f"{name} differs: {how}")
    print_table(table)
    print("\n".join(unexplained))
    return 1 if unexplained else 0


def print_table(table):
    print(f"{'kind':28}{'equal':>8}{'differ':>8}{'refused':>8}")
    for kind, counts in sorted(table.items()):
        rules = [why for rule, why in {**DIFFERS, **REFUSED}.items() if kind.startswith(rule) and sum(counts[1:])]
        print(f"{kind:28}{counts[0]:8}{counts[1]:8}{counts[2]:8}  {rules[0] if rules else ''}")
    sums = [sum(counts[i] for counts in table.values()) for i in range(3)]
    print(f"{'in all':28}{sums[0]:8}{sums[1]:8}{sums[2]:8}")


if __name__ == "__main__":
    sys.exit({"make": make, "compare": compare}[sys.argv[1]](sys.argv[2]))
