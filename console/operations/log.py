"""The journal as an operation writes it: before each call, and never in a rollback's way."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from console.domain.operation import Entry, OperationRecord
from console.errors import JournalError, RefusedError
from console.operations.lives import host
from console.ports import Clock, Journal


class OperationLog:
    """One operation's row and entries.

    A write that fails raises for every verb but a rollback. A rollback goes ahead: what could not be
    written is kept in memory, in order, and written as soon as the journal takes it again.
    """

    def __init__(self, journal: Journal, record: OperationRecord, clock: Clock, *, forgiving: bool) -> None:
        self._journal = journal
        self._clock = clock
        self._forgiving = forgiving
        self._unwritten: list[Callable[[], object]] = []
        self._is_taken = False
        self.record = record
        self.trouble = ""
        """Why the journal cannot be written at the moment; empty when it can."""

    def forgive(self) -> None:
        """From now on a journal that fails is only said: the change is on its way."""
        self._forgiving = True

    def begin(self, beside: Collection[str] | None = None) -> bool:
        """Write the operation itself; ``False``: another one of its service has come first.

        Args:
            beside: As for :meth:`console.ports.Journal.begin`.
        """
        record = self.record
        try:
            return self._journal.begin(record, beside)
        except JournalError as error:
            self.trouble = str(error)
            if not self._forgiving:
                raise
        self._unwritten.append(lambda: self._journal.begin(record))
        return True

    def is_taken(self) -> bool:
        """Whether another process has taken the operation over, or closed it, because this one was thought
        dead. From then on nothing of it is written here. A journal that cannot be read knows of none.
        """
        try:
            kept = self._journal.operation(self.record.id)
        except JournalError as error:
            self.trouble = str(error)
            return False
        if kept is not None:
            self._is_taken = not kept.is_open or (kept.host, kept.pid) != (host(), os.getpid())
        return self._is_taken

    def change(self, **fields: Any) -> None:
        """Write new values of the operation's fields."""
        self.record = record = replace(self.record, **fields)
        self._write(lambda: self._journal.update(record))

    def note(self, event: str, text: str, facts: Mapping[str, object]) -> None:
        """Append one entry, at the time it is now."""
        at = self._clock.now()
        self._write(lambda: self._journal.append(self.record.id, event, at, text, facts))

    def entries(self) -> tuple[Entry, ...]:
        """What the journal holds of it, by anybody.

        Raises:
            JournalError: when it cannot be read.
        """
        return self._journal.entries(self.record.id)

    def neighbours(self) -> tuple[OperationRecord, ...]:
        """Every operation on the same service, newest first.

        Raises:
            JournalError: when it cannot be read.
        """
        return self._journal.operations(str(self.record.address))

    def beat(self) -> None:
        """Say that this process still carries the operation; a heartbeat that fails is only late."""
        at = self._clock.now()
        try:
            self._flush()
            self._journal.heartbeat(self.record.id, at)
        except JournalError as error:
            self.trouble = str(error)

    def _write(self, write: Callable[[], object]) -> None:
        if self._is_taken:
            return
        self._unwritten.append(write)
        try:
            self._flush()
        except JournalError as error:
            self.trouble = str(error)
            if not self._forgiving:
                self._unwritten.clear()
                raise

    def _flush(self) -> None:
        while self._unwritten:
            self._unwritten[0]()
            self._unwritten.pop(0)
        self.trouble = ""


def unwritten(error: JournalError) -> RefusedError:
    """What an operation says that could not be written before anything was sent."""
    return RefusedError(
        f"the journal cannot be written, so nothing is changed: {error.message}", error.remedy
    )
