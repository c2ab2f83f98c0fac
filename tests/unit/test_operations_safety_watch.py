"""The watch of *safe* by itself: from look to look, what it says, writes down and remembers."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.operation import OperationEvent, Safety, SafetyState, Verb
from console.errors import JournalError
from console.operations.carrier import Carrier, Limits
from console.operations.lives import host
from console.operations.log import OperationLog
from console.operations.safe import Reading, Sight
from console.operations.safety import NOTHING_WANTED, SafetyWatch
from tests.builders import (
    NEW_DEPLOYMENT,
    NOW,
    OLD_DEPLOYMENT,
    a_record,
    a_service,
    a_stopped_task,
    ago,
    an_observation,
)
from tests.fakes import FakeClock, FakePlatform, MemoryJournal
from tests.unit.test_operations_ordering import a_plan

GOOD = Sight(Reading.SAFE, 2, 2, 0, "")
SHORT = Sight(Reading.UNSAFE, 1, 2, 3, "1 of 2 good targets healthy")
BLIND = Sight(Reading.UNREAD, 0, 2, 0, "targets could not be read")
SERVED = "every request is served by v1.4.2"


class Watched:
    """An operation that was confirmed at 03:12:47 UTC, ordered 3 s later, and its watch."""

    def __init__(self, **record: Any) -> None:
        self.journal, self.clock = MemoryJournal(), FakeClock()
        begun = a_record(host=host(), pid=os.getpid(), ordered_at=NOW, accepted_at=NOW, **record)
        self.journal.begin(begun)
        self.begin_anew()

    def begin_anew(self, *, resumed: bool = False) -> None:
        """As the process that orders it, or as one that takes it over, would."""
        (record,) = self.journal.operations()
        log = OperationLog(self.journal, record, self.clock, forgiving=True)
        self.carrier = Carrier(a_plan(), FakePlatform(an_observation()), log, self.clock, Limits())
        self.carrier.resumed = resumed
        self.watch = SafetyWatch(self.carrier)

    def look(self, at_s: float, sight: Sight) -> list[OperationEvent]:
        return list(self.watch.meet(an_observation(at=ago(-at_s)), sight))

    def need(self) -> int | None:
        """Healthy tasks that were enough."""
        return self.watch.need

    def steps(self) -> dict[str, tuple[str, str, float | None]]:
        """What its timeline says was reached: text -> state, evidence, seconds."""
        steps = self.carrier.timeline.steps("", self.carrier.plan.estimate, safe=True, done=True)
        return {step.text: (step.state, step.evidence, step.at_s) for step in steps}

    def now(self) -> tuple[SafetyState, float | None, str]:
        """State, since how many seconds after the order, and why."""
        assert self.carrier.safety == self.watch.now, "others see the same"
        now = self.watch.now
        return now.state, (now.since - NOW).total_seconds() if now.since else None, now.why


def test_two_agreeing_reads_prove_it_and_say_who_serves() -> None:
    """The second one is five seconds later; one that disagrees between them begins anew."""
    seen = Watched()
    assert seen.look(10, GOOD) == seen.look(12, SHORT) == seen.look(14, GOOD) == seen.look(18.9, GOOD) == []
    assert seen.now() == (SafetyState.AWAITED, None, "")
    (event,) = seen.look(19, replace(GOOD, draining=1))
    assert (event.event, event.text) == ("safe", f"safe: {SERVED} · 1 target still draining")
    assert event.facts == {"draining": 1, "needed": 2, "safe_s": 19.0}
    assert seen.now() == (SafetyState.SAFE, 19.0, "")
    assert seen.carrier.log.record.safe_at == ago(-19)
    assert seen.steps()["safe"] == ("done", "every request on the target", 19.0)
    assert seen.look(25, GOOD) == [], "it is said once"


def test_tasks_that_do_not_tell_their_image_are_not_called_by_a_version() -> None:
    seen = Watched()
    seen.look(10, GOOD)
    (event,) = seen.look(15, replace(GOOD, unnamed=1))
    assert event.text == "safe: every request on the target"


def test_one_read_takes_it_back_and_two_bring_it_back() -> None:
    """With since and why in what is said, in the journal and on the timeline."""
    seen = Watched()
    for at_s in (10, 15):
        seen.look(at_s, GOOD)
    (lost,) = seen.look(20, SHORT)
    assert (lost.event, lost.text) == ("unsafe", f"NOT SAFE ANY MORE since 03:13:07 UTC: {SHORT.why}")
    assert lost.facts == {
        "since": "2026-11-20T03:13:07.000Z",
        "why": SHORT.why,
        "healthy": 1,
        "needed": 2,
        "others": 3,
    }
    record = seen.carrier.log.record
    assert (record.unsafe_since, record.unsafe_why, record.safe_at) == (ago(-20), SHORT.why, ago(-15))
    assert seen.steps()["not safe any more"] == ("failed", SHORT.why, 20.0)
    assert seen.look(22, replace(SHORT, why="0 of 2")) == []
    assert seen.now() == (SafetyState.LOST, 20.0, "0 of 2"), "the newest reason, since the first"
    assert seen.look(24, replace(SHORT, why="")) == []
    assert seen.now() == (SafetyState.LOST, 20.0, "0 of 2")
    assert seen.look(25, GOOD) == []
    (again,) = seen.look(31, GOOD)
    assert again.text == f"safe again since 03:13:18 UTC: {SERVED}"
    assert again.facts == {
        "draining": 0,
        "needed": 2,
        "again": True,
        "since": "2026-11-20T03:13:18.000Z",
        "unsafe_s": 11.0,
    }
    record = seen.carrier.log.record
    assert (record.unsafe_since, record.unsafe_why, record.safe_at) == (None, "", ago(-15))
    assert seen.steps()["safe again"] == ("done", "every request on the target", 31.0)
    assert seen.now() == (SafetyState.SAFE, 31.0, "")
    (lost,) = seen.look(40, SHORT)
    assert lost.text.startswith("NOT SAFE ANY MORE since 03:13:27"), "it may be lost again"


def test_what_is_not_read_loses_nothing_and_says_since_when() -> None:
    """From the first look that failed; the next one that can be read ends it."""
    seen = Watched()
    assert seen.look(5, BLIND) == []
    assert seen.now() == (SafetyState.AWAITED, None, "")
    for at_s in (10, 15):
        seen.look(at_s, GOOD)
    assert seen.look(20, BLIND) == seen.look(30, replace(BLIND, why="throttled")) == []
    assert seen.now() == (SafetyState.UNREAD, 20.0, "throttled")
    assert seen.look(35, GOOD) == []
    assert seen.now() == (SafetyState.SAFE, 35.0, "")


def test_the_need_is_the_smallest_that_was_enough() -> None:
    """Tasks that autoscaling adds later take nothing away."""
    seen = Watched()
    assert seen.need() is None
    seen.look(10, replace(GOOD, needed=4))
    assert seen.need() is None, "not safe yet"
    seen.look(15, replace(GOOD, needed=3))
    assert seen.need() == 3
    seen.look(20, replace(GOOD, needed=5))
    seen.look(25, replace(GOOD, needed=2))
    seen.look(30, replace(GOOD, needed=6))
    assert seen.need() == 2
    seen.look(35, SHORT)
    seen.look(40, replace(GOOD, needed=1))
    assert seen.need() == 1, "known from before it was lost"


def test_whoever_takes_over_knows_what_was_enough() -> None:
    """By the newest proof in the journal; nothing where it was not safe, or the journal fails."""
    seen = Watched()
    seen.begin_anew(resumed=True)
    assert seen.need() is None
    for at_s in (10, 15):
        seen.look(at_s, replace(GOOD, needed=3))
    seen.look(20, SHORT)
    seen.begin_anew(resumed=True)
    assert seen.need() == 3
    assert seen.now() == (SafetyState.LOST, 20.0, SHORT.why)
    seen.begin_anew()
    assert seen.need() is None, "its own process counts for itself"
    seen.journal.fail("entries", JournalError("disk full", ""))
    seen.begin_anew(resumed=True)
    assert seen.need() is None


def test_a_timed_watch_begins_safe() -> None:
    """What it watches has succeeded."""
    seen = Watched(verb=Verb.WATCH)
    assert seen.watch.now == Safety(SafetyState.SAFE, NOW)
    assert Watched().watch.now == Safety(SafetyState.AWAITED)


@pytest.mark.parametrize(("need", "desired", "why"), [(2, 0, NOTHING_WANTED), (2, 1, ""), (None, 0, "")])
def test_nothing_wanted_after_it_was_safe_serves_nothing(need: int | None, desired: int, why: str) -> None:
    seen = Watched()
    seen.watch.need = need
    status = a_service(desired=desired)
    found = seen.watch.doubted(an_observation(status=status), {OLD_DEPLOYMENT}, GOOD)
    assert found == (replace(GOOD, reading=Reading.UNSAFE, why=why) if why else GOOD)


def test_deaths_are_doubted_until_it_is_proved_and_again_once_it_is_lost() -> None:
    """A minute long, and only of the good: what is safe is lost by its targets alone."""
    seen = Watched()
    dead = tuple(
        a_stopped_task(number=20 + n, deployment=name, stopped_at=ago(at))
        for n, (name, at) in enumerate(
            ((OLD_DEPLOYMENT, 59.0), (OLD_DEPLOYMENT, 1.0), (OLD_DEPLOYMENT, 60.0), (NEW_DEPLOYMENT, 1.0))
        )
    )
    looked = an_observation(tasks=(*an_observation().tasks, *dead))
    doubted = replace(GOOD, reading=Reading.UNSAFE, why="2 of its tasks died in the last minute")
    assert seen.watch.doubted(looked, {OLD_DEPLOYMENT}, GOOD) == doubted
    assert seen.watch.doubted(looked, {OLD_DEPLOYMENT}, SHORT) == SHORT
    later = replace(looked, at=NOW + timedelta(seconds=58))
    assert seen.watch.doubted(later, {OLD_DEPLOYMENT}, GOOD).why == "1 of its tasks died in the last minute"
    assert seen.watch.doubted(looked, {"another"}, GOOD) == GOOD
    for at_s in (10, 15):
        seen.look(at_s, GOOD)
    assert seen.watch.doubted(looked, {OLD_DEPLOYMENT}, GOOD) == GOOD
    seen.look(20, SHORT)
    assert seen.watch.doubted(looked, {OLD_DEPLOYMENT}, GOOD) == doubted
