#!/usr/bin/env python3
"""What a training step costs, in ratios of one run. Needs nothing but Python 3.8 and a built checkout.

    benchmarks/step.py compare [--rounds 3] [--arch resnet50 --size 224 --batch 16]
    benchmarks/step.py growth [--out docs] [--arch resnet50]

compare alternates `kiln bench step` with its own kernels and with --masked-dense, on one thread, and prints a row of a Markdown
table. growth measures the step against the visible share, the batch and the size, and draws a plot of each.
Every line of JSON that kiln printed goes to standard error. Run it on an idle machine: seconds are the processor's.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

KILN = pathlib.Path(__file__).resolve().parent.parent / "kiln"


def step(*options):
    """The figures of one `kiln bench step`."""
    command = [str(KILN), "bench", "step", "--threads", "1", "--json", *map(str, options)]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    print(line, file=sys.stderr, flush=True)
    return json.loads(line)


def part(figures, *phases):
    return sum(figures["phases"][phase]["cpuSeconds"] for phase in phases)


def compare(args):
    options = ["--arch", args.arch, "--size", args.size, "--batch", args.batch, "--steps", args.steps]
    runs = [(step(*options), step(*options, "--masked-dense")) for _ in range(args.rounds)]
    fast, dense = zip(*runs)

    def ratio(value):
        return statistics.median(value(d) / value(f) for f, d in runs)

    encoder = ratio(lambda r: part(r, "encoder", "encoderBackward"))
    decoder = ratio(lambda r: part(r, "densify", "densifyBackward", "decoder", "decoderBackward"))
    print("| network | px | batch | seconds | masked-dense | whole step | encoder | densify + decoder | GEMM share | memory |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {args.arch} | {args.size} | {args.batch} "
        f"| {statistics.median(f['cpuSecondsPerStep'] for f in fast):.2f} "
        f"| {statistics.median(d['cpuSecondsPerStep'] for d in dense):.2f} "
        f"| {ratio(lambda r: r['cpuSecondsPerStep']):.2f} × | {encoder:.2f} × | {decoder:.2f} × "
        f"| {statistics.median(f['gemmShareOfCpu'] for f in fast):.0%} "
        f"| {statistics.median(f['peakMiB'] for f in fast) / statistics.median(d['peakMiB'] for d in dense):.2f} |"
    )


def plot(title, unit, points, file):
    """A line through points (x, y), from 0, as SVG."""
    width, height, left, bottom = 360, 220, 50, 40
    right_x = max(x for x, _ in points) * 1.05
    top_y = max(y for _, y in points) * 1.1

    def at(x, y):
        return left + x / right_x * (width - left - 10), height - bottom - y / top_y * (height - bottom - 30)

    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in (at(x, y) for x, y in points))
    x0, y0 = at(0, 0)
    marks = "".join(
        f'<circle cx="{at(x, y)[0]:.1f}" cy="{at(x, y)[1]:.1f}" r="3" fill="#2266aa"/>'
        f'<text x="{at(x, y)[0]:.1f}" y="{at(x, y)[1] - 7:.1f}" text-anchor="middle">{y:.2f}</text>'
        f'<text x="{at(x, y)[0]:.1f}" y="{y0 + 14:.1f}" text-anchor="middle">{x:g}</text>'
        for x, y in points
    )
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="10">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="{left}" y="16" font-size="12">{title}</text>'
        f'<path d="M{x0:.1f} 30V{y0:.1f}H{width - 10}" fill="none" stroke="#888"/>'
        f'<polyline points="{line}" fill="none" stroke="#2266aa" stroke-width="1.5"/>{marks}'
        f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">{unit}</text></svg>\n'
    )


def growth(args):
    out = pathlib.Path(args.out)

    def seconds(*options):
        return step("--arch", args.arch, "--steps", args.steps, *options)["cpuSecondsPerStep"]

    plot(
        "CPU seconds a step of 8, 224 px",
        "share of the patches that is visible",
        [(round(1 - m, 2), seconds("--batch", 8, "--mask-ratio", m)) for m in (0.9, 0.75, 0.6, 0.5, 0.25)],
        out / "step-by-share.svg",
    )
    plot(
        "CPU seconds a step, 224 px",
        "images a step",
        [(b, seconds("--batch", b)) for b in (2, 4, 8, 16, 32)],
        out / "step-by-batch.svg",
    )
    plot(
        "CPU seconds a step of 8",
        "thousand pixels an image (96, 128, 160, 192, 224 and 288 px)",
        [(round(s * s / 1000, 1), seconds("--batch", 8, "--size", s)) for s in (96, 128, 160, 192, 224, 288)],
        out / "step-by-size.svg",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("compare", compare), ("growth", growth)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--arch", default="resnet50")
        command.add_argument("--steps", type=int, default=5)
        if run is compare:
            command.add_argument("--size", type=int, default=224)
            command.add_argument("--batch", type=int, default=16)
            command.add_argument("--rounds", type=int, default=3)
        else:
            command.add_argument("--out", default="docs")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
