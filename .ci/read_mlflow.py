"""Reads with MLflow's client the run that MlflowRunsTest wrote twice: all metrics, steps and times. Asks MLFLOW_TRACKING_URI."""

import math

from mlflow import MlflowClient

STEPS = 700
BEGIN = 1767322800250  # 2026-01-02T03:00:00.250Z, in milliseconds

client = MlflowClient()
experiment = client.get_experiment_by_name("tiny")
runs = client.search_runs([experiment.experiment_id])
assert len(runs) == 1, f"{len(runs)} runs; expected that the second replaced the first"
run = runs[0]
assert run.info.run_name == "run" and run.info.status == "FINISHED", run.info
assert run.info.start_time == BEGIN + 1000, run.info
assert run.data.params["masking.maskRatio"] == "0.6", run.data.params
assert set(run.data.metrics) == {
    "training/loss",
    "training/gradient_norm",
    "schedule/learning_rate",
    "schedule/weight_decay",
    "throughput/images_per_second",
    "throughput/wait_share",
    "version/number",
    "version/training_loss",
}, run.data.metrics
losses = sorted(client.get_metric_history(run.info.run_id, "training/loss"), key=lambda m: m.step)
assert [loss.step for loss in losses] == list(range(1, STEPS + 1))
for loss in losses:
    assert math.isclose(loss.value, 1 / loss.step, rel_tol=1e-6), loss
    assert loss.timestamp == BEGIN + 1000 * loss.step, loss
assert len(client.get_metric_history(run.info.run_id, "training/gradient_norm")) == STEPS - 1  # one was not finite
print(f"MLflow reads {len(run.data.metrics)} metrics and {len(run.data.params)} parameters of one run")
