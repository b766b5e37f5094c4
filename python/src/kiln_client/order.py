"""Which events count, and which version should be in use. The rules are those of Kiln's client for the JVM."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from .events import CheckpointEvent


def identity(event: CheckpointEvent) -> tuple[str, str, str]:
    """What no other event has; runs of two models may have the same name, and so may their events."""
    return event.model, event.run_id, event.event_id


class _Announced(NamedTuple):
    """How far the training was at a version."""

    step: int
    samples_seen: int

    def is_before(self, later: _Announced) -> bool:
        return self.step <= later.step and self.samples_seen <= later.samples_seen


class _Versions:
    """The versions of one run that have been announced; neither steps nor images decrease from one to the next."""

    def __init__(self) -> None:
        self._numbers: list[int] = []  # in order
        self._announced: dict[int, _Announced] = {}

    def __contains__(self, version: int) -> bool:
        return version in self._announced

    def fits(self, version: int, announced: _Announced) -> bool:
        """Whether it lies between the versions before and behind it, and so between all of them."""
        at = bisect_left(self._numbers, version)
        before = [self._announced[number] for number in self._numbers[max(at - 1, 0) : at]]
        behind = [self._announced[number] for number in self._numbers[at : at + 1]]
        return all(one.is_before(announced) for one in before) and all(announced.is_before(one) for one in behind)

    def add(self, version: int, announced: _Announced) -> None:
        insort(self._numbers, version)
        self._announced[version] = announced


class RunEvents:
    """Decides which events count, in the order of their topic: no event changes what an earlier one said."""

    def __init__(self) -> None:
        self._ids: set[tuple[str, str, str]] = set()
        self._versions: dict[tuple[str, str], _Versions] = {}

    def refusal(self, event: CheckpointEvent) -> str | None:
        """Takes the next event, and tells why it does not count; None if it does."""
        if identity(event) in self._ids:
            return f"event {event.event_id} occurs again"
        if event.status == "CANDIDATE":
            versions = self._versions.setdefault((event.model, event.run_id), _Versions())
            announced = _Announced(event.step, event.samples_seen)
            if event.version in versions:
                return f"{event} is announced again"
            if not versions.fits(event.version, announced):
                return f"{event} is of step {event.step}, which contradicts the versions before and behind it"
            versions.add(event.version, announced)
        self._ids.add(identity(event))
        return None


class CurrentVersion:
    """The version of one model that should be in use: the one promoted last, else the newest.

    A version that is revoked or retired is not among them; then it is the one before. Of each run the one promoted
    last cannot be retired.
    """

    def __init__(self) -> None:
        self._promoted: dict[tuple[str, str, int], CheckpointEvent] = {}
        self._announced: dict[tuple[str, str, int], CheckpointEvent] = {}

    def add(self, event: CheckpointEvent) -> None:
        """Takes the next event of the model."""
        if event.status == "CANDIDATE":
            self._announced[event.key] = event
        elif event.status == "PROMOTED":
            self._promoted.pop(event.key, None)  # it comes last again
            self._promoted[event.key] = event
        elif event.status == "REVOKED" or event.status == "RETIRED" and not self._is_last_of_its_run(event):
            self._promoted.pop(event.key, None)
            self._announced.pop(event.key, None)

    def _is_last_of_its_run(self, event: CheckpointEvent) -> bool:
        of_run = [key for key in self._promoted if key[:2] == event.key[:2]]
        return bool(of_run) and of_run[-1] == event.key

    def usable(self, run_id: str, version: int) -> CheckpointEvent | None:
        """The event of a version that may be used; None if it is revoked, retired or not known."""
        return next(
            (event for key, event in {**self._announced, **self._promoted}.items() if key[1:] == (run_id, version)), None
        )

    def event(self) -> CheckpointEvent | None:
        """The event of that version; None if there is none."""
        events = self._promoted or self._announced
        return next(reversed(events.values()), None)
