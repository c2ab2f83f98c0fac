"""The watch that follows a deploy: begun by the console itself, and told in the header."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from console.domain.guard import GuardMode
from console.domain.guarded import GuardState, GuardTerms, GuardView
from console.domain.operation import OperationEvent, Progress, Verb, Verdict
from screens.messages import OperationEnded, OperationProgressed
from tests.builders import NOW, a_new_release, a_release
from tests.pilot.desk import Desk
from tests.pilot.stage import a_plan, text_of, until

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
        chip = desk.app.chip()
        assert chip is not None
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
        await until(pilot, lambda: "nobody watches it" in text_of(desk.app.screen))
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
