"""A ResNet of basic blocks with the weights of one of Kiln's training states, and what its features tell."""

import numpy
import safetensors
import torch
from torch.nn import functional

BATCH = 100
PREFIX = "sparse_encoder.sp_cnn."
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
FOLDS = 5


class Weights(dict):
    """Tensors of a network by their names; batch norms have the statistics of what calibrate() was given."""

    @staticmethod
    def mean_of(several):
        return Weights({name: torch.stack([one[name] for one in several]).mean(0) for name in several[0]})


def random(seed, widths=(16, 32, 64, 128), stem=16):
    """An untrained encoder of one block a stage: He's normal initialisation by outputs, as Kiln's."""
    generator = torch.Generator().manual_seed(seed)
    weights = Weights()

    def layer(conv, norm, inputs, outputs, kernel):
        deviation = (2 / (outputs * kernel * kernel)) ** 0.5
        weights[conv + ".weight"] = deviation * torch.randn(outputs, inputs, kernel, kernel, generator=generator)
        weights[norm + ".weight"], weights[norm + ".bias"] = torch.ones(outputs), torch.zeros(outputs)

    layer("conv1", "bn1", 1, stem, 7)
    for stage, (inputs, outputs) in enumerate(zip((stem, *widths), widths, strict=False), 1):
        block = f"layer{stage}.0"
        layer(block + ".conv1", block + ".bn1", inputs, outputs, 3)
        layer(block + ".conv2", block + ".bn2", outputs, outputs, 3)
        if inputs != outputs:
            layer(block + ".downsample.0", block + ".downsample.1", inputs, outputs, 1)
    return weights


def annealed_at(path):
    """The step at which the finished annealing branch in a training state has ended; 0 where there is none."""
    with safetensors.safe_open(path, "pt") as state:
        metadata = state.metadata()
    return int(metadata.get("annealedFrom", 0)) + int(metadata.get("annealedSteps", 0))


def read(path, prefix=""):
    """The encoder in a training state: as trained, with the prefix "average." its average, with "annealed." that of
    the annealing branch."""
    start = prefix + PREFIX
    with safetensors.safe_open(path, "pt") as state:
        found = Weights({name.removeprefix(start): state.get_tensor(name) for name in state.keys()
                         if name.startswith(start) and name.endswith((".weight", ".bias"))})
    if not found:
        raise SystemExit(f"{path} holds no tensors {start}*")
    return found


class Encoder:
    """Whole images to features; its batch norms have the statistics of the images that it is calibrated on."""

    def __init__(self, weights, images):
        self.weights = weights
        self.sums, self.statistics, self.calibrating = {}, {}, True
        for batch in batches(images):
            self._forward(batch)
        self.statistics = {name: (total / len(images), square / len(images))
                           for name, (total, square) in self.sums.items()}
        self.calibrating = False

    def features(self, images):
        """Mean over all positions of the last stage's maps, float64 [n, channels]."""
        return torch.cat([self._forward(batch) for batch in batches(images)]).double().numpy()

    def _norm(self, x, name):
        if self.calibrating:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            total, square = self.sums.get(name, (0, 0))
            self.sums[name] = (total + len(x) * mean, square + len(x) * variance)
        else:
            mean, variance = self.statistics[name]
        return functional.batch_norm(x, mean, variance, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def _conv(self, x, name, stride=1):
        weight = self.weights[name + ".weight"]
        return functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    @torch.inference_mode()
    def _forward(self, x):
        x = functional.relu(self._norm(self._conv(x, "conv1", 2), "bn1"))
        x = functional.max_pool2d(x, 3, 2, 1)
        for stage in range(1, 5):
            block = 0
            while f"layer{stage}.{block}.conv1.weight" in self.weights:
                x = self._block(x, f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1)
                block += 1
        return x.mean((2, 3))

    def _block(self, x, name, stride):
        y = functional.relu(self._norm(self._conv(x, name + ".conv1", stride), name + ".bn1"))
        y = self._norm(self._conv(y, name + ".conv2"), name + ".bn2")
        if name + ".downsample.0.weight" in self.weights:
            x = self._norm(self._conv(x, name + ".downsample.0", stride), name + ".downsample.1")
        return functional.relu(x + y)


def batches(images):
    return (images[at : at + BATCH] for at in range(0, len(images), BATCH))


def pixels(images, side, mean, std):
    """uint8 [n, any side, any side] to normalised float [n, 1, side, side]."""
    grey = torch.from_numpy(images.copy()).float().div(255).unsqueeze(1)
    large = functional.interpolate(grey, size=side, mode="bicubic", align_corners=False).clamp(0, 1)
    return (large - mean) / std


class Ridge:
    """Ridge regression to one-hot labels on standardised features; its strength is chosen by 5 folds, seed 0."""

    def __init__(self, features, labels, classes):
        self.mean, spread = features.mean(0), features.std(0)
        self.spread = numpy.maximum(spread, 0.1 * spread.mean())
        x, y = self._standard(features), numpy.eye(classes)[labels]
        fold = numpy.random.default_rng(0).permutation(len(x)) % FOLDS
        scores = [sum((self._fit(x[fold != k], y[fold != k], strength)(x[fold == k]).argmax(1)
                       == labels[fold == k]).sum() for k in range(FOLDS)) for strength in STRENGTHS]
        self.predict = self._fit(x, y, STRENGTHS[int(numpy.argmax(scores))])

    def _standard(self, features):
        return (features - self.mean) / self.spread

    @staticmethod
    def _fit(x, y, strength):
        bias = y.mean(0)
        gram = x.T @ x + strength * len(x) / 100 * numpy.eye(x.shape[1])
        solved = numpy.linalg.solve(gram, x.T @ (y - bias))
        return lambda values: values @ solved + bias

    def accuracy(self, features, labels):
        return float((self.predict(self._standard(features)).argmax(1) == labels).mean())
