"""Which way back is proved when, and what becomes of a plan that cannot be made."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from threading import Event

import pytest

from console.domain.address import Address, Tier
from console.domain.fleet import WayBack
from console.domain.operation import Mechanism, Plan, Verb, Verdict
from console.domain.standing import BudgetUse
from console.domain.way_back import proof_holds
from console.errors import RefusedError, ThrottledError
from console.watch.board import Board
from console.watch.loop import run
from console.watch.prover import GAP_S, Prover
from console.watch.publisher import Publisher
from console.watch.shippers import JournalShippers
from console.watch.store import FleetStore
from tests.builders import (
    ADDRESS,
    NEW_ROLLOUT,
    NOW,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    a_deployment,
    a_hold,
    a_record,
    a_service,
    a_version,
    ago,
    an_environment,
)
from tests.fakes import FakeClock, MemoryJournal
from tests.pilot.stage import a_plan

OTHERS = tuple(Address("rugmunch", "production", f"s{number}") for number in range(3))

GOING_BACK = a_service(
    rollout_id=NEW_ROLLOUT, deployments=(a_deployment(state="IN_PROGRESS"), a_deployment(status="ACTIVE"))
)


class Proofs:
    """A prover over read services, four or those given, whose plans are refused or fail as the test says."""

    def __init__(self, calm: Sequence[Address] = OTHERS) -> None:
        self.clock = FakeClock()
        self.error: Exception = RefusedError("there is no earlier release")
        self.plan: Plan | None = None
        self.asked: list[Address] = []
        self.board = Board(an_environment(), (*calm, ADDRESS) if calm is OTHERS else calm)
        self.board.read((a_service(address=item) for item in calm), NOW)
        self.board.read((a_service(running=1),), NOW)
        self.board.read_whole()
        publisher = Publisher(self.board, FleetStore(), self.clock)
        self.attended = False
        self.prover = Prover(self.board, publisher, self.clock, self._plan, lambda: self.attended)

    def run(self, seconds: float) -> None:
        stop = Event()
        self.clock.at(self.clock.monotonic() + seconds, stop.set)
        run((self.prover,), Event(), stop, self.clock)

    def run_fast(self, seconds: float) -> None:
        """The same without looking every half second whether it is to stop."""
        end = self.clock.monotonic() + seconds
        while (due := self.prover.next_due()) < end:
            self.clock.advance(due - self.clock.monotonic())
            self.prover.turn()
        self.clock.advance(end - self.clock.monotonic())

    def oldest_s(self) -> float:
        """The age of the oldest proof; every service has one."""
        ways = [row.way_back for row in self.board.rows()]
        return max((self.clock.now() - way.at).total_seconds() for way in ways if way) if all(ways) else inf

    def _plan(self, address: Address) -> Plan:
        self.asked.append(address)
        if self.plan is not None and address == ADDRESS:
            return self.plan
        raise self.error


def test_whoever_is_in_trouble_is_proved_first_and_ten_a_minute_at_most() -> None:
    """Then the others in turn, each once; again from half an hour on, one in a quarter of an hour: all
    four within the hour that a proof lasts. Trouble after an hour, and at once."""
    proofs = Proofs()
    proofs.run(11)
    assert proofs.asked == [ADDRESS, OTHERS[0]]
    proofs.run(1780)
    assert proofs.asked == [ADDRESS, *OTHERS]
    proofs.run(1800)
    assert proofs.asked[4:] == [OTHERS[0], OTHERS[1]]
    proofs.run(20)
    assert proofs.asked[6:] == [ADDRESS]


@pytest.mark.parametrize("services", [4, 50, 120])
def test_renewals_are_spread_evenly_and_none_comes_too_late(services: int) -> None:
    """Three hours after the first proofs: never more in a minute than it takes to renew each once an hour,
    and every one of them believed at any time."""
    proofs = Proofs([Address("rugmunch", "production", f"s{number}") for number in range(services)])
    proofs.run_fast(services * GAP_S)
    minutes, oldest = [], 0.0
    for _ in range(180):
        before = len(proofs.asked)
        proofs.run_fast(60)
        minutes.append(len(proofs.asked) - before)
        oldest = max(oldest, proofs.oldest_s())
    assert max(minutes) == -(-services // 60)
    assert oldest < proof_holds(Tier.PRODUCTION).total_seconds()


def test_proofs_of_an_earlier_day_are_made_anew_like_first_ones() -> None:
    """Nobody believes them any more, so nobody waits for their turn."""
    proofs = Proofs()
    proofs.run(60)
    proofs.asked.clear()
    proofs.clock.advance(86_400)
    proofs.run(4 * GAP_S)
    assert set(proofs.asked) == {ADDRESS, *OTHERS}


def test_without_a_target_the_way_back_says_why() -> None:
    """It is known that there is none; that is no failure of the watch."""
    proofs = Proofs()
    proofs.run(1)
    way = proofs.board.row(ADDRESS).way_back
    assert way is not None
    assert (way.version, way.proven, way.doubt) == ("", False, "there is no earlier release")


def test_what_could_not_be_asked_is_not_called_a_doubt() -> None:
    """A throttled proof says nothing of the way back, and is tried again after a minute."""
    proofs = Proofs()
    proofs.error = ThrottledError("ECS asks for fewer calls")
    proofs.run(59)
    assert proofs.board.row(ADDRESS).way_back is None
    assert proofs.asked.count(ADDRESS) == 1
    proofs.run(5)
    assert proofs.asked.count(ADDRESS) == 2


def test_nothing_is_proved_while_aws_refuses_calls() -> None:
    """A minute after the last refusal it goes on."""
    proofs = Proofs()
    refused_at = proofs.clock.now()
    proofs.board.spent(BudgetUse(0.2, refused_at))
    proofs.run(59)
    assert proofs.asked == []
    proofs.run(2)
    assert proofs.asked == [ADDRESS]


def test_while_somebody_is_there_what_is_calm_waits_with_its_renewal() -> None:
    """Trouble does not; and no proof grows so old that it would not be believed any more."""
    proofs = Proofs()
    proofs.attended = True
    proofs.run(60)
    proofs.asked.clear()
    proofs.run(2600)
    assert proofs.asked == []
    proofs.run(3700)
    assert ADDRESS in proofs.asked
    assert set(proofs.asked) == {ADDRESS, *OTHERS}
    assert proofs.oldest_s() < proof_holds(Tier.PRODUCTION).total_seconds()


def _way(proofs: Proofs) -> WayBack | None:
    return proofs.board.row(ADDRESS).way_back


def test_the_end_of_a_rollback_makes_the_way_back_be_proved_again_at_once() -> None:
    """PRIMARY is the same deployment before and after, as when ECS itself goes back."""
    proofs = Proofs()
    proofs.board.read((GOING_BACK,), NOW)
    proofs.run(1)
    assert _way(proofs) is not None
    proofs.board.read((a_service(rollout_id=NEW_ROLLOUT),), NOW)
    assert _way(proofs) is None
    proofs.run(GAP_S)
    assert proofs.asked.count(ADDRESS) == 2


def test_a_hold_and_an_operation_of_any_console_void_the_proof() -> None:
    """The first look at the journal voids nothing: it is where one comes from."""
    proofs = Proofs()
    proofs.run(1)
    proofs.board.ended({ADDRESS: "01 SUCCEEDED"})
    assert _way(proofs) is not None
    proofs.board.ended({ADDRESS: "02 FAILED"})
    assert _way(proofs) is None
    proofs.run(GAP_S)
    assert _way(proofs) is not None
    proofs.board.held({ADDRESS: a_hold()})
    assert _way(proofs) is None


def test_a_proof_that_leads_to_what_serves_is_none_and_is_not_made_again_and_again() -> None:
    """While ECS goes back by itself, the plan is to where the PRIMARY is already."""
    proofs = Proofs()
    proofs.board.read((GOING_BACK,), NOW)
    proofs.board.named({OLD_RELEASE: a_version()}, NOW)
    proofs.plan = a_plan(basis=replace(a_plan().basis, deployment=OLD_DEPLOYMENT), mechanism=Mechanism.WATCH)
    proofs.run(5 * GAP_S)
    way = _way(proofs)
    assert way is not None
    assert (way.version, way.doubt) == ("", "")
    assert proofs.asked.count(ADDRESS) == 1


def test_the_journal_tells_the_newest_operation_that_has_ended_of_each_service() -> None:
    """One under way hides none that has ended."""
    ended = a_record(id="01A", verdict=Verdict.SUCCEEDED, planned_at=ago(900))
    journal = MemoryJournal(ended, a_record(id="01B"))
    shippers = JournalShippers(journal, ADDRESS.place)
    shippers()
    assert shippers.ended() == {ADDRESS: f"01A {Verdict.SUCCEEDED}"}


def test_the_journal_tells_who_drained_what_nobody_has_given_work_again() -> None:
    """Of the whole service: a task that was taken out is none; also after a restart."""
    bot = replace(ADDRESS, alias="bot")
    whole = {"plan": {"before": {"desired": 2}}}
    drain = a_record(id="01A", verb=Verb.DRAIN, actor="devon", accepted_at=ago(900), planned_at=ago(900))
    task = replace(drain, id="01B", address=bot)
    journal = MemoryJournal(drain, task)
    for record, facts in ((drain, whole), (task, {"plan": {"before": {}}})):
        journal.append(record.id, "planned", ago(900), "", facts)
    shippers = JournalShippers(journal, ADDRESS.place)
    shippers()
    assert shippers.drained() == {ADDRESS: "devon"}
    journal.begin(replace(drain, id="01C", verb=Verb.UNDRAIN, planned_at=ago(60)))
    again = JournalShippers(journal, ADDRESS.place)
    again()
    assert again.drained() == {}
