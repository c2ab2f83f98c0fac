"""Whether the process that carries an operation is alive."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from console.domain.operation import OperationRecord

SILENT_FOR = timedelta(seconds=15)
"""A heartbeat older than that is nobody's: the carrier beats every few seconds."""

_HERE: set[str] = set()
"""The operations that this process carries, by id: an id of a process alone may be a dead one's."""


def host() -> str:
    """The name of this machine, as the journal knows it."""
    return socket.gethostname()


@contextmanager
def carrying(operation: str) -> Iterator[None]:
    """Say for as long as it lasts that this process carries an operation."""
    _HERE.add(operation)
    try:
        yield
    finally:
        _HERE.discard(operation)


def is_carried_here(record: OperationRecord) -> bool:
    """Whether this process carries the operation, and no other has taken it over since."""
    return (record.host, record.pid) == (host(), os.getpid()) and record.id in _HERE


def is_carried(record: OperationRecord, now: datetime) -> bool:
    """Whether somebody carries the operation: a living process, or another thread of this one."""
    if record.host == host():
        lives = is_carried_here(record) if record.pid == os.getpid() else _exists(record.pid)
        if not lives:
            return False
    return now - record.heartbeat_at <= SILENT_FOR


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
