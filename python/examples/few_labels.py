"""Fine-tunes the encoder that should be in use on a few labelled pictures.

    python few_labels.py --pictures DIR --labels 10 --epochs 20 --out tuned.pt

DIR has a folder for each class. So many pictures of each class are trained on, all others are tested with. The encoder
learns at a tenth of the classifier's rate. A folder in which a picture cannot be used ends the run with its name.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

import kiln_client

BATCH = 16


def labelled(folder: Path, labels: int, seed: int) -> tuple[list[str], list[tuple[Path, int]], list[tuple[Path, int]]]:
    """Names of the classes; pictures with their class, to train on and to test with."""
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if len(classes) < 2:
        raise SystemExit(f"{folder} has {len(classes)} folders of classes; expected two or more")
    draw, train, test = random.Random(seed), [], []
    for number, name in enumerate(classes):
        pictures = [(path, number) for path in sorted((folder / name).iterdir())]
        if len(pictures) <= labels:
            raise SystemExit(f"{folder / name} has {len(pictures)} pictures; expected more than --labels {labels}")
        draw.shuffle(pictures)
        train += pictures[:labels]
        test += pictures[labels:]
    return classes, train, test


def tensors(embedder: kiln_client.Embedder, pictures: list[tuple[Path, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prepared images [pictures, channels, height, width], and their classes."""
    prepared = embedder.preparation.prepare([path for path, _ in pictures])
    return torch.from_numpy(prepared), torch.tensor([number for _, number in pictures])


def accuracy(model: torch.nn.Module, images: torch.Tensor, classes: torch.Tensor) -> float:
    model.eval()
    with torch.inference_mode():
        found = torch.cat([model(batch).argmax(1) for batch in images.split(BATCH)])
    return (found == classes).float().mean().item()


def tune(model: torch.nn.Module, images: torch.Tensor, classes: torch.Tensor, epochs: int, rate: float) -> None:
    """Trains with mirrored images; norms keep their statistics, which so few images would spoil."""
    head = {id(parameter) for parameter in model.get_classifier().parameters()}
    body = [parameter for parameter in model.parameters() if id(parameter) not in head]
    groups = [{"params": body, "lr": rate / 10}, {"params": model.get_classifier().parameters(), "lr": rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.05)
    steps = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    model.eval()
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(BATCH):
            batch = images[rows]
            batch = torch.where(torch.rand(len(batch), 1, 1, 1) < 0.5, batch, batch.flip(3))
            loss = torch.nn.functional.cross_entropy(model(batch), classes[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        steps.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap-servers", default="127.0.0.1:9092")
    parser.add_argument("--registry", default="http://127.0.0.1:8085/apis/ccompat/v7")
    parser.add_argument("--topic", default="checkpoints")
    parser.add_argument("--cache", default="kiln-cache")
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--labels", type=int, default=10, help="of each class (%(default)s)")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rate", type=float, default=1e-2, help="of the classifier (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    classes, train, test = labelled(options.pictures, options.labels, options.seed)
    with kiln_client.follow(
        bootstrap_servers=options.bootstrap_servers,
        registry=options.registry,
        topic=options.topic,
        cache=options.cache,
    ) as versions:
        version = next(versions)
    embedder, model = version.embedder(), version.model(num_classes=len(classes))
    tune(model, *tensors(embedder, train), options.epochs, options.rate)
    share = accuracy(model, *tensors(embedder, test))
    print(f"version {version.number}: {len(train)} labels, {share:.1%} of {len(test)} other pictures right")
    if options.out is not None:
        torch.save({"classes": classes, "weights": model.state_dict()}, options.out)


if __name__ == "__main__":
    main()
