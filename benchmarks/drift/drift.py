"""Kiln-Drift: what learning methods keep of a stream that drifts. docs/explanation/drift.md has the protocol.

    apt-get install dataset-fashion-mnist && pip install -r requirements.txt
    python3 drift.py

A series that was interrupted goes on where it was: runs that results.csv holds are not made again.
"""

import argparse
import csv
import json
import pathlib
import re
import struct
import subprocess
import sys
import time
import urllib.request

import numpy
import torch

import encoder
import streams
import table

HERE = pathlib.Path(__file__).resolve().parent
BATCH, SIDE, VIEWS = 16, 96, 2
MEAN, STD = 0.286, 0.353
MERGED, MERGED_EVERY = 4, 32
PATIENCE = 3600
POLL = 2

NETWORK = {
    "input.height": SIDE, "input.width": SIDE, "input.channels": 1, "input.mean": [MEAN], "input.std": [STD],
    "model.architecture": "custom", "model.family": "resnet-basic", "model.depths": [1, 1, 1, 1],
    "model.widths": [16, 32, 64, 128], "model.stem": 16, "model.decoderWidth": 64,
    "topics.imagePartitions": 1, "masking.batchSize": BATCH, "masking.flushAfter": "5s",
    "kafka.connectTimeout": "600s", "registry.connectTimeout": "600s",
    "training.threads": 1, "training.schedule.weightDecay": 0.04, "training.schedule.weightDecayEnd": 0.04,
    "training.average": "ema", "training.ema.decay": 0.99, "training.ema.everySteps": 1,
    "checkpoints.everySteps": 1, "checkpoints.keepEvery": 1, "checkpoints.reconstructions": 0,
}
PEAK, WARMUP = 0.02, 16
REPLAYED = 256


def schedules(steps):
    """Learning rates by their names; an era is a fifth of the steps."""
    kinds = {
        "constant": {"kind": "warmup-stable-decay"},
        "repeated-cosine": {"kind": "repeated-cosine", "totalSteps": steps // streams.ERAS},
        "wsd": {"kind": "warmup-stable-decay", "totalSteps": steps, "decaySteps": steps // streams.ERAS},
        "infinite": {"kind": "infinite", "cooldownSteps": steps // streams.ERAS, "constantLearningRate": PEAK / 2},
        "cosine": {"kind": "cosine", "totalSteps": steps},
    }
    common = {"peakLearningRate": PEAK, "warmupSteps": WARMUP}
    return {name: {f"training.schedule.{key}": value for key, value in (common | kind).items()}
            for name, kind in kinds.items()}


def masking(policy):
    """Each image twice, or once with an old one beside it: as many images for every method."""
    if policy == "none":
        return {"masking.views": VIEWS}
    return {"masking.views": 1, "masking.replay.size": REPLAYED, "masking.replay.perImage": VIEWS - 1,
            "masking.replay.policy": policy}


class Kiln:
    """The kiln command, on a cluster of its own."""

    def __init__(self, command, folder):
        self.command, self.folder = command, folder / "cluster"
        self.log = open(folder / "kiln.log", "a", encoding="utf-8")
        if self._call("cluster", "status", "--dir", self.folder, check=False).returncode:
            self.call("cluster", "start", "--dir", self.folder, "--task-managers", "1", "--slots", "3",
                      "--broker-port", "0", "--registry-port", "0", "--flink-port", "0")
        self.config = self.folder / "kiln.yaml"
        self.flink = re.search(r"restUrl: *['\"]?([^'\"\s]+)", self.config.read_text()).group(1)

    def _call(self, *arguments, check):
        done = subprocess.run([self.command, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        self.log.write(f"$ kiln {' '.join(map(str, arguments))}\n{done.stdout}")
        self.log.flush()
        if check and done.returncode:
            raise SystemExit(f"kiln {arguments[0]} failed:\n{done.stdout[-2000:]}")
        return done

    def call(self, *arguments, settings=None):
        """Runs a verb; settings go along as --set."""
        sets = [part for key, value in (settings or {}).items()
                for part in ("--set", f"{key}={json.dumps(value) if isinstance(value, list) else value}")]
        config = [] if settings is None else ["--config", self.config]
        return self._call(*arguments, *config, *sets, check=True)

    def _rest(self, path, method="GET"):
        with urllib.request.urlopen(urllib.request.Request(self.flink + path, method=method), timeout=60) as reply:
            return json.loads(reply.read() or "{}")

    def jobs(self):
        """States of the jobs that have not ended, by id, and those that failed."""
        return {job["jid"]: job["state"] for job in self._rest("/jobs/overview")["jobs"]
                if job["state"] not in ("CANCELED", "FINISHED")}

    def cancel(self):
        """Ends all jobs."""
        for job, state in self.jobs().items():
            if state != "FAILED":
                self._rest(f"/jobs/{job}?mode=cancel", "PATCH")
        while any(state != "FAILED" for state in self.jobs().values()):
            time.sleep(POLL)


class Series:
    """Runs, one after the other."""

    def __init__(self, kiln, folder, images_an_era, interval):
        self.kiln, self.folder, self.images = kiln, folder, images_an_era
        self.network = NETWORK | {"flink.checkpointInterval": interval}
        self.steps = images_an_era * VIEWS * streams.ERAS // BATCH

    def run(self, stream, method, seed):
        """One run: trains on the stream by the method, and measures its versions."""
        schedule, _, policy = method.partition("+")
        policy = policy or "none"
        began = time.monotonic()
        print(f"{time.strftime('%H:%M:%S')} {stream} {method} seed {seed}", flush=True)
        self.kiln.cancel()
        eras = streams.eras(stream, seed, self.images)
        name = f"{stream}-{method.replace('+', '-')}-{seed}-{int(time.time())}"
        topics = self._batches(stream, seed, policy, eras)
        settings = self.network | topics | schedules(self.steps)[schedule] | {
            "training.runId": name, "training.seed": seed, "masking.seed": seed}
        self.kiln.call("submit", "training", settings=settings)
        artifacts = self._artifacts(name)
        self._await(artifacts, self.images * VIEWS * streams.ERAS - (policy != "none"))
        self.kiln.cancel()
        trained = time.monotonic() - began
        rows = self._measure(stream, method, seed, versions(artifacts), eras)
        self._append("results.csv", rows)
        self._append("runs.csv", [{
            "stream": stream, "method": method, "seed": seed, "images an era": self.images, "steps": self.steps,
            "views": self.steps * BATCH, "seconds": round(trained), "seconds to measure":
            round(time.monotonic() - began - trained)}])
        subprocess.run(["rm", "-rf", artifacts], check=True)
        table.write(self.folder / "results.csv", self.folder / "table.md")

    def _batches(self, stream, seed, policy, eras):
        """Has the stream masked by a policy, once for all runs that train on it: all see the same batches."""
        place = f"{stream}-{seed}-{self.images}"
        images, batches = f"images-{place}", f"batches-{place}-{policy}"
        done = self.kiln.folder / f"{batches}.topic"
        topics = {"topics.images": images, "topics.sparseBatches": batches, "topics.deadLetters": f"dead-{place}"}
        sent = self.kiln.folder / f"{images}.sent"
        if not sent.exists():
            topics["topics.images"] = f"{images}-{int(time.time())}"
            settings = self.network | topics
            self.kiln.call("topics", "create", settings=settings)
            folder = self.folder / "streams" / place
            folder.mkdir(parents=True, exist_ok=True)
            for number, era in enumerate(eras):
                streams.write(era.stream, folder / f"{number}.tar")
            self.kiln.call("ingest", *sorted(folder.glob("*.tar")), settings=settings)
            sent.write_text(topics["topics.images"])
        topics["topics.images"] = sent.read_text()
        if done.exists():
            topics["topics.sparseBatches"] = done.read_text()
        else:
            topics["topics.sparseBatches"] = f"{batches}-{int(time.time())}"
            settings = self.network | topics | masking(policy) | {
                "training.runId": topics["topics.sparseBatches"], "masking.seed": seed}
            self.kiln.call("topics", "create", settings=settings)
            self.kiln.call("submit", "masking", settings=settings)
            done.write_text(topics["topics.sparseBatches"])
        return topics

    def _artifacts(self, run):
        text = self.kiln.config.read_text()
        root = re.search(r"artifacts: *['\"]?file:/+([^'\"\s]+)", text).group(1)
        return pathlib.Path("/" + root) / "kiln" / run

    def _await(self, artifacts, images):
        """Waits until a version has seen so many images."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            newest = list(versions(artifacts).values())[-1:]
            if newest and seen(newest[0]) >= images:
                return
            failed = [job for job, state in self.kiln.jobs().items() if state == "FAILED"]
            if len(failed) > getattr(self, "failed", 0):
                raise SystemExit(f"job {failed[-1]} failed; see {self.kiln.flink}/#/job/{failed[-1]}/exceptions")
            time.sleep(POLL)
        raise SystemExit(f"{artifacts} has no version of {images} images after {PATIENCE} s")

    def _measure(self, stream, method, seed, found, eras):
        scale = [[encoder.pixels(images, SIDE, MEAN, STD) for images in (era.fit, era.test)] for era in eras]
        rows = []
        for point in range(1, streams.ERAS + 1):
            ends = self.steps * point // streams.ERAS
            kinds = {"raw": encoder.read(at(found, ends)), "ema": encoder.read(at(found, ends), "average.")}
            if point == streams.ERAS:
                kinds["merged"] = encoder.Weights.mean_of(
                    [encoder.read(at(found, ends - back * MERGED_EVERY)) for back in range(MERGED)])
            for kind, weights in kinds.items():
                for number, accuracy in enumerate(accuracies(weights, scale, eras)):
                    rows.append({"stream": stream, "method": method, "weights": kind, "seed": seed,
                                 "after era": point, "step": step(at(found, ends)), "era": number + 1,
                                 "accuracy": f"{accuracy:.4f}"})
        return rows

    def _append(self, name, rows):
        path = self.folder / name
        fresh = not path.exists()
        with open(path, "a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            if fresh:
                writer.writeheader()
            writer.writerows(rows)

    def made(self):
        """Runs that the results hold."""
        path = self.folder / "runs.csv"
        if not path.exists():
            return set()
        with open(path, encoding="utf-8", newline="") as file:
            return {(row["stream"], row["method"], int(row["seed"])) for row in csv.DictReader(file)}


def versions(artifacts):
    """Training states of a run by their step, oldest first."""
    states = sorted(artifacts.glob("v*-step*/training-state.safetensors"))
    return {step(state): state for state in states}


def step(state):
    return int(state.parent.name.rpartition("step")[2])


def seen(state):
    """Images that a training state has seen; 0 while it is being written."""
    try:
        return int(encoder.header(state)[0]["__metadata__"]["samplesSeen"])
    except (OSError, ValueError, KeyError, struct.error):
        return 0


def at(found, ends):
    """The last version of at most so many steps."""
    return found[max((step for step in found if step <= ends), default=min(found))]


def accuracies(weights, scale, eras):
    """Accuracy on each era's test pictures of one classifier over all classes."""
    network = encoder.Encoder(weights, torch.cat([fit for fit, _ in scale]))
    fit = [network.features(images) for images, _ in scale]
    classifier = encoder.Ridge(numpy.concatenate(fit),
                               numpy.concatenate([era.fit_labels for era in eras]), streams.CLASSES)
    return [classifier.accuracy(network.features(images), era.test_labels)
            for (_, images), era in zip(scale, eras, strict=True)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kiln", default=HERE.parent.parent / "kiln", metavar="FILE", help="the kiln command")
    parser.add_argument("--work-dir", default="kiln-drift", metavar="DIR", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=1024, metavar="N", help="images an era (default: 1024)")
    parser.add_argument("--interval", default="1s", metavar="TIME",
                        help="time between two versions: more on a busy machine (default: 1s)")
    parser.add_argument("--runs", default=HERE / "runs.txt", metavar="FILE", type=pathlib.Path,
                        help="lines of stream, method and seed (default: runs.txt, the whole series)")
    return parser.parse_args()


def main():
    given = arguments()
    given.work_dir.mkdir(parents=True, exist_ok=True)
    folder = given.work_dir.resolve()
    torch.set_num_threads(1)
    kiln = Kiln(given.kiln, folder)
    series = Series(kiln, folder, given.images, given.interval)
    lines = (line.split("#")[0].split() for line in given.runs.read_text().splitlines())
    for stream, method, seed in filter(None, lines):
        if (stream, method, int(seed)) not in series.made():
            series.run(stream, method, int(seed))
    kiln.call("cluster", "stop", "--dir", kiln.folder)
    sys.stdout.write((folder / "table.md").read_text())


if __name__ == "__main__":
    main()
