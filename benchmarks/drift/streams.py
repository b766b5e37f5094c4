"""The streams of Kiln-Drift, made from Fashion-MNIST as Debian's package dataset-fashion-mnist installs it, and
*pictures* from what pictures.py names."""

import dataclasses
import io
import pathlib
import sys
import tarfile

import numpy
from PIL import Image

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "fashion-mnist-probe"))
import fashion_mnist
import pictures

SIDE, CLASSES = fashion_mnist.SIDE, 10
ERAS = 5
FIT_A_CLASS, TEST_A_CLASS = 100, 200
BURST = 32
PICTURES_FIT, PICTURES_TEST = 50, 100
APART = ("pictures", "pictures-control")  # streams whose eras have classes of their own, and a probe each
NAMES = ("classes", "control", "bursts", "domains", *APART)


@dataclasses.dataclass
class Era:
    """A part of a stream, and the labelled pictures that its probe is fitted to and scored on."""

    stream: numpy.ndarray  # uint8 [n, side, side], in the order of the stream
    fit: numpy.ndarray  # uint8 [m, side, side]
    fit_labels: numpy.ndarray
    test: numpy.ndarray
    test_labels: numpy.ndarray


def eras(name, seed, images_an_era):
    """The five eras of a stream. The seed draws the pictures, the order of classes, and all noise.

    Pictures of the stream and those that the probe is fitted to are of the training set and disjoint. Scores are of the
    test set. *control* holds the pictures of *classes*, shuffled.
    """
    rng = numpy.random.default_rng(seed)
    if name in APART:
        return _worlds(name == "pictures-control", images_an_era, rng)
    train, train_labels = fashion_mnist.images("train"), fashion_mnist.labels("train")
    test, test_labels = fashion_mnist.images("test"), fashion_mnist.labels("test")
    order = rng.permutation(CLASSES)
    by_class = [rng.permutation(numpy.flatnonzero(train_labels == label)) for label in range(CLASSES)]
    fit = numpy.concatenate([places[:FIT_A_CLASS] for places in by_class])
    scored = numpy.concatenate(
        [rng.permutation(numpy.flatnonzero(test_labels == label))[:TEST_A_CLASS] for label in range(CLASSES)])
    each = images_an_era // 2
    streamed = [places[FIT_A_CLASS : FIT_A_CLASS + each] for places in by_class]
    pairs = [order[2 * era : 2 * era + 2] for era in range(ERAS)]
    mixed = rng.permutation(numpy.concatenate(streamed))
    parts = numpy.split(mixed, ERAS)

    def era(places, fit_at, test_at, change=None):
        change = change or (lambda images: images)
        return Era(change(train[places]), change(train[fit_at]), train_labels[fit_at],
                   change(test[test_at]), test_labels[test_at])

    if name == "classes":
        return [era(rng.permutation(numpy.concatenate([streamed[label] for label in pair])),
                    fit[numpy.isin(train_labels[fit], pair)], scored[numpy.isin(test_labels[scored], pair)])
                for pair in pairs]
    if name == "domains":
        return [era(part, fit, scored, lambda images, kind=kind: _domain(images, kind, rng))
                for part, kind in zip(parts, ("rotated", "faint", "inverted", "noisy", "small"), strict=True)]
    if name == "bursts":
        few = [era(part[: len(part) // BURST].repeat(BURST), fit, scored) for part in parts]
        return [dataclasses.replace(each, stream=_frames(each.stream, rng)) for each in few]
    if name == "control":
        return [era(part, fit, scored) for part in parts]
    raise SystemExit(f"{name}: no such stream; expected one of {', '.join(NAMES)}")


def _worlds(shuffled, images_an_era, rng):
    """An era for each world of pictures.py, in an order of the seed; or the same pictures shuffled over all eras."""
    worlds = pictures.worlds((images_an_era // pictures.CLASSES, PICTURES_FIT, PICTURES_TEST), rng)
    names = rng.permutation(list(worlds))
    streamed = [rng.permutation(worlds[name][pictures.STREAM][0]) for name in names]
    if shuffled:
        streamed = numpy.split(rng.permutation(numpy.concatenate(streamed)), ERAS)
    return [Era(part, *worlds[name][pictures.FIT], *worlds[name][pictures.TEST])
            for name, part in zip(names, streamed, strict=True)]


def _domain(images, kind, rng):
    if kind == "rotated":
        return numpy.rot90(images, axes=(1, 2)).copy()
    if kind == "faint":
        return (images * 0.3).astype(numpy.uint8)
    if kind == "inverted":
        return 255 - images
    if kind == "noisy":
        return _noisy(images, 40, rng)
    small = numpy.zeros_like(images)
    edge = SIDE // 4
    small[:, edge : edge + SIDE // 2, edge : edge + SIDE // 2] = (
        images.reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean((2, 4)).astype(numpy.uint8))
    return small


def _noisy(images, deviation, rng):
    return numpy.clip(images + rng.normal(0, deviation, images.shape), 0, 255).astype(numpy.uint8)


def _frames(images, rng):
    """What a camera shows of one thing: moved by up to a pixel, with a little noise."""
    moved = [numpy.roll(image, tuple(rng.integers(-1, 2, 2)), (0, 1)) for image in images]
    return _noisy(numpy.stack(moved), 4, rng)


def write(images, path):
    """A tar of PNG files, in order."""
    with tarfile.open(path, "w") as archive:
        for index, image in enumerate(images):
            png = io.BytesIO()
            Image.fromarray(image).save(png, "png")
            info = tarfile.TarInfo(f"{index:06d}.png")
            info.size = png.tell()
            png.seek(0)
            archive.addfile(info, png)
