"""Reads with TensorBoard the event file that TensorBoardRunsTest wrote: all scalars, steps and times.

usage: read_tensorboard.py FOLDER
"""

import math
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

STEPS = 200
BEGIN = 1767322800.25  # 2026-01-02T03:00:00.250Z

folder = Path(sys.argv[1]) / "tensorboard" / "tiny" / "run"
events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
tags = set(events.Tags()["scalars"])
expected = {
    "training/loss",
    "training/gradient_norm",
    "schedule/learning_rate",
    "schedule/weight_decay",
    "throughput/images_per_second",
    "throughput/wait_share",
    "version/number",
    "version/training_loss",
}
assert tags == expected, f"found {tags}; expected {expected}"

losses = events.Scalars("training/loss")
assert [loss.step for loss in losses] == list(range(1, STEPS))  # the last batch was skipped
for loss in losses:
    assert math.isclose(loss.value, 1 / loss.step, rel_tol=1e-6), loss
    assert math.isclose(loss.wall_time, BEGIN + loss.step, abs_tol=1e-3), loss
assert len(events.Scalars("throughput/wait_share")) == STEPS
assert [(v.step, v.value) for v in events.Scalars("version/number")] == [(100, 1.0)]
print(f"TensorBoard reads {sum(len(events.Scalars(tag)) for tag in tags)} scalars of {len(tags)} curves")
