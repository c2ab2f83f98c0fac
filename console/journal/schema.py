"""The journal's tables, and how an older file becomes today's.

``user_version`` counts the steps that a file has been through; each step is written once and never
changed. Times are integer milliseconds since the epoch; ``source`` and ``target`` are JSON.
"""

import sqlite3

_FIRST = """
CREATE TABLE operations (
    id TEXT PRIMARY KEY,
    verb TEXT NOT NULL,
    system TEXT NOT NULL,
    environment TEXT NOT NULL,
    alias TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    service TEXT NOT NULL,
    actor TEXT NOT NULL,
    caller TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    planned_at INTEGER NOT NULL,
    mechanism TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    ordered_at INTEGER,
    onset_at INTEGER,
    accepted_at INTEGER,
    safe_at INTEGER,
    done_at INTEGER,
    ended_at INTEGER,
    verdict TEXT,
    by TEXT,
    reason TEXT NOT NULL
);
CREATE INDEX operations_address ON operations (system, environment, alias, planned_at);
CREATE TRIGGER operations_stay BEFORE DELETE ON operations
BEGIN SELECT RAISE(ABORT, 'operations are never deleted'); END;

CREATE TABLE entries (
    operation TEXT NOT NULL REFERENCES operations (id),
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (operation, number)
);
CREATE TRIGGER entries_unchanged BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are only ever appended'); END;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are only ever appended'); END;
"""

_SAFETY = """
ALTER TABLE operations ADD COLUMN unsafe_since INTEGER;
ALTER TABLE operations ADD COLUMN unsafe_why TEXT NOT NULL DEFAULT '';
"""

STEPS = (_FIRST, _SAFETY)


class ForeignSchemaError(Exception):
    """The file holds something that this version of the journal cannot be."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to today's schema; two processes may try at once.

    Raises:
        ForeignSchemaError: for a newer schema, and for a database that is something else.
        sqlite3.Error: as SQLite says it.
    """
    if _version(connection) == len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(STEPS):
            raise ForeignSchemaError(f"has schema {version}, and this quarterdeck knows {len(STEPS)}")
        if version == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise ForeignSchemaError("is a database, but not a journal of quarterdeck")
        for step in STEPS[version:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _statements(script: str) -> list[str]:
    """The statements of a script, one by one: ``executescript`` would commit our transaction."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current.strip())
            current = ""
    return statements
