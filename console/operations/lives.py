"""Whether the process that carries an operation is alive."""

import os
import socket
from datetime import datetime, timedelta

from console.domain.operation import OperationRecord

SILENT_FOR = timedelta(seconds=15)
"""A heartbeat older than that is nobody's: the carrier beats every few seconds."""


def host() -> str:
    """The name of this machine, as the journal knows it."""
    return socket.gethostname()


def is_carried(record: OperationRecord, now: datetime) -> bool:
    """Whether some living process other than this one carries the operation."""
    if record.host == host():
        if record.pid == os.getpid():
            return False
        if not _exists(record.pid):
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
