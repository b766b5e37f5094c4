"""What a follower remembers of events that it has given, without a broker."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from conftest import event

from kiln_client import CheckpointEvent
from kiln_client.cache import Cache
from kiln_client.following import Follower
from kiln_client.position import Position
from kiln_client.reader import EventReader
from kiln_client.stores import Stores


class Events:
    """Events in the order of a topic, as an EventReader gives them."""

    def __init__(self, *events: CheckpointEvent) -> None:
        self._events = events
        self.offset = -1
        self.at_end = False

    def poll(self, timeout: float) -> CheckpointEvent | None:
        if self.offset + 1 == len(self._events):
            self.at_end = True
            return None
        self.offset += 1
        return self._events[self.offset]

    def close(self) -> None:
        pass


def follower(tmp_path: Path, *events: CheckpointEvent) -> Follower:
    reader = cast(EventReader, Events(*events))
    position = Position(tmp_path / "position", "checkpoints")
    return Follower(reader, Cache(tmp_path / "cache", 2, Stores(None)), "earliest", idle=0, position=position)


def test_models_whose_runs_have_one_name_are_told_apart(tmp_path: Path) -> None:
    events = [event(1, model="a"), event(1, model="b"), event(2, model="b"), event(2, model="a")]
    for expected in events:
        with follower(tmp_path, *events) as versions:
            assert next(versions).event == expected
            versions.commit()
    with follower(tmp_path, *events) as versions:
        assert list(versions) == []


def test_commit_counts_for_the_version_given_last(tmp_path: Path) -> None:
    events = [event(1, model="a"), event(1, model="b"), event(2, model="a")]
    with follower(tmp_path, *events) as versions:
        next(versions)
        next(versions)
        versions.commit()
        versions.commit()  # nothing new
    with follower(tmp_path, *events) as versions:
        assert [version.event for version in versions] == events[2:]


def test_offsets_of_committed_events_are_forgotten(tmp_path: Path) -> None:
    events = [event(number, status) for number in range(1, 101) for status in ("CANDIDATE", "PROMOTED")]
    with follower(tmp_path, *events) as versions:
        for version in versions:
            versions.commit()
            assert len(versions._offsets) == 201 - 2 * version.number
