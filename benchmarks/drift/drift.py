"""Kiln-Drift: what learning methods keep of a stream that drifts. docs/explanation/drift.md has the protocol.

    apt-get install dataset-fashion-mnist && pip install -r requirements.txt
    python3 drift.py

*pictures* needs the packages that pictures.py names, too.

A series that was interrupted goes on where it was: runs that results.csv holds are not made again.
"""

import argparse
import csv
import json
import pathlib
import re
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
ENDED = ("CANCELED", "FAILED", "FINISHED")
POLL = 2

NETWORK = {
    "input.height": SIDE, "input.width": SIDE, "input.channels": 1, "input.mean": [MEAN], "input.std": [STD],
    "model.architecture": "custom", "model.family": "resnet-basic", "model.depths": [1, 1, 1, 1],
    "model.widths": [16, 32, 64, 128], "model.stem": 16, "model.decoderWidth": 64,
    "topics.imagePartitions": 1, "masking.batchSize": BATCH, "masking.flushAfter": "5s",
    "kafka.connectTimeout": "600s", "registry.connectTimeout": "600s",
    "training.threads": 1, "training.schedule.weightDecay": 0.04, "training.schedule.weightDecayEnd": 0.04,
    "training.average": "ema", "training.ema.decay": 0.99, "training.ema.everySteps": 1,
    "checkpoints.everySteps": 16, "checkpoints.keepEvery": 1, "checkpoints.reconstructions": 0,
    "flink.checkpointInterval": "1s",
}
PEAK, WARMUP = 0.02, 16
ANNEALED = "annealed"
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


def annealing(steps):
    """A branch ends with each era, and begins in the middle of it. A version has no average then."""
    era = steps // streams.ERAS
    return {"training.average": "none", "training.anneal.steps": era // 2, "checkpoints.everySteps": era}


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
        self.config = self.folder / "kiln.yaml"
        if self._call("cluster", "status", "--dir", self.folder, check=False).returncode:
            self.config.unlink(missing_ok=True)  # it has the ports of before
            self.call("cluster", "start", "--dir", self.folder, "--task-managers", "1", "--slots", "3",
                      "--broker-port", "0", "--registry-port", "0", "--flink-port", "0")
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
        return self._call(*arguments, *([] if settings is None else self.configured(settings)), check=True)

    def configured(self, settings):
        """The options that give a verb the cluster's configuration with these settings."""
        return ["--config", self.config] + [
            part for key, value in settings.items()
            for part in ("--set", f"{key}={json.dumps(value) if isinstance(value, list) else value}")]

    def _rest(self, path, method="GET", body=None):
        request = urllib.request.Request(self.flink + path, body and json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read() or "{}")

    def states(self):
        """States of all jobs by id."""
        return {job["jid"]: job["state"] for job in self._rest("/jobs/overview")["jobs"]}

    def cancel(self):
        """Ends all jobs."""
        while running := [job for job, state in self.states().items() if state not in ENDED]:
            for job in running:
                self._rest(f"/jobs/{job}?mode=cancel", "PATCH")
            time.sleep(POLL)

    def drain(self, job, images):
        """Waits until a training job has seen so many images, and ends it, so that it publishes its last step."""
        vertex = self._rest(f"/jobs/{job}")["vertices"][0]["id"]
        metric = f"/jobs/{job}/vertices/{vertex}/metrics?get=0.train.training.samplesSeen"
        deadline = time.monotonic() + PATIENCE
        stopping = False
        while (state := self.states()[job]) != "FINISHED":
            if state == "FAILED" or time.monotonic() > deadline:
                raise SystemExit(f"job {job} is {state}; see {self.flink}/#/job/{job}/exceptions")
            seen = self._rest(metric) if state == "RUNNING" else []
            if not stopping and seen and int(float(seen[0]["value"])) >= images:
                self._rest(f"/jobs/{job}/stop", "POST",
                           {"drain": True, "targetDirectory": f"{self.folder / 'savepoints'}"})
                stopping = True
            time.sleep(POLL)


class Series:
    """Runs, one after the other."""

    def __init__(self, kiln, folder, images_an_era):
        self.kiln, self.folder, self.images = kiln, folder, images_an_era
        self.steps = images_an_era * VIEWS * streams.ERAS // BATCH

    def run(self, stream, method, seed):
        """One run: trains on the stream by the method, and measures its versions."""
        plain, _, weights = method.partition("/")
        if weights not in ("", ANNEALED):
            raise SystemExit(f"method {method}: /{weights} is unknown; expected /{ANNEALED} or nothing")
        schedule, _, policy = plain.partition("+")
        policy = policy or "none"
        began = time.monotonic()
        print(f"{time.strftime('%H:%M:%S')} {stream} {method} seed {seed}", flush=True)
        self.kiln.cancel()
        eras = streams.eras(stream, seed, self.images)
        name = f"{stream}-{re.sub('[+/]', '-', method)}-{seed}-{int(time.time())}"
        topics = self._batches(stream, seed, policy, eras)
        settings = NETWORK | topics | schedules(self.steps)[schedule] | {
            "training.runId": name, "training.seed": seed, "masking.seed": seed}
        if weights:
            settings |= annealing(self.steps)
        submitted = self.kiln.call("submit", "training", settings=settings).stdout
        job = re.search("as job ([0-9a-f]{32})", submitted).group(1)
        artifacts = self._artifacts(name)
        self.kiln.drain(job, self.images * VIEWS * streams.ERAS - (policy != "none"))
        self._made(stream, seed, policy).write_text(topics["topics.sparseBatches"])
        self.kiln.cancel()
        trained = time.monotonic() - began
        kinds = self._annealed if weights else self._kinds
        rows = self._measure(stream, plain, seed, kinds(versions(artifacts)), eras)
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
        done = self._made(stream, seed, policy)
        topics = {"topics.images": images, "topics.sparseBatches": batches, "topics.deadLetters": f"dead-{place}"}
        sent = self.kiln.folder / f"{images}.sent"
        if not sent.exists():
            topics["topics.images"] = f"{images}-{int(time.time())}"
            settings = NETWORK | topics
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
            settings = NETWORK | topics | masking(policy) | {
                "training.runId": topics["topics.sparseBatches"], "masking.seed": seed}
            self.kiln.call("topics", "create", settings=settings)
            self.kiln.call("submit", "masking", settings=settings)
        return topics

    def _made(self, stream, seed, policy):
        """The file that names the topic of batches that have all been made."""
        return self.kiln.folder / f"batches-{stream}-{seed}-{self.images}-{policy}.topic"

    def _artifacts(self, run):
        text = self.kiln.config.read_text()
        root = re.search(r"artifacts: *['\"]?file:/+([^'\"\s]+)", text).group(1)
        return pathlib.Path("/" + root) / "kiln" / run

    def _kinds(self, found):
        """At the end of each era: the era, the step that is measured, and the weights by their kinds."""
        for point in range(1, streams.ERAS + 1):
            ends = self.steps * point // streams.ERAS
            kinds = {"raw": encoder.read(at(found, ends)), "ema": encoder.read(at(found, ends), "average.")}
            if point == streams.ERAS:
                kinds["merged"] = encoder.Weights.mean_of(
                    [encoder.read(at(found, ends - back * MERGED_EVERY)) for back in range(MERGED)])
            yield point, step(at(found, ends)), kinds

    def _annealed(self, found):
        """The same for the branches that end with the eras."""
        branches = {encoder.annealed_at(state): state for state in found.values()}
        for point in range(1, streams.ERAS + 1):
            ends = self.steps * point // streams.ERAS
            if ends not in branches:
                raise SystemExit(f"no version has the branch that ends at step {ends}; there are {sorted(branches)}")
            yield point, ends, {ANNEALED: encoder.read(branches[ends], "annealed.")}

    def _measure(self, stream, method, seed, points, eras):
        scale = scaled(eras)
        rows = []
        for point, at_step, kinds in points:
            for kind, weights in kinds.items():
                for number, accuracy in enumerate(accuracies(weights, scale, eras, stream in streams.APART)):
                    rows.append({"stream": stream, "method": method, "weights": kind, "seed": seed,
                                 "after era": point, "step": at_step, "era": number + 1,
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


def at(found, ends):
    """The last version of at most so many steps."""
    return found[max((step for step in found if step <= ends), default=min(found))]


def scaled(eras):
    """Of each era, the pictures that the probe is fitted to and scored on, as the network takes them."""
    return [[encoder.pixels(images, SIDE, MEAN, STD) for images in (era.fit, era.test)] for era in eras]


def accuracies(weights, scale, eras, apart):
    """Accuracy on each era's test pictures of one classifier over all classes, or apart: of a classifier an era."""
    network = encoder.Encoder(weights, torch.cat([fit for fit, _ in scale]))
    fit = [network.features(images) for images, _ in scale]
    labels = [era.fit_labels for era in eras]
    if apart:
        classifiers = [encoder.Ridge(*pair, streams.CLASSES) for pair in zip(fit, labels, strict=True)]
    else:
        classifiers = [encoder.Ridge(numpy.concatenate(fit), numpy.concatenate(labels), streams.CLASSES)] * len(eras)
    return [classifier.accuracy(network.features(images), era.test_labels)
            for classifier, (_, images), era in zip(classifiers, scale, eras, strict=True)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kiln", default=HERE.parent.parent / "kiln", metavar="FILE", help="the kiln command")
    parser.add_argument("--work-dir", default="kiln-drift", metavar="DIR", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=1024, metavar="N", help="images an era (default: 1024)")
    parser.add_argument("--runs", default=HERE / "runs.txt", metavar="FILE", type=pathlib.Path,
                        help="lines of stream, method and seed (default: runs.txt, the whole series)")
    return parser.parse_args()


def main():
    given = arguments()
    given.work_dir.mkdir(parents=True, exist_ok=True)
    folder = given.work_dir.resolve()
    torch.set_num_threads(1)
    kiln = Kiln(given.kiln, folder)
    series = Series(kiln, folder, given.images)
    lines = (line.split("#")[0].split() for line in given.runs.read_text().splitlines())
    for stream, method, seed in filter(None, lines):
        if (stream, method, int(seed)) not in series.made():
            series.run(stream, method, int(seed))
    kiln.call("cluster", "stop", "--dir", kiln.folder)
    sys.stdout.write((folder / "table.md").read_text())


if __name__ == "__main__":
    main()
