"""What every journal promises, whatever keeps it: the engine and the screens rest on this alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.operation import Mechanism, OperationRecord, Verb, Verdict
from console.domain.version import Version
from console.errors import JournalError
from console.journal.sqlite import SqliteJournal
from console.ports import Journal
from tests.builders import NOW, a_record, ago
from tests.fakes import MemoryJournal


@pytest.fixture(params=["sqlite", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    """An empty journal of each kind; the stand-in of other tests is held to the same promises."""
    if request.param == "memory":
        yield MemoryJournal()
        return
    store = SqliteJournal(tmp_path / "state" / "journal.sqlite3")
    yield store
    store.close()


def a_full_record() -> OperationRecord:
    """A record in which nothing is at its default."""
    return a_record(
        ordered_at=ago(60),
        onset_at=ago(400),
        accepted_at=ago(59),
        safe_at=ago(20),
        unsafe_since=ago(15),
        unsafe_why="1 of 2 good targets healthy",
        done_at=ago(10),
        ended_at=ago(9),
        verdict=Verdict.BOUNCED,
        by="ecs",
        reason="the good version did not start",
        mechanism=Mechanism.STOP_SERVICE_DEPLOYMENT,
    )


def numbered(number: int, **overrides: Any) -> OperationRecord:
    """One of several: later numbers were planned later."""
    name = f"01JD3K9QW5Z8X7V6T4S2R1P0{number:02}"
    return a_record(id=name, planned_at=ago(100 - number), **overrides)


def test_what_was_begun_is_read_back_whole(journal: Journal) -> None:
    """Every field of a record survives, times to the millisecond."""
    record = a_full_record()

    journal.begin(record)

    assert journal.operation(record.id) == record
    assert journal.operations() == (record,)


def test_an_operation_that_nobody_began_is_not_there(journal: Journal) -> None:
    """Reading finds nothing; writing to it is an error."""
    assert journal.operation("01JD3K9QW5Z8X7V6T4S2R1P0NM") is None
    assert journal.operations() == ()
    assert journal.entries("01JD3K9QW5Z8X7V6T4S2R1P0NM") == ()
    with pytest.raises(JournalError):
        journal.update(a_record())
    with pytest.raises(JournalError):
        journal.append("01JD3K9QW5Z8X7V6T4S2R1P0NM", "sent", NOW, "sending", {})
    with pytest.raises(JournalError):
        journal.heartbeat("01JD3K9QW5Z8X7V6T4S2R1P0NM", NOW)


def test_an_id_is_begun_once(journal: Journal) -> None:
    """A second operation with that id is refused and the first stays."""
    journal.begin(a_record())

    with pytest.raises(JournalError):
        journal.begin(a_record(reason="another"))

    assert journal.operations() == (a_record(),)


def test_an_operation_stands_beside_those_that_it_was_weighed_against(journal: Journal) -> None:
    """With any other open on its service it is not written; what has ended, or is elsewhere, is none."""
    worker = Address("rugmunch", "production", "worker")
    assert journal.begin(numbered(1), beside=())
    assert journal.begin(numbered(2, address=worker), beside=())
    assert not journal.begin(numbered(3), beside=())
    assert not journal.begin(numbered(3), beside=[numbered(2).id])
    assert journal.operation(numbered(3).id) is None

    assert journal.begin(numbered(3), beside=[numbered(1).id])
    assert not journal.begin(numbered(4), beside=[numbered(1).id])
    assert journal.begin(numbered(4), beside=None)
    for number in (1, 3, 4):
        journal.update(numbered(number, verdict=Verdict.SUCCEEDED))
    assert journal.begin(numbered(5), beside=())


def test_an_update_moves_an_operation_forward(journal: Journal) -> None:
    """What was reached is written beside what was there."""
    journal.begin(a_record())
    later = a_record(safe_at=ago(5), verdict=Verdict.SUCCEEDED, reason="safe", ended_at=ago(4))

    journal.update(later)

    assert journal.operation(later.id) == later


def test_an_operation_that_has_ended_stays_as_it_ended(journal: Journal) -> None:
    """A process that was thought dead cannot overwrite the verdict of the one that took over."""
    ended = a_record(verdict=Verdict.SUCCEEDED, by=None, ended_at=ago(4))
    journal.begin(ended)

    journal.update(a_record(verdict=Verdict.FAILED, reason="late"))
    journal.heartbeat(ended.id, NOW)

    assert journal.operation(ended.id) == ended
    assert not journal.claim(ended.id, "desktop", 7, NOW, seen=ended.heartbeat_at)


def test_an_unknown_outcome_may_still_become_known(journal: Journal) -> None:
    """UNKNOWN is open: it is looked up later, and then it is final."""
    journal.begin(a_record(verdict=Verdict.UNKNOWN))
    assert len(journal.operations(open_only=True)) == 1

    journal.update(a_record(verdict=Verdict.SUCCEEDED))

    assert journal.operations(open_only=True) == ()
    assert journal.operations()[0].verdict is Verdict.SUCCEEDED


def test_only_one_process_can_take_an_operation_over(journal: Journal) -> None:
    """Who has seen an older heartbeat loses; an update of the loser's does not take it back."""
    record = a_record()
    journal.begin(record)

    assert journal.claim(record.id, "desktop", 7, NOW, seen=record.heartbeat_at)
    assert not journal.claim(record.id, "tablet", 8, NOW, seen=record.heartbeat_at)
    journal.update(record)

    taken = journal.operation(record.id)
    assert taken is not None
    assert (taken.host, taken.pid, taken.heartbeat_at) == ("desktop", 7, NOW)


def test_an_operation_that_nobody_began_cannot_be_taken_over(journal: Journal) -> None:
    """There is nothing to take."""
    assert not journal.claim("01JD3K9QW5Z8X7V6T4S2R1P0NM", "desktop", 7, NOW, seen=NOW)


def test_a_heartbeat_shows_that_the_process_lives(journal: Journal) -> None:
    """And never goes back."""
    record = a_record()
    journal.begin(record)

    journal.heartbeat(record.id, NOW)
    journal.heartbeat(record.id, NOW - timedelta(seconds=3))

    beating = journal.operation(record.id)
    assert beating is not None
    assert beating.heartbeat_at == NOW


def test_operations_come_newest_first_and_no_more_than_asked(journal: Journal) -> None:
    """By the time they were planned."""
    records = [numbered(number) for number in (1, 3, 2)]
    for record in records:
        journal.begin(record)

    assert [record.id[-2:] for record in journal.operations()] == ["03", "02", "01"]
    assert [record.id[-2:] for record in journal.operations(limit=2)] == ["03", "02"]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", 3),
        ("rugmunch", 2),
        ("rugmunch/", 2),
        ("rugmunch/production", 1),
        ("rugmunch/production/api", 1),
        ("rug", 0),
        ("rugmunch/prod", 0),
        ("rugmunch/production/api/x", 0),
        ("%/_/'", 0),
    ],
)
def test_a_prefix_is_whole_parts_of_an_address(journal: Journal, prefix: str, found: int) -> None:
    """``rug`` is not the beginning of ``rugmunch``."""
    journal.begin(numbered(1, address=Address("rugmunch", "production", "api")))
    journal.begin(numbered(2, address=Address("rugmunch", "staging", "api")))
    journal.begin(numbered(3, address=Address("fairtradeworker", "production", "api")))

    assert len(journal.operations(prefix)) == found


def test_entries_are_numbered_in_the_order_they_came(journal: Journal) -> None:
    """Each operation counts its own; reading goes on after a number."""
    journal.begin(numbered(1))
    journal.begin(numbered(2, verb=Verb.DEPLOY))
    first, second = numbered(1).id, numbered(2).id

    journal.append(first, "sent", NOW, "sending UpdateService", {"call": "UpdateService", "n": 1})
    journal.append(second, "sent", NOW, "sending", {})
    journal.append(first, "accepted", NOW + timedelta(milliseconds=7), "accepted", {"a": {"b": [None, 1.5]}})

    entries = journal.entries(first)
    assert [entry.event for entry in entries] == ["sent", "accepted"]
    assert entries[0].number < entries[1].number
    assert entries[0].facts == {"call": "UpdateService", "n": 1}
    assert entries[1].facts == {"a": {"b": [None, 1.5]}}
    assert entries[1].at == NOW + timedelta(milliseconds=7)
    assert journal.entries(first, after=entries[0].number) == entries[1:]


def test_text_is_kept_as_it_was(journal: Journal) -> None:
    """Quotes, brackets and other scripts are text."""
    text = 'it\'s [bold]"naïve"[/] 部署 ; DROP TABLE entries'
    journal.begin(a_record(reason=text, target={"version": Version(None, text).label}))
    journal.append(a_record().id, "note", NOW, text, {text: text})

    found = journal.operations()[0]
    assert (found.reason, found.target["version"]) == (text, text)
    assert journal.entries(found.id)[0].facts == {text: text}


def test_several_that_are_known_to_be_open_are_each_passed_over(journal: Journal) -> None:
    """All of them have to be known."""
    first, second, third = (numbered(number) for number in (1, 2, 3))
    journal.begin(first)
    journal.begin(second)

    assert not journal.begin(third, beside=(first.id,))
    assert journal.begin(third, beside=(first.id, second.id))
