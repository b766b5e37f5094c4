"""Reads Fashion-MNIST as Debian's package dataset-fashion-mnist installs it."""

import gzip
import pathlib

import numpy

FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
PREFIX = {"train": "train", "test": "t10k"}
IMAGE_HEADER, LABEL_HEADER = 16, 8
SIDE = 28


def _read(name, header):
    path = FOLDER / name
    if not path.is_file():
        raise SystemExit(f"{path} is missing: apt-get install dataset-fashion-mnist")
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def images(split):
    """uint8 [images, 28, 28] of "train" or "test"."""
    return _read(f"{PREFIX[split]}-images-idx3-ubyte.gz", IMAGE_HEADER).reshape(-1, SIDE, SIDE)


def labels(split):
    """uint8 [images], 0 to 9, of "train" or "test"."""
    return _read(f"{PREFIX[split]}-labels-idx1-ubyte.gz", LABEL_HEADER)
