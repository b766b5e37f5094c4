"""Kiln-Drift's measures from results.csv, as a Markdown table.

    python3 table.py results.csv
"""

import collections
import csv
import statistics
import sys


def read(path):
    """Accuracy by run, then by (eras seen, era)."""
    runs = collections.defaultdict(dict)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            run = (row["stream"], row["method"], row["weights"], int(row["seed"]))
            runs[run][int(row["after era"]), int(row["era"])] = 100 * float(row["accuracy"])
    return runs


def measures(accuracy):
    """Per cent: mean over the eras at the end; the least such mean at the end of any era; backward transfer, the mean
    change of an era's accuracy from its end to that of the stream (Lopez-Paz and Ranzato 2017)."""
    eras = sorted({era for _, era in accuracy})
    if len(accuracy) == len(eras):  # measured at the end alone
        return statistics.mean(accuracy.values()), None, None
    means = {after: statistics.mean(accuracy[after, era] for era in eras) for after in eras}
    transfer = [accuracy[eras[-1], era] - accuracy[era, era] for era in eras[:-1]]
    return means[eras[-1]], min(means.values()), statistics.mean(transfer)


def spread(values):
    if None in values:
        return "–"
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
        yield (f"| {stream} | {method} | {weights} | {spread(final)} | {spread(worst)} | {spread(transfer)} | "
               + ", ".join(f"{value:.1f}" for value in final) + " |")


def write(results, path):
    path.write_text("\n".join(lines(results)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print("\n".join(lines(sys.argv[1])))
