"""The watch that follows a deploy: begun by the console itself, and told in the header."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from console.domain.guard import GuardMode
from console.domain.guarded import GuardState, GuardTerms, GuardView
from console.domain.open_trip import OpenTrip
from console.domain.operation import OperationEvent, Progress, Verb, Verdict
from console.errors import JournalError
from screens.feeds import GuardTripFeed
from screens.messages import GuardTripsRead, OperationEnded, OperationProgressed
from screens.under_way import FOLLOWED_AGAIN_S
from tests.builders import NOW, a_new_release, a_record, a_release
from tests.fakes import FakeClock
from tests.pilot.desk import Desk
from tests.pilot.stage import a_plan, text_of, until, words_of
from widgets.guard_panel import GuardPanel

TERMS = GuardTerms(GuardMode.ASK, 600, 15, 1800)
DEPLOY = a_plan(verb=Verb.DEPLOY, source=a_release(), target=a_new_release(), guard=TERMS)


@pytest.mark.parametrize(
    ("verdict", "terms", "is_watched"),
    [
        (Verdict.SUCCEEDED, TERMS, True),
        (Verdict.ROLLED_BACK, TERMS, False),
        (Verdict.SUCCEEDED, replace(TERMS, mode=GuardMode.OFF), False),
        (Verdict.SUCCEEDED, None, False),
    ],
)
async def test_a_deploy_that_succeeded_is_watched(
    verdict: Verdict, terms: GuardTerms | None, is_watched: bool
) -> None:
    desk, watched = Desk(), []

    def watch_after(operation: str) -> Iterator[OperationEvent]:
        watched.append(operation)
        plan = replace(DEPLOY, verb=Verb.WATCH)
        yield OperationEvent("guard", NOW, "01WATCH", "judged", {}, Progress("01WATCH", plan, NOW))

    engine: Any = desk.app.runtime.engine
    engine.watch_after = watch_after
    async with desk.app.run_test() as pilot:
        desk.publish()
        plan = replace(DEPLOY, guard=terms)
        operation = desk.app.under_way.begin(plan, NOW)
        progress = Progress("01DEPLOY", plan, NOW, verdict=verdict)
        ending = OperationEvent("verdict", NOW, "01DEPLOY", verdict.words, {}, progress)
        desk.app.post_message(OperationProgressed(operation.token, ending))
        desk.app.post_message(OperationEnded(operation.token, None))
        await until(pilot, lambda: desk.app.under_way.operations[operation.token].ended_at is not None)
        if is_watched:
            await until(pilot, lambda: any(o.id == "01WATCH" for o in desk.app.under_way.operations.values()))
        assert watched == (["01DEPLOY"] if is_watched else [])
        verbs = [item.verb for item in desk.app.under_way.operations.values()]
        assert (Verb.WATCH in verbs) is is_watched


async def test_the_header_says_how_long_it_is_watched() -> None:
    desk = Desk()
    async with desk.app.run_test():
        watch = desk.app.under_way.begin_watch(DEPLOY.address, NOW)
        plan = replace(DEPLOY, verb=Verb.WATCH)
        desk.app.under_way.progressed(
            watch.token, OperationEvent("observed", NOW, "01WATCH", "", {}, Progress("01WATCH", plan, NOW))
        )
        desk.clock.advance(90)
        (chip,) = desk.app.chips()
        assert chip.text == "rugmunch-api watched 1:30 of 30:00"


@pytest.mark.parametrize(("state", "is_said"), [(GuardState.JUDGING, True), (GuardState.OFF, False)])
async def test_leaving_says_that_the_guard_lives_in_the_console(state: GuardState, is_said: bool) -> None:
    desk = Desk()
    async with desk.app.run_test() as pilot:
        desk.publish()
        operation = desk.app.under_way.begin(DEPLOY, NOW)
        guard = GuardView(state, GuardMode.ROLLBACK)
        progress = Progress("01DEPLOY", DEPLOY, NOW, guard=guard)
        desk.app.under_way.progressed(
            operation.token, OperationEvent("guard", NOW, "01DEPLOY", "", {}, progress)
        )
        await pilot.press("q")
        await until(pilot, lambda: "nobody will be watching" in text_of(desk.app.screen))
        assert ("The guard ends with the console" in text_of(desk.app.screen)) is is_said


async def test_the_watch_stands_back_for_what_has_just_ended() -> None:
    """The header tells of the deploy for a while, and of the watch afterwards; of a question at once."""
    desk = Desk()
    async with desk.app.run_test():
        under_way, now = desk.app.under_way, desk.clock.now
        deploy = under_way.begin(DEPLOY, NOW)
        under_way.ended(deploy.token, None, now())
        watch = under_way.begin_watch(DEPLOY.address, now())
        assert under_way.in_header(now()) is under_way.operations[deploy.token]
        desk.clock.advance(90)
        assert under_way.in_header(now()) is under_way.operations[watch.token]
        under_way.ended(under_way.begin(DEPLOY, now()).token, None, now())
        asks = Progress("01WATCH", DEPLOY, NOW, guard=GuardView(GuardState.TRIPPED, GuardMode.ASK))
        under_way.progressed(watch.token, OperationEvent("guard", NOW, "01WATCH", "", {}, asks))
        assert under_way.in_header(now()) is under_way.operations[watch.token]


def a_trip(**overrides: Any) -> OpenTrip:
    """A deploy of another process, whose guard asks."""
    record = a_record(id="01CI", verb=Verb.DEPLOY, host="ci-runner", pid=4711, verdict=None)
    view = GuardView(
        GuardState.TRIPPED, GuardMode.ASK, question=f"{DEPLOY.address}: errors 8.4 %: roll back?"
    )
    return replace(OpenTrip(record, DEPLOY, replace(view, tripped_at=NOW)), **overrides)


async def test_the_guard_of_another_process_is_asked_about_here_too() -> None:
    """At once, by what the journal says; its operation is followed from then on, by one feed."""
    desk, followed, go_on = Desk(), [], Event()

    def resume(operation: str) -> Iterator[OperationEvent]:
        followed.append(operation)
        go_on.wait(20)
        text = "ada answers the guard: ignore"
        view = replace(a_trip().view, answered_by="ada")
        yield OperationEvent(
            "answered", NOW, operation, text, {}, Progress(operation, DEPLOY, NOW, guard=view)
        )

    engine: Any = desk.app.runtime.engine
    engine.resume = resume
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        for _ in range(3):
            desk.app.post_message(GuardTripsRead((a_trip(),)))
        await until(pilot, lambda: bool(desk.app.under_way.asking()))
        desk.app.flush()
        await pilot.pause()
        panel = desk.app.screen.query_one(GuardPanel)
        assert panel.display
        assert f"GUARD {DEPLOY.address}: errors 8.4 %" in words_of(panel)
        assert followed == ["01CI"]
        go_on.set()
        await until(pilot, lambda: not desk.app.under_way.asking())
        desk.app.flush()
        await pilot.pause()
        assert not panel.display, "another console was first"


async def test_leaving_ends_nothing_of_what_another_process_carries() -> None:
    """Neither its watch nor its guard; once it is taken over here both would end."""
    desk = Desk()
    async with desk.app.run_test() as pilot:
        desk.publish()
        operation = desk.app.under_way.follow_trip(a_trip())
        await pilot.press("q")
        await until(pilot, lambda: "Other processes keep watching" in text_of(desk.app.screen))
        assert "nobody will be watching" not in text_of(desk.app.screen)
        assert "The guard ends with the console" not in text_of(desk.app.screen)
        await pilot.press("escape")
        resumed = OperationEvent("resumed", NOW, "01CI", "resumed: the process that carried it is gone")
        desk.app.under_way.progressed(operation.token, resumed)
        await pilot.press("q")
        await until(pilot, lambda: "nobody will be watching" in text_of(desk.app.screen))
        assert "The guard ends with the console" in text_of(desk.app.screen)


async def test_what_ended_here_and_still_asks_is_followed_again_after_a_while() -> None:
    """Its process has ended with the question open: whoever asks it again stands in for it."""
    desk, followed = Desk(), []

    def resume(operation: str) -> Iterator[OperationEvent]:
        followed.append(operation)
        return iter(())

    engine: Any = desk.app.runtime.engine
    engine.resume = resume
    async with desk.app.run_test() as pilot:
        desk.publish()
        desk.app.post_message(GuardTripsRead((a_trip(),)))
        await until(pilot, lambda: any(item.over for item in desk.app.under_way.operations.values()))
        desk.app.post_message(GuardTripsRead((a_trip(),)))
        await pilot.pause()
        assert followed == ["01CI"]
        desk.clock.advance(FOLLOWED_AGAIN_S + 1)
        desk.app.post_message(GuardTripsRead((a_trip(),)))
        await until(pilot, lambda: followed == ["01CI", "01CI"])


def test_the_journal_is_read_often_enough_to_ask_within_five_seconds() -> None:
    """Whatever went wrong with the look before; and no more once it is stopped."""
    clock, looks = FakeClock(), list[float]()
    heard: list[GuardTripsRead] = []
    target: Any = SimpleNamespace(post_message=heard.append)

    def trips() -> tuple[OpenTrip, ...]:
        looks.append(clock.monotonic())
        if len(looks) == 1:
            raise JournalError("locked")
        if len(looks) == 3:
            feed.stop()
        return (a_trip(),) if len(looks) == 3 else ()

    feed = GuardTripFeed(target, trips, clock)
    feed._run()
    assert len(looks) == 3
    assert max(later - before for before, later in pairwise(looks)) <= 2.5
    assert [message.trips for message in heard] == [(a_trip(),)]
