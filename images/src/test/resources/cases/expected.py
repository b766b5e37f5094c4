"""Prints what images.csv holds: what Pillow or tifffile makes of each image here. Needs pillow and tifffile.

A line is: file, channels wanted, bytes of a sample, height, width, and the start of the SHA-256 of the samples
(height, width, channels; of 16 bits little-endian).
"""
import glob, hashlib, os
import numpy as np
from PIL import Image, ImageOps
import tifffile

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def bands(file):
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        pixels = page.asarray()
        return np.moveaxis(pixels, 0, -1) if page.planarconfig == 2 and pixels.ndim == 3 else pixels


def line(file, pixels):
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    little = pixels.astype("<u2") if pixels.dtype.itemsize == 2 else pixels
    digest = hashlib.sha256(little.tobytes()).hexdigest()[:16]
    print(f"{file},{channels},{little.dtype.itemsize},{height},{width},{digest}")


for file in sorted(glob.glob("*.*")):
    if file.endswith((".py", ".csv")):
        continue
    if file.endswith(".tif"):
        pixels = bands(file)
    elif file == "depth_mm.png":
        pixels = np.asarray(Image.open(file)).astype("u2")
    else:
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(file)).convert("RGB"))
    if file.endswith(".tif") and pixels.ndim == 2 and pixels.dtype.itemsize == 1:
        pixels = np.repeat(pixels[..., None], 3, -1)
    line(file, pixels)
