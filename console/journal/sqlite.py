"""The journal of one operator, in one SQLite file beside nothing else.

Several consoles and headless runs may write it at once (WAL); a file that cannot be opened or
written fails each call with one clear line, and works again as soon as the disk does.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

from console.domain.address import Address
from console.domain.operation import Entry, Mechanism, OperationRecord, Verb, Verdict
from console.domain.words import from_milliseconds, milliseconds
from console.errors import JournalError
from console.journal.form import encode
from console.journal.schema import ForeignSchemaError, migrate

BUSY_TIMEOUT_S = 5.0
"""How long another process may hold the file before a call fails."""

_T = TypeVar("_T")

_IDENTITY = ("id", "verb", "system", "environment", "alias", "account", "region", "cluster", "service")
_ACTORS = ("actor", "caller", "host", "pid", "heartbeat_at", "planned_at")
_COURSE = (
    "mechanism",
    "source",
    "target",
    "ordered_at",
    "onset_at",
    "accepted_at",
    "safe_at",
    "unsafe_since",
    "unsafe_why",
    "done_at",
    "ended_at",
    "verdict",
    "by",
    "reason",
)
_COLUMNS = (*_IDENTITY, *_ACTORS, *_COURSE)
_LEFT_OPEN = ", ".join(f"'{verdict.value}'" for verdict in Verdict if verdict.leaves_open)
_IS_OPEN = f"(verdict IS NULL OR verdict IN ({_LEFT_OPEN}))"


class SqliteJournal:
    """Implements :class:`console.ports.Journal`; one connection, one call at a time, any thread.

    An operation that has ended stays as it ended: a process that was thought dead and wakes up
    cannot overwrite the verdict of the one that took over. Nor does :meth:`update` touch host, pid
    and heartbeat, which belong to :meth:`claim` and :meth:`heartbeat`.
    """

    def __init__(self, path: Path) -> None:
        self._open: sqlite3.Connection | None = None
        self._lock = Lock()
        self.path = path

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def __del__(self) -> None:
        if self._open is not None:
            self._open.close()

    def begin(self, record: OperationRecord, beside: Collection[str] | None = None) -> bool:
        names = ", ".join(_COLUMNS)
        places = ", ".join(f":{name}" for name in _COLUMNS)
        sql, values = f"INSERT INTO operations ({names}) SELECT {places}", _row(record)
        if beside is not None:  # one statement looks and writes, so that nobody comes in between
            known = {f"beside_{number}": other for number, other in enumerate(beside)}
            values |= known
            sql += f""" WHERE NOT EXISTS (
                SELECT 1 FROM operations
                WHERE system = :system AND environment = :environment AND alias = :alias AND {_IS_OPEN}
                AND id NOT IN ({", ".join(f":{name}" for name in known)}))"""
        return self._do(lambda db: db.execute(sql, values).rowcount) == 1

    def update(self, record: OperationRecord) -> None:
        changes = ", ".join(f"{name} = :{name}" for name in _COURSE)
        sql = f"UPDATE operations SET {changes} WHERE id = :id AND {_IS_OPEN}"

        def write(db: sqlite3.Connection) -> None:
            if not db.execute(sql, _row(record)).rowcount:
                self._insist(db, record.id)

        self._do(write)

    def append(
        self, operation: str, event: str, at: datetime, text: str, facts: Mapping[str, object]
    ) -> None:
        sql = """INSERT INTO entries (operation, number, event, at, text, facts)
            SELECT :operation, COALESCE(MAX(number), 0) + 1, :event, :at, :text, :facts
            FROM entries WHERE operation = :operation"""
        values = {
            "operation": operation,
            "event": event,
            "at": milliseconds(at),
            "text": text,
            "facts": encode(dict(facts)),
        }
        self._do(lambda db: db.execute(sql, values))

    def heartbeat(self, operation: str, at: datetime) -> None:
        sql = f"UPDATE operations SET heartbeat_at = MAX(heartbeat_at, ?) WHERE id = ? AND {_IS_OPEN}"

        def write(db: sqlite3.Connection) -> None:
            if not db.execute(sql, (milliseconds(at), operation)).rowcount:
                self._insist(db, operation)

        self._do(write)

    def claim(self, operation: str, host: str, pid: int, at: datetime, seen: datetime) -> bool:
        sql = f"""UPDATE operations SET host = ?, pid = ?, heartbeat_at = ?
            WHERE id = ? AND heartbeat_at = ? AND {_IS_OPEN}"""
        values = (host, pid, milliseconds(at), operation, milliseconds(seen))
        return self._do(lambda db: db.execute(sql, values).rowcount) == 1

    def operation(self, id: str) -> OperationRecord | None:
        found = self._records("WHERE id = ?", (id,))
        return found[0] if found else None

    def operations(
        self, prefix: str = "", limit: int = 500, open_only: bool = False
    ) -> tuple[OperationRecord, ...]:
        parts = [part for part in prefix.split("/") if part]
        if len(parts) > 3:
            return ()
        conditions = [f"{name} = ?" for name in ("system", "environment", "alias")[: len(parts)]]
        if open_only:
            conditions.append(_IS_OPEN)
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        return self._records(f"{where}ORDER BY planned_at DESC, id DESC LIMIT ?", (*parts, limit))

    def entries(self, operation: str, after: int = 0) -> tuple[Entry, ...]:
        sql = """SELECT number, operation, event, at, text, facts FROM entries
            WHERE operation = ? AND number > ? ORDER BY number"""
        return tuple(self._each(_entry, self._rows(sql, (operation, after))))

    def _records(self, clause: str, values: tuple[object, ...]) -> tuple[OperationRecord, ...]:
        sql = f"SELECT {', '.join(_COLUMNS)} FROM operations {clause}"
        return tuple(self._each(_record, self._rows(sql, values)))

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        """What a query finds; nothing where there is no file yet, and reading does not make one."""
        with contextlib.suppress(OSError):  # a folder that may not be looked into is complained of below
            if self._open is None and not self.path.exists():
                return []
        return self._do(lambda db: db.execute(sql, values).fetchall())

    def _each(self, read: Callable[[sqlite3.Row], _T], rows: Iterable[sqlite3.Row]) -> list[_T]:
        try:
            return [read(row) for row in rows]
        except (ValueError, TypeError) as error:
            raise JournalError(f"{self.path} holds what this version cannot read: {error}") from None

    def _insist(self, db: sqlite3.Connection, operation: str) -> None:
        if not db.execute("SELECT 1 FROM operations WHERE id = ?", (operation,)).fetchone():
            raise JournalError(f"{self.path} does not hold operation {operation}")

    def _do(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run one piece of work on the connection; whatever goes wrong names the file."""
        with self._lock:
            try:
                if self._open is None:
                    self._open = _connect(self.path)
                return work(self._open)
            except ForeignSchemaError as error:
                remedy = "update quarterdeck, or name another file as journal in [paths]"
                raise JournalError(f"{self.path} {error}", remedy) from None
            except sqlite3.Error as error:
                raise JournalError(f"{self.path}: {error}", _remedy(error)) from None
            except OSError as error:
                raise JournalError(f"{self.path}: {error.strerror or error}", _PLACE) from None


_PLACE = "name a place that can be written as journal in [paths]"


def _remedy(error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return "another process has it open for writing; try again"
    if "not a database" in str(error) or "malformed" in str(error):
        return "move it away; a new one is begun"
    return "" if isinstance(error, sqlite3.IntegrityError) else _PLACE


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file, private from its first moment, and bring it to today's schema."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:  # not opened here: closing it would drop the locks of a connection of ours
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an intent must outlive the machine
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _row(record: OperationRecord) -> dict[str, object]:
    row: dict[str, object] = {
        name: getattr(record, name) for name in _COLUMNS if name not in ("system", "environment", "alias")
    }
    row |= {
        "system": record.address.system,
        "environment": record.address.environment,
        "alias": record.address.alias,
        "source": encode(dict(record.source)),
        "target": encode(dict(record.target)),
    }
    return {
        name: milliseconds(value) if isinstance(value, datetime) else value for name, value in row.items()
    }


def _record(row: sqlite3.Row) -> OperationRecord:
    values = {name: row[name] for name in _COLUMNS}
    for name, value in values.items():
        if name.endswith(("_at", "_since")) and value is not None:
            values[name] = from_milliseconds(value)
    address = Address(values.pop("system"), values.pop("environment"), values.pop("alias"))
    values |= {
        "verb": Verb(row["verb"]),
        "mechanism": Mechanism(row["mechanism"]),
        "verdict": Verdict(row["verdict"]) if row["verdict"] else None,
        "source": json.loads(row["source"]),
        "target": json.loads(row["target"]),
    }
    return OperationRecord(address=address, **values)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        number=row["number"],
        operation=row["operation"],
        event=row["event"],
        at=from_milliseconds(row["at"]),
        text=row["text"],
        facts=json.loads(row["facts"]),
    )
