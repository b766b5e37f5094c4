"""Kiln-Drift's measures from results.csv, as a Markdown table.

    python3 table.py results.csv
"""

import collections
import csv
import statistics
import sys

LAST = 5.0


def read(path):
    """Accuracy by run, then by (point in eras, era)."""
    runs = collections.defaultdict(dict)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            run = (row["stream"], row["method"], row["weights"], int(row["seed"]))
            runs[run][float(row["point"]), int(row["era"])] = 100 * float(row["accuracy"])
    return runs


def measures(accuracy):
    """Per cent: mean over the eras at the end; the least such mean at any point from the end of era 1 on; backward
    transfer, the mean change of an era's accuracy from its end to that of the stream (Lopez-Paz and Ranzato 2017)."""
    eras = sorted({era for _, era in accuracy})
    points = sorted({point for point, _ in accuracy if point >= 1})
    means = {point: statistics.mean(accuracy[point, era] for era in eras) for point in points}
    transfer = [accuracy[LAST, era] - accuracy[float(era), era] for era in eras[:-1]]
    return means[LAST], min(means.values()), statistics.mean(transfer)


def spread(values):
    deviation = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{deviation}"


def lines(path):
    """The table, its rows in the order of the results."""
    rows = collections.defaultdict(dict)
    for (stream, method, weights, seed), accuracy in read(path).items():
        rows[stream, method, weights][seed] = measures(accuracy)
    yield "| stream | method | weights | at the end | worst | backward transfer | at the end, by seed |"
    yield "|---|---|---|---|---|---|---|"
    for (stream, method, weights), seeds in rows.items():
        final, worst, transfer = zip(*(seeds[seed] for seed in sorted(seeds)), strict=True)
        least = "–" if weights == "merged" else spread(worst)
        yield (f"| {stream} | {method} | {weights} | {spread(final)} | {least} | {spread(transfer)} | "
               + ", ".join(f"{value:.1f}" for value in final) + " |")


def write(results, path):
    path.write_text("\n".join(lines(results)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print("\n".join(lines(sys.argv[1])))
