"""Evaluations of every version of a run on a stream that drifts, and what evaluating costs the training.
docs/explanation/evaluation.md shows what came out.

    apt-get install dataset-fashion-mnist && pip install -r requirements.txt
    python3 versions.py

Makes two runs for each seed, on the same stream: with the evaluation job and without. A series that was interrupted
goes on with the first run that is not complete.
"""

import argparse
import csv
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import time

import numpy
import torch
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "drift"))
import drift
import encoder
import plot
import streams
import tables
from processor import Processor
from topics import Topic

STREAM = "domains"
CHUNK = 64
AHEAD = 512
STALLED = 300
PROBE_A_CLASS = 4
EVERY = 2
SETTINGS = drift.NETWORK | drift.schedules(0)["constant"] | {
    "masking.views": drift.VIEWS, "training.average": "none", "checkpoints.everySteps": 32,
    "evaluation.holdoutShare": 0.1, "evaluation.anchors": 128, "evaluation.recent": 64,
    "evaluation.drift.reference": 64, "evaluation.drift.window": 32, "evaluation.promote": "when-not-worse",
}
RANDOM = {"training.schedule.peakLearningRate": 1e-9}


class Run:
    """One run, whose records and accuracies end up in its folder."""

    def __init__(self, kiln, folder, seed, images, evaluated, more):
        self.kiln, self.seed, self.images, self.evaluated = kiln, seed, images, evaluated
        self.folder = folder / f"{seed}-{'evaluated' if evaluated else 'alone'}"
        self.processor = Processor(kiln.folder)
        self.record = self.folder / "run.json"
        self.name = (json.loads(self.record.read_text())["name"] if self.complete()
                     else f"{self.folder.name}-{int(time.time())}")
        self.stream = folder / "streams" / str(seed)
        self.sent = images * streams.ERAS
        topics = {f"topics.{key}": f"{key}-{self.name}".lower()
                  for key in ("images", "sparseBatches", "deadLetters", "holdout", "trainingSteps", "evaluations")}
        self.settings = SETTINGS | more | topics | {
            "model.name": self.name, "training.runId": self.name, "training.seed": seed, "masking.seed": seed,
            "evaluation.eraImages": round(images * SETTINGS["evaluation.holdoutShare"]),
            "evaluation.probe": str(folder / "probe" / str(seed))}

    def complete(self):
        return self.record.exists()

    def make(self):
        """Sends the stream at the pace of the training, and waits for the last step and the last evaluation."""
        print(f"{time.strftime('%H:%M:%S')} {self.folder.name}", flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        eras = streams.eras(STREAM, self.seed, self.images)
        self._write(eras)
        self.kiln.cancel()
        self.kiln.call("topics", "create", settings=self.settings)
        for job in ("masking", "training", *(["evaluation"] if self.evaluated else [])):
            submitted = self.kiln.call("submit", job, settings=self.settings).stdout
            if job == "training":
                training = re.search("as job ([0-9a-f]{32})", submitted).group(1)
        steps, held_out = self._feed()
        self.kiln.drain(training, drift.VIEWS * (self.sent - sum(held_out)))
        evaluations = self._evaluations(steps[-1]["step"]) if self.evaluated else []
        self.kiln.cancel()
        self._keep("steps.jsonl", steps)
        self._keep("evaluations.jsonl", evaluations)
        self.record.write_text(json.dumps({
            "name": self.name, "images": self.images, "views": drift.VIEWS, "heldOut": held_out,
            "processor": self.processor.seconds()}))

    def _write(self, eras):
        """The stream in small archives, and pictures for the evaluation job's probe, by class and era."""
        probe = pathlib.Path(self.settings["evaluation.probe"])
        if probe.exists():
            return
        self.stream.mkdir(parents=True, exist_ok=True)
        pictures = numpy.concatenate([era.stream for era in eras])
        for at in range(0, len(pictures), CHUNK):
            streams.write(pictures[at : at + CHUNK], self.stream / f"{at:06d}.tar")
        for number, era in enumerate(eras):
            for label in range(streams.CLASSES):
                place = probe / str(label) / f"{number + 1}-{plot.ERAS[number]}"
                place.mkdir(parents=True, exist_ok=True)
                for index, at in enumerate(numpy.flatnonzero(era.test_labels == label)[:PROBE_A_CLASS]):
                    Image.fromarray(era.test[at]).save(place / f"{index}.png")

    def _feed(self):
        """Keeps the stream a little ahead of the training. Returns all steps, and the held-out images of each era."""
        ingest = self.kiln.begin("ingest", "-", settings=self.settings)
        trained = Topic(self.kiln.config, self.settings["topics.trainingSteps"])
        holdout = Topic(self.kiln.config, self.settings["topics.holdout"])
        chunks = sorted(self.stream.glob("*.tar"))
        steps, sent, held_out, moved = [], 0, [0] * streams.ERAS, time.monotonic()
        while (seen := steps[-1]["samplesSeen"] if steps else 0) < drift.VIEWS * (self.sent - sum(held_out)):
            while chunks and sent - sum(held_out) < seen / drift.VIEWS + AHEAD:
                ingest.stdin.write(f"{chunks.pop(0)}\n")
                ingest.stdin.flush()
                sent += CHUNK
            if not chunks and not ingest.stdin.closed:
                ingest.stdin.close()
            self.processor.look()
            new = list(trained.records(0.5))
            steps += new
            for record in holdout.records(0.1):
                held_out[record["images"][0]["offset"] // self.images] += 1
            moved = time.monotonic() if new else moved
            if time.monotonic() - moved > STALLED:
                raise SystemExit(f"{self.name} has not moved for {STALLED} s; see {self.kiln.folder}")
        trained.close()
        holdout.close()
        ingest.wait()
        return steps, held_out

    def _evaluations(self, last):
        """All, once that of the last step is there; each with how long after its version was announced it came."""
        events = Topic(self.kiln.config, "checkpoints")
        evaluations = Topic(self.kiln.config, self.settings["topics.evaluations"])
        found, deadline = [], time.monotonic() + STALLED
        while not found or found[-1]["step"] < last:
            self.processor.look()
            found += evaluations.records(1)
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name}: no evaluation of step {last} within {STALLED} s")
        announced = {event["version"]: event["at"] for event in events.records(2)
                     if event["runId"] == self.name and event["status"] == "CANDIDATE"}
        events.close()
        evaluations.close()
        return [one | {"secondsAfter": one["at"] - announced[one["version"]]} for one in found]

    def measure(self):
        """Accuracy on every other labelled picture of each era, of random weights (step 0) and of every version."""
        path = self.folder / "accuracies.csv"
        if path.exists():
            return
        print(f"{time.strftime('%H:%M:%S')} {self.folder.name}: labels", flush=True)
        eras = [dataclasses.replace(era, fit=era.fit[::EVERY], fit_labels=era.fit_labels[::EVERY],
                                    test=era.test[::EVERY], test_labels=era.test_labels[::EVERY])
                for era in streams.eras(STREAM, self.seed, self.images)]
        scale = [[encoder.pixels(images, drift.SIDE, drift.MEAN, drift.STD) for images in (era.fit, era.test)]
                 for era in eras]
        rows = [["step", "era", "accuracy"]]
        for step, state in ({0: self._random()} | self._versions(self.name)).items():
            rows += [[step, number, f"{accuracy:.4f}"]
                     for number, accuracy in enumerate(drift.accuracies(encoder.read(state), scale, eras, False), 1)]
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def _random(self):
        """The training state of the first weights: of a run on the same batches whose learning rate changes nothing."""
        name = f"{self.name}-random"
        if not self._versions(name):
            settings = self.settings | RANDOM | {"training.runId": name}
            submitted = self.kiln.call("submit", "training", settings=settings).stdout
            self.kiln.drain(re.search("as job ([0-9a-f]{32})", submitted).group(1), 1)
        found = self._versions(name)
        return found[min(found)]

    def _versions(self, run):
        return drift.versions(self.kiln.artifacts() / self.name / run)

    def _keep(self, name, records):
        lines = (json.dumps(record, default=str) + "\n" for record in records)
        (self.folder / name).write_text("".join(lines), encoding="utf-8")


class Kiln(drift.Kiln):
    """The kiln command, and verbs that read as they run."""

    def begin(self, *arguments, settings):
        """Starts a verb that reads lines from its standard input."""
        return subprocess.Popen([self.command, *arguments, *self.configured(settings)], stdin=subprocess.PIPE,
                                stdout=self.log, stderr=self.log, text=True)

    def artifacts(self):
        """The folder of all models."""
        root = re.search(r"artifacts: *['\"]?file:/+([^'\"\s]+)", self.config.read_text()).group(1)
        return pathlib.Path("/" + root)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kiln", default=HERE.parent.parent / "kiln", metavar="FILE", help="the kiln command")
    parser.add_argument("--work-dir", default="kiln-versions", metavar="DIR", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=2560, metavar="N", help="images an era (default: 2560)")
    parser.add_argument("--seeds", type=int, default=2, metavar="N",
                        help="pairs of runs, with seeds from 0 (default: 2)")
    parser.add_argument("--evaluated-only", action="store_true",
                        help="leave out the runs without the evaluation job, and with them what it costs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of all runs; may be repeated")
    return parser.parse_args()


def main():
    given = arguments()
    given.work_dir.mkdir(parents=True, exist_ok=True)
    folder = given.work_dir.resolve()
    torch.set_num_threads(1)
    kiln = Kiln(given.kiln, folder)
    more = dict(setting.split("=", 1) for setting in given.set)
    runs = [Run(kiln, folder, seed, given.images, evaluated, more)
            for seed in range(given.seeds) for evaluated in ((True,) if given.evaluated_only else (True, False))]
    for run in runs:
        if not run.complete():
            run.make()
    for run in runs:
        if run.evaluated:
            run.measure()
    kiln.call("cluster", "stop", "--dir", kiln.folder)
    plot.write(folder / "0-evaluated", folder / "versions.svg")
    sys.stdout.write(tables.write(folder))


if __name__ == "__main__":
    main()
