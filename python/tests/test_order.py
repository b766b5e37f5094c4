"""The rules that Java's CurrentVersionTest and RunEventsTest have, too."""

from __future__ import annotations

import random

import pytest
from conftest import event

from kiln_client import CheckpointEvent
from kiln_client.order import CurrentVersion, RunEvents


def current(*events: tuple[int, str]) -> int | None:
    versions = CurrentVersion()
    for version, status in events:
        versions.add(event(version, status))
    found = versions.event()
    return found and found.version


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], None),
        ([(1, "CANDIDATE"), (2, "CANDIDATE")], 2),
        ([(1, "CANDIDATE"), (2, "CANDIDATE"), (1, "PROMOTED")], 1),
        ([(1, "PROMOTED"), (2, "PROMOTED"), (1, "PROMOTED")], 1),
        ([(1, "CANDIDATE"), (2, "CANDIDATE"), (1, "PROMOTED"), (1, "REVOKED")], 2),
        ([(1, "CANDIDATE"), (2, "CANDIDATE"), (2, "RETIRED")], 1),
        ([(1, "PROMOTED"), (2, "PROMOTED"), (1, "RETIRED"), (2, "RETIRED")], 2),
        ([(1, "PROMOTED"), (2, "PROMOTED"), (1, "RETIRED"), (2, "REVOKED")], None),
        ([(1, "CANDIDATE"), (1, "REVOKED")], None),
        ([(1, "CANDIDATE"), (2, "UNKNOWN")], 1),
    ],
)
def test_version_that_should_be_in_use(events: list[tuple[int, str]], expected: int | None) -> None:
    assert current(*events) == expected


def test_no_event_changes_what_an_earlier_one_said() -> None:
    order = RunEvents()
    assert order.refusal(event(2)) is None
    assert "occurs again" in str(order.refusal(event(2)))
    assert "is announced again" in str(order.refusal(event(2, event_id="other")))
    assert "contradicts" in str(order.refusal(event(3, step=5)))
    assert "contradicts" in str(order.refusal(event(1, step=21, samples_seen=30)))
    assert order.refusal(event(3)) is None
    assert order.refusal(event(2, "PROMOTED")) is None
    assert order.refusal(event(1, run_id="run-2")) is None


class CountedStep(int):
    """A step that counts the comparisons with it."""

    comparisons = 0

    def __le__(self, other: int) -> bool:
        CountedStep.comparisons += 1
        return super().__le__(other)


def test_an_announcement_is_compared_with_the_versions_before_and_behind_it_alone() -> None:
    order = RunEvents()
    for version in [*range(1, 20_001, 2), *range(2, 20_001, 2)]:
        CountedStep.comparisons = 0
        assert order.refusal(event(version, step=CountedStep(10 * version))) is None
        assert CountedStep.comparisons <= 2


def test_an_accepted_version_contradicts_no_other() -> None:
    for seed in range(500):
        order, accepted, numbers = RunEvents(), dict[int, CheckpointEvent](), random.Random(seed)
        for at in range(12):
            version, step, images = (numbers.randint(1, 8) for _ in range(3))
            one = event(version, step=step, samples_seen=images, event_id=str(at))
            fits = version not in accepted and all(in_order(one, other) for other in accepted.values())
            assert (order.refusal(one) is None) == fits
            if fits:
                accepted[version] = one


def in_order(one: CheckpointEvent, other: CheckpointEvent) -> bool:
    """The rule itself, of any two versions."""
    first, second = sorted((one, other), key=lambda one: one.version)
    return first.step <= second.step and first.samples_seen <= second.samples_seen
