"""Lost contact is waited out until the time is up; then nobody says more than he could read."""

from dataclasses import replace
from datetime import timedelta

from console.domain.action import ActionKind
from console.domain.operation import Mechanism, OperationEvent, Verb
from console.domain.wish import Wish
from console.errors import EndpointError
from console.operations.carrier import Carrier, Limits, stored
from console.operations.contact import Contact
from console.operations.log import OperationLog
from tests.builders import ADDRESS, NOW, a_record, an_observation
from tests.unit.conftest import Bench
from tests.unit.test_operations_walk import DRAIN, run

GONE = EndpointError("nobody answers")


def a_carrier(bench: Bench, timeout_s: float | None) -> Carrier:
    """Of an operation that was confirmed this moment."""
    bench.platform.put(an_observation())
    record = a_record(ordered_at=NOW)
    bench.journal.begin(record)
    log = OperationLog(bench.journal, record, bench.clock, forgiving=True)
    plan = bench.engine.plan(Wish(Verb.DRAIN, ADDRESS))
    return Carrier(plan, bench.platform, log, bench.clock, Limits(timeout_s))


def lost(contact: Contact) -> list[OperationEvent]:
    return list(contact.lost(GONE))


def test_one_failed_read_after_the_time_ends_nothing_and_a_minute_of_them_does(bench: Bench) -> None:
    """A guard judges for longer than the run's time: it is not ended by a moment without an answer."""
    carrier = a_carrier(bench, 100.0)
    contact = Contact(carrier)
    bench.clock.advance(99)
    list(contact.regained())
    assert [event.event for event in lost(contact)] == ["contact_lost"]
    for seconds, ended in ((1, False), (58.9, False), (0.1, True)):
        bench.clock.advance(seconds)
        events = lost(contact)
        assert carrier.ended is ended
    assert events[-1].facts["verdict"] == "UNKNOWN"
    assert "contact lost for 60 s" in str(events[-1].facts["reason"])


def test_before_the_time_is_up_contact_may_be_lost_for_any_time(bench: Bench) -> None:
    """And without a limit for ever, as in the console."""
    for limit in (None, 4000.0):
        bench.journal = type(bench.journal)()
        carrier = a_carrier(bench, limit)
        carrier.watched_since = bench.clock.now()
        contact = Contact(carrier)
        bench.clock.advance(3999)
        lost(contact)
        assert not carrier.ended


def test_a_walk_that_is_out_of_contact_when_the_time_is_up_is_unknown(bench: Bench) -> None:
    """It may have come to its end: TIMED OUT would say that it has not."""
    bench.platform.put(an_observation())
    bench.timeout_s = 30.0
    bench.platform.fail("look", GONE, times=None)

    told = bench.verdict(run(bench, DRAIN))

    assert told["verdict"] == "UNKNOWN"
    assert [action.kind for action in bench.platform.performed] == [ActionKind.SET_DESIRED]


def test_whoever_follows_without_contact_knows_nothing_when_the_time_is_up(bench: Bench) -> None:
    """The process lives, says nothing new, and the last picture is a minute old."""
    bench.platform.put(an_observation())
    bench.timeout_s = 120.0
    plan = replace(bench.engine.plan(DRAIN), mechanism=Mechanism.ACTIONS)
    record = a_record(
        verb=Verb.DRAIN, host="another-machine", heartbeat_at=NOW, planned_at=NOW, ordered_at=NOW
    )
    bench.journal.begin(record)
    bench.journal.append(record.id, "confirmed", NOW, "", {"plan": stored(plan)})
    for second in range(0, 200, 5):
        beat = NOW + timedelta(seconds=second)
        bench.clock.at(second, lambda at=beat: bench.journal.heartbeat(record.id, at))  # type: ignore[misc]
    bench.clock.at(30, lambda: bench.platform.fail("observe", GONE, times=None))

    told = bench.verdict(list(bench.engine.resume(record.id)))

    assert told["verdict"] == "UNKNOWN"
