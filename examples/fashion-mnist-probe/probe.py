"""Asks how much of Fashion-MNIST a linear classifier finds in the features of an encoder, given few labels.

    python3 probe.py NAME=model.safetensors ... [--json results.json]
    python3 probe.py --norms written recalibrated=model.safetensors raw=model.safetensors+masked-norms.safetensors

Each file is an encoder that Kiln exported: basic blocks [2, 2, 2, 2], stem 64. Tensors of a file after "+" replace
those of the file before. Files of one name, such as random=a random=b random=c, are one network drawn several times:
the first goes with the first set of labels, and so on; a single file goes with every set. Batch norms get statistics of
2,048 whole training images ("own"), or keep those that the files hold ("written"). "pixels", no network at all, is
always there, and with "own" also "timm", random weights as timm draws them, anew for each set. The protocol is written
down in docs/explanation/pretraining.md.
"""

import argparse
import collections
import functools
import json
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
import safetensors.torch
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from timm.models.resnet import BasicBlock, ResNet

import fashion_mnist

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SEEDS = (0, 1, 2)
LABELS_A_CLASS = (10, 100)
CLASSES = 10
UNLABELLED = 2048
BATCH = 128
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
FOLDS = 5
LEAST_SPREAD = 0.1


def network(channels):
    """ResNet-18 of other widths, without a head; the stem has timm's 64 channels."""
    model = ResNet(BasicBlock, [2, 2, 2, 2], num_classes=0, channels=channels)
    return model.to(memory_format=torch.channels_last)


def tensors(paths):
    """Those of all files; later files replace those of earlier ones, and bring no new names."""
    first, *others = (safetensors.torch.load_file(path) for path in paths.split("+"))
    for other in others:
        if unknown := other.keys() - first.keys():
            raise SystemExit(f"{paths}: only the later file has {sorted(unknown)[0]}")
        first |= other
    return first


def widths(weights):
    """Channels of the four stages."""
    return tuple(len(weights[f"layer{stage}.0.conv1.weight"]) for stage in range(1, 5))


def load(paths):
    """The network with the weights of files; any name that is missing or unexpected is an error."""
    weights = tensors(paths)
    model = network(widths(weights))
    model.load_state_dict(weights)
    return model


def pixels(images, side):
    """uint8 [n, 28, 28] to normalised float [n, 3, side, side]."""
    grey = torch.from_numpy(images.copy()).float().div(255).unsqueeze(1)
    large = torch.nn.functional.interpolate(grey, size=side, mode="bicubic", align_corners=False).clamp(0, 1)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    normalised = (large.expand(-1, 3, -1, -1) - mean) / std
    return normalised.contiguous(memory_format=torch.channels_last)


def batches(images, side):
    return (pixels(images[at : at + BATCH], side) for at in range(0, len(images), BATCH))


def adapt(model, images, side):
    """Replaces the statistics of all batch norms by plain means over these images."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    model.train()
    with torch.no_grad():
        for batch in batches(images, side):
            model(batch)
    return model.eval()


def features(model, side, images):
    """Means over all positions: of the last stage, and of all four side by side."""
    stages = []
    with torch.no_grad():
        for batch in batches(images, side):
            x = model.maxpool(model.act1(model.bn1(model.conv1(batch))))
            pooled = []
            for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
                x = stage(x)
                pooled.append(x.mean((2, 3)))
            stages.append(torch.cat(pooled, 1))
    every = torch.cat(stages).double().numpy()
    return {"last stage": every[:, -model.num_features :], "all stages": every}


def few(labels, seed, count):
    """Places of `count` training images a class, drawn by the seed; a larger draw holds the smaller."""
    rng = numpy.random.default_rng(seed)
    orders = [rng.permutation(numpy.flatnonzero(labels == label)) for label in range(CLASSES)]
    return numpy.concatenate([order[:count] for order in orders])


def accuracy(train, train_labels, test, test_labels, unlabelled, seed):
    """Share of the test images that logistic regression gets right, its strength chosen by cross-validation."""
    mean, spread = unlabelled.mean(0), unlabelled.std(0)
    spread = numpy.maximum(spread, LEAST_SPREAD * spread.mean())
    classifier = LogisticRegressionCV(
        Cs=STRENGTHS,
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
        scoring="accuracy",
        max_iter=10000,
        use_legacy_attributes=False,
        l1_ratios=(0,),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        classifier.fit((train - mean) / spread, train_labels)
    return float((classifier.predict((test - mean) / spread) == test_labels).mean())


def raw(images):
    """The images themselves as features [n, 784]."""
    return {"pixels": images.reshape(len(images), -1) / 255.0}


def probe(model, seeds, data, norms, side):
    """Accuracy by (features, labels a class) of one encoder, or of raw pixels, for the label set of each seed."""
    unlabelled = data["train"][numpy.random.default_rng(0).permutation(len(data["train"]))[:UNLABELLED]]
    if model is not None:
        model = adapt(model, unlabelled, side) if norms == "own" else model.eval()
    see = raw if model is None else functools.partial(features, model, side)
    chosen = numpy.unique([few(data["train labels"], seed, max(LABELS_A_CLASS)) for seed in seeds])
    found = {name: see(images) for name, images in
             (("unlabelled", unlabelled), ("train", data["train"][chosen]), ("test", data["test"]))}
    results = []
    for seed in seeds:
        by_case = {}
        for count in LABELS_A_CLASS:
            subset = few(data["train labels"], seed, count)
            rows = numpy.searchsorted(chosen, subset)
            for kind in found["train"]:
                by_case[kind, count] = accuracy(
                    found["train"][kind][rows], data["train labels"][subset],
                    found["test"][kind], data["test labels"], found["unlabelled"][kind], seed)
        results.append(by_case)
    return results


def draws(name, files, channels):
    """What a name stands for: encoders, None for raw pixels, each with the seeds of the label sets it goes with."""
    if name == "pixels":
        yield None, SEEDS
    elif name == "timm":
        for seed in SEEDS:
            torch.manual_seed(seed)
            yield network(channels), [seed]
    elif len(files) == 1:
        yield load(files[0]), SEEDS
    else:
        for file, seed in zip(files, SEEDS, strict=True):
            yield load(file), [seed]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoders", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--norms", choices=("own", "written"), default="own", help="statistics of batch norms")
    parser.add_argument("--size", type=int, default=128, help="pixels of a side that images are scaled to")
    parser.add_argument("--json", metavar="FILE", help="where every accuracy is written")
    given = parser.parse_args()
    files = collections.defaultdict(list)
    for encoder in given.encoders:
        name, equals, path = encoder.partition("=")
        if not equals or not all(map(os.path.isfile, path.split("+"))):
            parser.error(f"{encoder}: expected NAME=FILE or NAME=FILE+FILE with files that exist")
        files[name].append(path)
    for name, paths in files.items():
        if name in ("timm", "pixels"):
            parser.error(f"{name}: stands for something else; choose another name")
        if len(paths) not in (1, len(SEEDS)):
            parser.error(f"{name}: has {len(paths)} files; expected 1 or {len(SEEDS)}")
    return files, given


def main():
    files, given = arguments()
    channels = widths(tensors(next(iter(files.values()))[0]))
    others = ["timm", "pixels"] if given.norms == "own" else ["pixels"]
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    data = {split: fashion_mnist.images(split) for split in ("train", "test")}
    data |= {f"{split} labels": fashion_mnist.labels(split) for split in ("train", "test")}
    table = []
    for name in [*files, *others]:
        by_seed = []
        for model, seeds in draws(name, files.get(name, []), channels):
            began = time.monotonic()
            by_seed += probe(model, seeds, data, given.norms, given.size)
            print(f"{name}, label sets {list(seeds)}: {time.monotonic() - began:.0f} s", flush=True)
        for kind, count in by_seed[0]:
            values = [100 * results[kind, count] for results in by_seed]
            table.append({"encoder": name, "features": kind, "labels a class": count, "accuracy %": values})
    for row in sorted(table, key=lambda row: (row["features"], row["labels a class"])):
        values = row["accuracy %"]
        print(f"{row['features']:10}  {row['labels a class']:3} a class  {row['encoder']:12}"
              f"  {numpy.mean(values):5.1f} ± {numpy.std(values, ddof=1):3.1f}  "
              + "  ".join(f"{value:.2f}" for value in values))
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump(table, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
