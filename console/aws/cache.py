"""What never changes, kept on disk between two runs: a convenience that may vanish at any time.

Only values of the domain are kept: releases with the *names* of their settings, service deployments
that are over, images of revisions. A file that is damaged, locked, of another version, or cannot be
written is forgotten without a word: everything in it can be read again from AWS.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, get_args, get_type_hints

from console import __version__
from console.clock import SystemClock
from console.domain.codec import decode, encode
from console.ports import Clock

FORMAT = 3
"""Raised whenever the same answer of AWS would be written down differently."""
KEPT = timedelta(days=120)
"""ECS remembers service deployments for 90 days (ECS API reference, ListServiceDeployments)."""
BUSY_TIMEOUT_S = 0.2
"""How long another process may hold the file before it counts as not there."""
_BATCH = 500
_T = TypeVar("_T")


class Cache:
    """Immutable things by their ids, in one SQLite file; opened when first used. Thread-safe, never raises.

    Args:
        path: The file; ``None``: nothing is kept.
    """

    def __init__(self, path: Path | None = None, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._open: sqlite3.Connection | None = None

    def get(self, kind: type[_T], ids: Iterable[str]) -> dict[str, _T]:
        """What is kept of that type under those ids."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, _T] = {}
        for start in range(0, len(wanted), _BATCH):
            found |= self._some(kind, wanted[start : start + _BATCH])
        return found

    def put(self, values: Mapping[str, object]) -> None:
        """Keep those values, dataclasses that will never change, under their ids."""
        if self._path is None:
            return
        today = self._day()
        rows = [
            (_name(type(value)), key, json.dumps(encode(value), separators=(",", ":")), today)
            for key, value in values.items()
        ]
        if rows:
            sql = "INSERT OR REPLACE INTO kept (kind, id, value, day) VALUES (?, ?, ?, ?)"
            self._do(lambda db: db.executemany(sql, rows), None)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def __del__(self) -> None:
        if getattr(self, "_open", None) is not None:
            self.close()

    def _some(self, kind: type[_T], ids: list[str]) -> dict[str, _T]:
        places = ", ".join("?" * len(ids))
        sql = f"SELECT id, value FROM kept WHERE kind = ? AND id IN ({places})"
        rows: list[Any] = self._do(lambda db: db.execute(sql, (_name(kind), *ids)).fetchall(), [])
        found = {}
        for key, text in rows:
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
                found[str(key)] = decode(kind, json.loads(text))
        return found

    def _do(self, work: Callable[[sqlite3.Connection], Any], otherwise: Any) -> Any:
        if self._path is None:
            return otherwise
        with self._lock:
            try:
                if self._open is None:
                    self._open = self._opened(self._path)
                with self._open:
                    return work(self._open)
            except (sqlite3.Error, OSError) as error:
                self._give_up(self._path, error)
                return otherwise

    def _opened(self, path: Path) -> sqlite3.Connection:
        """The file, made or emptied if it is not one of this version."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
        try:
            with db:
                self._prepare(db)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE IF NOT EXISTS about (version TEXT)")
        if db.execute("SELECT version FROM about").fetchall() != [(_version(),)]:
            db.execute("DROP TABLE IF EXISTS kept")
            db.execute("DELETE FROM about")
            db.execute("INSERT INTO about VALUES (?)", (_version(),))
        db.execute(
            "CREATE TABLE IF NOT EXISTS kept"
            " (kind TEXT, id TEXT, value TEXT, day INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )
        db.execute("DELETE FROM kept WHERE day < ?", (self._day() - KEPT.days,))

    def _give_up(self, path: Path, error: Exception) -> None:
        """A file that is locked is tried again by the next call; one that is damaged is made anew then;
        any other is left alone until the next start."""
        if self._open is not None:
            with contextlib.suppress(sqlite3.Error):
                self._open.close()
            self._open = None
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            return
        try:
            if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.OperationalError):
                raise error
            path.unlink()
        except (sqlite3.Error, OSError):
            self._path = None

    def _day(self) -> int:
        return self._clock.now().toordinal()


def _name(kind: Any) -> str:
    """What a type is called in the file."""
    return _named(kind)


@cache
def _named(kind: Any) -> str:
    """The type, and a hash of its fields and theirs: what was written down otherwise is not read."""
    shapes = "\n".join(sorted(_shapes(kind)))
    return f"{kind.__name__} {hashlib.sha256(shapes.encode()).hexdigest()[:12]}"


def _shapes(kind: Any) -> set[str]:
    found = {shape for part in get_args(kind) for shape in _shapes(part)}
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        found |= {f"{kind}.{name}: {hint}" for name, hint in hints.items()}
        found |= {shape for hint in hints.values() for shape in _shapes(hint)}
    return found


def _version() -> str:
    """What wrote the file. Fingerprints of configurations depend on botocore's models, too."""
    import botocore

    return f"{FORMAT} {__version__} {botocore.__version__}"
