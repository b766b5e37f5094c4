"""Checkpoint events. The fields are those of schemas/src/main/avro/CheckpointEvent.avsc, which documents them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MOST = 10**15
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class CheckpointFile:
    """One file in the artifact store."""

    role: str
    uri: str
    format: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class InputSpec:
    """What the encoder takes."""

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    value_range: tuple[float, ...] = ()
    sample_bits: int = 8
    interpolation: str = "bicubic"
    fit: str = "centre-crop"


@dataclass(frozen=True)
class TimmModel:
    """timm.create_model(name, **arguments)."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class FeatureSpec:
    """The maps [images, channels, height / stride, width / stride] of one stage."""

    stride: int
    channels: int


@dataclass(frozen=True)
class PromotionFigure:
    """A figure of a version, and of the one promoted before."""

    name: str
    value: float
    before: float | None


@dataclass(frozen=True)
class Promotion:
    """What carried a promotion by Kiln's evaluation job."""

    before_run_id: str | None
    before_version: int | None
    figures: tuple[PromotionFigure, ...]
    verdict: str | None


@dataclass(frozen=True)
class CheckpointEvent:
    """Weights whose files exist, and what has become of them."""

    event_id: str
    run_id: str
    model: str
    version: int
    step: int
    samples_seen: int
    status: str
    files: tuple[CheckpointFile, ...]
    input: InputSpec
    architecture: str
    timm: TimmModel | None
    features: tuple[FeatureSpec, ...]
    embedding_size: int
    norm_statistics: str
    training_loss: float | None
    code_version: str
    created_at: datetime
    promotion: Promotion | None = None

    def file(self, role: str) -> CheckpointFile | None:
        """The file of a role, such as ENCODER; None if the event names none."""
        return next((file for file in self.files if file.role == role), None)

    @property
    def key(self) -> tuple[str, str, int]:
        """What all events of this version have in common: model, run and version."""
        return self.model, self.run_id, self.version

    def __str__(self) -> str:
        return f"version {self.version} of {self.model}, run {self.run_id}"


def from_record(record: Mapping[str, Any]) -> CheckpointEvent:
    """An event from the fields of its record.

    Raises:
        ValueError: a field holds what Kiln never writes; the message names it.
    """
    given, timm, promotion = record["input"], record["timm"], record["promotion"]
    event = CheckpointEvent(
        event_id=record["eventId"],
        run_id=record["runId"],
        model=record["model"],
        version=record["version"],
        step=record["step"],
        samples_seen=record["samplesSeen"],
        status=record["status"],
        files=tuple(CheckpointFile(**file) for file in record["files"]),
        input=InputSpec(
            height=given["height"],
            width=given["width"],
            channels=given["channels"],
            mean=tuple(given["mean"]),
            std=tuple(given["std"]),
            value_range=tuple(given["valueRange"]),
            sample_bits=given["sampleBits"],
            interpolation=given["interpolation"],
            fit=given["fit"],
        ),
        architecture=record["architecture"],
        timm=timm and TimmModel(timm["name"], json.loads(timm["arguments"])),
        features=tuple(FeatureSpec(**feature) for feature in record["features"]),
        embedding_size=record["embeddingSize"],
        norm_statistics=record["normStatistics"],
        training_loss=record["trainingLoss"],
        code_version=record["codeVersion"],
        created_at=record["createdAt"],
        promotion=promotion
        and Promotion(
            before_run_id=promotion["beforeRunId"],
            before_version=promotion["beforeVersion"],
            figures=tuple(PromotionFigure(**figure) for figure in promotion["figures"]),
            verdict=promotion["verdict"],
        ),
    )
    _require_possible(event)
    return event


def _require_possible(event: CheckpointEvent) -> None:
    for name, text in (("eventId", event.event_id), ("runId", event.run_id), ("model", event.model)):
        _require(bool(text.strip()) and len(text.encode()) <= 512, name, text, "a name of at most 512 bytes")
    _require(1 <= event.version <= _MOST, "version", event.version, "1 or more")
    _require(event.version <= event.step <= _MOST, "step", event.step, "no less than the version")
    _require(event.step <= event.samples_seen <= _MOST, "samplesSeen", event.samples_seen, "no less than the step")
    for file in event.files:
        _require(bool(file.uri.strip()), "files.uri", file.uri, "where the file is")
        _require(file.bytes >= 0, "files.bytes", file.bytes, "0 or more")
        _require(bool(_SHA256.fullmatch(file.sha256)), "files.sha256", file.sha256, "64 hexadecimal digits")
    given = event.input
    _require(min(given.height, given.width, given.channels) >= 1, "input", given, "sides and channels of 1 or more")
    _require(len(given.mean) == given.channels, "input.mean", given.mean, "one value for each channel")
    _require(len(given.std) == given.channels and all(given.std), "input.std", given.std, "one value for each channel")


def _require(holds: bool, name: str, found: object, expected: str) -> None:
    if not holds:
        raise ValueError(f"impossible content: {name} is {found!r}; expected {expected}")
