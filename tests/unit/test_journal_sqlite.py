"""What is special about the journal in a file: privacy, processes, schema, and failing clearly."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest

from console.domain.operation import Entry
from console.errors import JournalError
from console.journal import schema, sqlite
from console.journal.sqlite import SqliteJournal
from tests.builders import NOW, a_record

posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A journal with one operation in it."""
    store = SqliteJournal(path)
    store.begin(a_record())
    yield store
    store.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix_only
def test_nobody_else_can_read_it(journal: SqliteJournal, path: Path) -> None:
    """File and folder are private, also what SQLite puts beside it, whatever the umask."""
    files = sorted(item.name for item in path.parent.iterdir())
    assert files == ["journal.sqlite3", "journal.sqlite3-shm", "journal.sqlite3-wal"]
    assert {mode(item) for item in path.parent.iterdir()} == {0o600}
    assert mode(path.parent) == 0o700


@posix_only
def test_one_that_others_could_read_is_made_private(path: Path) -> None:
    """A file that came from elsewhere with wider rights loses them."""
    path.parent.mkdir()
    path.touch(mode=0o644)

    SqliteJournal(path).begin(a_record())

    assert mode(path) == 0o600


def test_reading_makes_no_file(path: Path) -> None:
    """Looking at a journal that is not there yet finds it empty and leaves it so."""
    assert SqliteJournal(path).operations() == ()
    assert not path.parent.exists()


def test_it_survives_being_opened_again(journal: SqliteJournal, path: Path) -> None:
    """What one process wrote the next one reads."""
    journal.close()

    assert SqliteJournal(path).operations() == (a_record(),)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE entries SET text = 'x'", "DELETE FROM entries", "DELETE FROM operations"],
)
def test_history_cannot_be_rewritten(journal: SqliteJournal, path: Path, statement: str) -> None:
    """Not even by another program: the file itself refuses it."""
    journal.append(a_record().id, "sent", NOW, "sending", {})
    other = sqlite3.connect(path)

    with pytest.raises(sqlite3.IntegrityError, match=r"never deleted|only ever appended"):
        other.execute(statement)

    other.close()


def test_several_threads_write_at_once(journal: SqliteJournal) -> None:
    """Every entry arrives, numbered without a gap."""
    record = a_record()

    def write() -> None:
        for _ in range(25):
            journal.append(record.id, "progress", NOW, "on", {})

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [entry.number for entry in journal.entries(record.id)] == list(range(1, 101))


def test_of_several_that_begin_at_once_one_comes_first(path: Path) -> None:
    """Each through a connection of its own, as processes have; nothing was open when they looked."""
    journals, start = [SqliteJournal(path) for _ in range(6)], Barrier(6)
    for store in journals:
        store.operations()
    written: list[bool] = []

    def begin(number: int) -> None:
        start.wait()
        written.append(journals[number].begin(a_record(id=f"{number}"), beside=()))

    threads = [Thread(target=begin, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(written) == [*[False] * 5, True]
    assert len(journals[0].operations()) == 1
    for store in journals:
        store.close()


def test_several_processes_write_at_once(journal: SqliteJournal, path: Path) -> None:
    """Also to a file that both find without tables: one of them lays it out, the other waits."""
    fresh = path.with_name("fresh.sqlite3")
    script = (
        "import sys; from pathlib import Path; from console.journal.sqlite import SqliteJournal\n"
        "from tests.builders import a_record, NOW\n"
        "j = SqliteJournal(Path(sys.argv[1])); r = a_record(id=sys.argv[2]); j.begin(r)\n"
        "for _ in range(20): j.append(r.id, 'progress', NOW, 'on', {})\n"
    )
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(fresh), name], cwd=root) for name in ("A", "B")
    ]

    assert [process.wait() for process in processes] == [0, 0]
    both = SqliteJournal(fresh)
    assert {len(both.entries(name)) for name in ("A", "B")} == {20}
    both.close()


def test_a_newer_schema_is_refused_with_the_remedy(journal: SqliteJournal, path: Path) -> None:
    """An older console does not write into what it does not understand."""
    journal.close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()

    with pytest.raises(JournalError) as caught:
        SqliteJournal(path).operations()

    assert str(path) in caught.value.message
    assert "schema 99" in caught.value.message
    assert "update quarterdeck" in caught.value.remedy


def test_an_older_schema_is_carried_forward(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the steps that a file has not been through are taken, and nothing in it is lost."""
    journal.close()
    step = "ALTER TABLE operations ADD COLUMN ticket TEXT;\nCREATE INDEX by_actor ON operations (actor);"
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, step))

    newer = SqliteJournal(path)

    assert newer.operations() == (a_record(),)
    newer.close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA user_version").fetchone() == (len(schema.STEPS),)
    assert other.execute("SELECT ticket FROM operations").fetchall() == [(None,)]
    other.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration happens whole or not at all."""
    journal.close()
    broken = "CREATE TABLE half (id TEXT);\nCREATE TABLE half (id TEXT);"
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", (*schema.STEPS, broken))
        with pytest.raises(JournalError):
            SqliteJournal(path).operations()

    assert SqliteJournal(path).operations() == (a_record(),)


def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    """A database without our schema but with tables is not ours."""
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE photographs (id)")
    other.commit()
    other.close()

    with pytest.raises(JournalError, match="not a journal of quarterdeck"):
        SqliteJournal(path).begin(a_record())


def test_what_is_no_database_is_named(path: Path) -> None:
    """With the file and what to do."""
    path.parent.mkdir()
    path.write_text("once upon a time " * 100)

    with pytest.raises(JournalError) as caught:
        SqliteJournal(path).operations()

    assert str(path) in caught.value.message
    assert "move it away" in caught.value.remedy


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder that cannot be made is an error of ours, not a traceback; and it may come right later."""
    (tmp_path / "state").write_text("a file where the folder should be")
    journal = SqliteJournal(tmp_path / "state" / "journal.sqlite3")

    with pytest.raises(JournalError, match=str(tmp_path)):
        journal.begin(a_record())
    (tmp_path / "state").unlink()
    journal.begin(a_record())

    assert journal.operations() == (a_record(),)


def test_a_writer_that_does_not_let_go_is_an_error_after_a_while(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine decides what a busy journal means; it is not waited for without end."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
    late = SqliteJournal(path)
    assert late.operations()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(JournalError) as caught:
        late.heartbeat(a_record().id, NOW)

    assert "try again" in caught.value.remedy
    holder.execute("ROLLBACK")
    holder.close()
    late.heartbeat(a_record().id, NOW)


def test_a_row_of_a_later_version_is_an_error_of_ours(journal: SqliteJournal, path: Path) -> None:
    """A verdict that this version does not know is named, not raised as a ValueError."""
    other = sqlite3.connect(path)
    other.execute("UPDATE operations SET verdict = 'SPLENDID'")
    other.commit()
    other.close()

    with pytest.raises(JournalError, match="SPLENDID"):
        journal.operations()


def test_a_folder_is_made_with_all_that_is_above_it(tmp_path: Path) -> None:
    """The state folder of a machine on which nothing has run yet."""
    path = tmp_path / "not" / "there" / "yet" / "journal.sqlite3"
    SqliteJournal(path).begin(a_record())
    assert path.exists()


def test_an_entry_is_read_back_whole(journal: SqliteJournal) -> None:
    """Operation, number, event, moment, text and facts."""
    journal.append(a_record().id, "sent", NOW, "sending UpdateService", {"call": "UpdateService"})
    (entry,) = journal.entries(a_record().id)
    assert entry == Entry(1, a_record().id, "sent", NOW, "sending UpdateService", {"call": "UpdateService"})


def test_an_operation_that_it_does_not_hold_is_named(journal: SqliteJournal, path: Path) -> None:
    """Updates and heartbeats of nothing are a mistake that must show."""
    stranger = a_record(id="01STRANGER")
    with pytest.raises(JournalError) as of_update:
        journal.update(stranger)
    with pytest.raises(JournalError) as of_heartbeat:
        journal.heartbeat(stranger.id, NOW)
    words = f"{path} does not hold operation 01STRANGER"
    assert (of_update.value.message, of_heartbeat.value.message) == (words, words)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (
            sqlite3.OperationalError("database is locked"),
            "another process has it open for writing; try again",
        ),
        (sqlite3.DatabaseError("file is not a database"), "move it away; a new one is begun"),
        (
            sqlite3.DatabaseError("database disk image is malformed"),
            "move it away; a new one is begun",
        ),
        (sqlite3.IntegrityError("FOREIGN KEY constraint failed"), ""),
        (
            sqlite3.OperationalError("attempt to write a readonly database"),
            "name a place that can be written as journal in [paths]",
        ),
        (OSError(28, "No space left on device"), "name a place that can be written as journal in [paths]"),
        (OSError("the disk is gone"), "name a place that can be written as journal in [paths]"),
    ],
)
def test_each_way_to_fail_has_its_own_remedy(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str
) -> None:
    """The file is named, and what to do about it."""

    def fail(place: Path) -> sqlite3.Connection:
        raise error

    monkeypatch.setattr(sqlite, "_connect", fail)
    with pytest.raises(JournalError) as failed:
        SqliteJournal(path).begin(a_record())
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    assert (failed.value.message, failed.value.remedy) == (f"{path}: {words}", remedy)


def test_a_newer_file_is_left_to_a_newer_console(journal: SqliteJournal, path: Path) -> None:
    """The remedy says what to update."""
    journal.close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 999")
    other.close()
    with pytest.raises(JournalError) as newer:
        SqliteJournal(path).operations()
    assert newer.value.remedy == "update quarterdeck, or name another file as journal in [paths]"


def test_a_closed_journal_opens_again_and_closing_twice_is_nothing(journal: SqliteJournal) -> None:
    """Quitting may come from two sides."""
    journal.close()
    journal.close()
    journal.append(a_record().id, "sent", NOW, "sending", {})
    assert len(journal.entries(a_record().id)) == 1


def test_a_list_of_operations_ends_after_five_hundred(journal: SqliteJournal, path: Path) -> None:
    """Unless more are asked for: a journal of years is long."""
    names = ", ".join(sqlite._COLUMNS[1:])
    with sqlite3.connect(path) as other:
        other.execute(
            f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
            INSERT INTO operations (id, {names}) SELECT 'N' || i, {names} FROM operations, n"""
        )
    other.close()
    assert len(journal.operations()) == 500
    assert len(journal.operations(limit=601)) == 601


def test_a_folder_that_may_not_be_looked_into_hides_no_journal(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the file is there is then found out by opening it."""
    journal.close()

    def deny(place: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", deny)
    assert SqliteJournal(path).operations() == (a_record(),)


def test_a_closed_journal_leaves_nothing_open(journal: SqliteJournal, path: Path) -> None:
    """SQLite takes its own files away with the last connection; one that was never opened closes too."""
    journal.close()
    assert [item.name for item in path.parent.iterdir()] == ["journal.sqlite3"]
    SqliteJournal(path).close()
