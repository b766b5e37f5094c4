"""The rules that Java's CurrentVersionTest and RunEventsTest have, too."""

from __future__ import annotations

import pytest
from conftest import event

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
