"""What evaluating costs the training, and what labels say of forgetting, as Markdown tables.

    python3 tables.py kiln-versions
"""

import csv
import json
import pathlib
import statistics
import sys

from plot import ERAS, by_era, ends, read

FROM_STEP = 32
COLUMNS = ("seed", "evaluation job", "processor s a step", "median step, s", "waitShare", "images/s", "seconds",
           "versions evaluated", "processor s a version", "median s after")
RULES = ("newest", "promoted last", "first", "best by labels")


def cost(folder):
    """A row: the training of a run, and how fast its versions were evaluated. Time counts from step 32 on."""
    steps = [step for step in read(folder / "steps.jsonl") if not step["skipped"]]
    evaluations = read(folder / "evaluations.jsonl")
    processor = json.loads((folder / "run.json").read_text())["processor"]
    warm = steps[FROM_STEP:]
    worked = sum(step["seconds"] for step in warm)
    waited = sum(step["seconds"] * step["waitShare"] / (1 - step["waitShare"]) for step in warm)
    seconds = steps[-1]["at"] - steps[FROM_STEP]["at"]
    images = steps[-1]["samplesSeen"] - steps[FROM_STEP]["samplesSeen"]
    seed, kind = folder.name.split("-")
    row = [seed, "without", f"{processor['training'] / len(steps):.3f}",
           f"{statistics.median(step['seconds'] for step in warm):.3f}", f"{waited / (worked + waited):.2f}",
           f"{images / seconds:.0f}", f"{seconds:.0f}", "–", "–", "–"]
    if kind == "evaluated":
        skipped = sum(len(one["skippedVersions"]) for one in evaluations)
        row[1] = "with"
        row[-3:] = [f"{len(evaluations)} of {len(evaluations) + skipped}",
                    f"{processor['evaluation'] / len(evaluations):.1f}",
                    f"{statistics.median(one['secondsAfter'] for one in evaluations):.0f}"]
    return row


def accuracies(run):
    """Accuracy by (step, era), in per cent; step 0 is before the first."""
    with open(run / "accuracies.csv", encoding="utf-8", newline="") as file:
        return {(int(row["step"]), int(row["era"])): 100 * float(row["accuracy"]) for row in csv.DictReader(file)}


def by_eras(run):
    """R by (after era, era), of the last version of each era; after era 0 are random weights."""
    accuracy = accuracies(run)
    steps = {step for step, _ in accuracy}
    last = [0, *(max(step for step in steps if step <= end) for end in ends(run))]
    return {(after, era): accuracy[step, era] for after, step in enumerate(last) for era in range(1, len(ERAS) + 1)}


def gates(run):
    """A row: what each rule has in use, as accuracy over the eras that have begun, in the mean of all versions."""
    accuracy, begins = accuracies(run), [0, *ends(run)][:-1]
    evaluations = read(run / "evaluations.jsonl")
    promoted = [one["step"] for one in evaluations if one["gate"]["passed"]]
    in_use = {rule: [] for rule in RULES}
    for at in (one["step"] for one in evaluations):

        def score(step):
            return statistics.mean(accuracy[step, era] for era, begin in enumerate(begins, 1) if begin < at)

        until = [one["step"] for one in evaluations if one["step"] <= at]
        for rule, step in zip(RULES, (at, max((step for step in promoted if step <= at), default=at), until[0],
                                      max(until, key=score)), strict=True):
            in_use[rule].append(score(step))
    return [run.name, f"{len(promoted)} of {len(evaluations)}", str(promoted[-1]) if promoted else "–",
            *(f"{statistics.mean(scores):.1f}" for scores in in_use.values())]


def measures(accuracy):
    """Average accuracy, backward and forward transfer (GEM), and the four averages of CLEAR, by their names.

    accuracy is by (after era, era); after era 0 are random weights.
    """
    eras = range(1, max(era for _, era in accuracy) + 1)
    last = eras[-1]

    def mean(pairs, value=accuracy.__getitem__):
        return statistics.mean(value(pair) for pair in pairs)

    return {
        "average accuracy": mean((last, era) for era in eras),
        "backward transfer": mean(((last, era) for era in eras[:-1]), lambda r: accuracy[r] - accuracy[r[1], r[1]]),
        "forward transfer": mean(((era - 1, era) for era in eras[1:]), lambda r: accuracy[r] - accuracy[0, r[1]]),
        "in-domain": mean((era, era) for era in eras),
        "next-domain": mean((era - 1, era) for era in eras[1:]),
        "CLEAR backward": mean((after, era) for after in eras for era in eras if after > era),
        "CLEAR forward": mean((after, era) for after in eras for era in eras if after < era),
    }


def table(columns, rows):
    yield "| " + " | ".join(columns) + " |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def matrix(what, rows):
    """R(t, i): rows by what came last, columns by era."""
    return table([what, *(f"{number} {name}" for number, name in enumerate(ERAS, 1))], rows)


def of_labels(run):
    accuracy = by_eras(run)
    for after in range(len(ERAS) + 1):
        yield [f"after {after} {ERAS[after - 1]}" if after else "random weights",
               *(f"{accuracy[after, era]:.1f}" for era in range(1, len(ERAS) + 1))]


def of_losses(run):
    """The evaluation job's losses of the last version in each era."""
    evaluations = read(run / "evaluations.jsonl")
    losses = by_era(evaluations)
    for after, end in enumerate(ends(run), 1):
        step = max((one["step"] for one in evaluations if one["step"] <= end), default=0)
        yield [f"after {after} {ERAS[after - 1]}",
               *(next((f"{loss:.3f}" for at, loss in losses.get(era, []) if at == step), "–")
                 for era in range(len(ERAS)))]


def write(folder):
    """The tables of a series, which are kept in its folder too."""
    runs = sorted(path.parent for path in folder.glob("*/run.json"))
    lines = list(table(COLUMNS, map(cost, runs)))
    evaluated = [run for run in runs if (run / "accuracies.csv").exists()]
    for run in evaluated:
        lines += ["", f"{run.name}:", "", *matrix("accuracy, %", of_labels(run)), "",
                  *matrix("holdout loss", of_losses(run))]
    found = [measures(by_eras(run)) for run in evaluated]
    if found:
        lines += ["", *table(("run", "versions promoted", "step of the last", *RULES), map(gates, evaluated))]
        lines += ["", *table(["measure, %", *(run.name for run in evaluated)],
                             ([name, *(f"{each[name]:.1f}" for each in found)] for name in found[0]))]
    text = "\n".join(lines) + "\n"
    (folder / "tables.md").write_text(text, encoding="utf-8")
    return text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.stdout.write(write(pathlib.Path(sys.argv[1])))
