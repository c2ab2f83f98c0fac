"""Reading a log backwards: one stretch when somebody scrolls past its start, or as far as a moment."""

from datetime import datetime

from console.logtail.ring import LogRing
from console.logtail.tail import LogTail


class WayBack:
    """Asks for older lines, a stretch at a time, until what is wanted is there or cannot be."""

    def __init__(self, tail: LogTail, ring: LogRing) -> None:
        self._tail = tail
        self._ring = ring
        self._wanted: datetime | None = None
        self._asked_from: datetime | None = None
        """Where the stretch began that was asked for last on this way."""

    @property
    def is_wanted(self) -> bool:
        """The moment has not been reached."""
        return self._wanted is not None

    def to(self, moment: datetime | None) -> None:
        """Read back to a moment, in :meth:`step`; ``None``: no further than it is."""
        self._wanted, self._asked_from = moment, None

    def stretch(self) -> str:
        """Ask for what is before the oldest line; why that cannot be, or an empty text."""
        ring, tail = self._ring, self._tail
        before = tail.oldest or (ring.first.at if ring.first is not None else None)
        if len(ring) >= ring.limit:
            return f"the newest {ring.limit:,} lines are kept, nothing older"
        if before is not None and not tail.is_asking:
            tail.ask_history(before)
        return ""

    def step(self) -> str:
        """Go on towards the moment; why it ends before that, or an empty text."""
        oldest = self._tail.oldest
        if self._wanted is None or oldest is None or self._tail.is_asking:
            return ""
        if oldest <= self._wanted:
            self.to(None)
            return ""
        if len(self._ring) >= self._ring.limit:
            self.to(None)
            return f"the newest {self._ring.limit:,} lines are kept, nothing older"
        if self._asked_from is not None:
            note = self._tail.history_note or ("" if oldest < self._asked_from else "nothing older was read")
            if note:
                self.to(None)
                return f"history: {note}"
        self._asked_from = oldest
        self._tail.ask_history(oldest)
        return ""
