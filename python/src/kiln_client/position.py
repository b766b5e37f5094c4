"""Where a follower goes on after a restart."""

from __future__ import annotations

import json
import os
from pathlib import Path

from .errors import PositionError


class Position:
    """The last event that a follower has dealt with, in a file that is written whole or not at all.

    The event's id is kept beside its offset, so that a topic that was made again is not taken for the old one.

    Attributes:
        offset: of the event; -1 if none was dealt with yet.

    Raises:
        PositionError: the file holds no position of this topic.
    """

    def __init__(self, file: str | os.PathLike[str], topic: str) -> None:
        self._file = Path(file)
        self._topic = topic
        self.offset = -1
        self._event_id = ""
        self._found = True
        if self._file.exists():
            self._read()

    def _read(self) -> None:
        try:
            saved = json.loads(self._file.read_text("utf-8"))
            topic, offset, event_id = saved["topic"], saved["offset"], saved["eventId"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._problem(f"cannot be read ({error!r}); expected one of topic {self._topic}") from error
        if topic != self._topic or type(offset) is not int or offset < 0 or type(event_id) is not str:
            raise self._problem(f"is of topic {topic}, offset {offset}; expected one of topic {self._topic}")
        self.offset, self._event_id, self._found = offset, event_id, False

    def passes(self, offset: int, event_id: str) -> bool:
        """Whether an event was dealt with before; to be asked of all events in their order.

        Raises:
            PositionError: the topic holds another event at the offset.
        """
        if offset == self.offset:
            self._found = self._found or event_id == self._event_id
        if offset >= self.offset:
            self.require_found()
        return offset <= self.offset

    def require_found(self) -> None:
        """To be asked at the end of the topic.

        Raises:
            PositionError: the event has not come.
        """
        if not self._found:
            raise self._problem(
                f"is event {self._event_id} at offset {self.offset}, which {self._topic} does not hold: the topic was"
                " made again or has deleted it"
            )

    def write(self, offset: int, event_id: str) -> None:
        """Writes a position; the file holds the old one or the new one, also after a crash."""
        if offset <= self.offset:
            return
        partial = self._file.with_name(f".{self._file.name}.partial")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as out:
            json.dump({"topic": self._topic, "offset": offset, "eventId": event_id}, out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, self._file)
        self.offset, self._event_id, self._found = offset, event_id, True

    def _problem(self, found: str) -> PositionError:
        return PositionError(f"the position in {self._file} {found}. Delete the file to begin anew")
