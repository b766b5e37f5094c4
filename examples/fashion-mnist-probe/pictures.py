"""Writes Fashion-MNIST's 60,000 training images as PNG files, without their labels.

    apt-get install dataset-fashion-mnist
    python3 pictures.py FOLDER
"""

import pathlib
import sys

import fashion_mnist
from PIL import Image


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    images = fashion_mnist.images("train")
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:05d}.png")
    print(f"{len(images)} images in {folder}")


if __name__ == "__main__":
    main()
