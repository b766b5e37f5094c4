"""What Kiln-Drift's network scores on a stream with random weights, per cent: the mean over the eras, and each era.

    python3 random_weights.py STREAM SEED...
"""

import statistics
import sys

import torch

import drift
import encoder
import streams


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    torch.set_num_threads(1)
    name = sys.argv[1]
    for seed in map(int, sys.argv[2:]):
        eras = streams.eras(name, seed, 1024)
        found = drift.accuracies(encoder.random(seed), drift.scaled(eras), eras, name in streams.APART)
        each = ", ".join(f"{100 * accuracy:.1f}" for accuracy in found)
        print(f"{name} seed {seed}: {100 * statistics.mean(found):.1f} ({each})")


if __name__ == "__main__":
    main()
