"""Operations as JSON, and the names that they go by."""

import json
from datetime import UTC, datetime, timedelta

from console.domain.operation import Entry, Verdict
from console.journal import form
from console.operations import ulid
from tests.builders import NOW, a_record, a_release, ago


def test_an_operation_names_what_the_issue_asks_for() -> None:
    """Times in RFC 3339 with Z, durations from confirmed, releases under ``from`` and ``to``."""
    record = a_record(
        ordered_at=ago(60), accepted_at=ago(59.5), safe_at=ago(20), verdict=Verdict.SUCCEEDED, by="operator"
    )

    shape = json.loads(form.encode(form.operation(record)))

    assert shape["id"] == record.id
    assert shape["verb"] == "rollback"
    assert shape["address"] == str(record.address)
    assert (shape["verdict"], shape["by"]) == ("SUCCEEDED", "operator")
    assert (shape["ordered_s"], shape["safe_s"], shape["done_s"]) == (0.5, 40.0, None)
    assert shape["to"] == a_release().facts()
    assert set(shape["from"]) == {"version", "digest", "digests", "task_definition", "service_revision"}
    assert shape["planned_at"].endswith("Z")
    assert datetime.fromisoformat(shape["planned_at"]) == record.planned_at
    assert shape["onset_at"] is None


def test_an_open_operation_has_no_verdict() -> None:
    """Null, which is not UNKNOWN."""
    assert form.operation(a_record())["verdict"] is None


def test_an_entry_keeps_its_facts_apart() -> None:
    """Their names are the event's own and cannot hide the entry's."""
    entry = Entry(3, a_record().id, "sent", NOW, "sending", {"text": "hidden", "number": 7})

    shape = form.entry(entry)

    assert (shape["number"], shape["text"]) == (3, "sending")
    assert shape["facts"] == {"text": "hidden", "number": 7}


def test_facts_of_any_kind_become_json() -> None:
    """Moments, words of ours, sets and what nobody thought of."""
    facts = {"at": NOW, "verdict": Verdict.UNKNOWN, "ids": frozenset({"b", "a"}), "gap": timedelta(seconds=1)}

    assert json.loads(form.encode(facts)) == {
        "at": NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "verdict": "UNKNOWN",
        "ids": ["a", "b"],
        "gap": "0:00:01",
    }


def test_names_sort_by_the_time_they_were_given() -> None:
    """Within a millisecond too, and when the clock is set back."""
    start = datetime(2030, 1, 1, tzinfo=UTC)
    moments = [start, start, start + timedelta(milliseconds=1), start, start + timedelta(seconds=1)]

    names = [ulid.new(moment) for moment in moments]

    assert names == sorted(names)
    assert len(set(names)) == len(names)


def test_a_name_is_a_ulid() -> None:
    """26 characters of Crockford's alphabet; the first ten are the time."""
    first, second = (ulid.new(datetime(2040, 1, 1, second=s, tzinfo=UTC)) for s in (1, 2))

    assert len(first) == 26
    assert set(first) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    moment = 0
    for char in second[:10]:
        moment = moment * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(char)
    assert moment == datetime(2040, 1, 1, second=2, tzinfo=UTC).timestamp() * 1000
