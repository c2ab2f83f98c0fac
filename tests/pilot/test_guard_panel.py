"""A guard that has tripped: asked on every screen, answered by its own keys, and by nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from console.domain.address import Address
from console.domain.fleet import EnvironmentPicture
from console.domain.guard import Blame, GuardMode, JudgedState
from console.domain.guarded import GuardAnswer, GuardFigure, GuardState, GuardView
from console.domain.operation import OperationEvent, Plan, Progress, Verb
from console.domain.series import Measure, Scope
from console.domain.wish import Wish
from console.errors import JournalError
from screens.guard_confirm import GuardPlanScreen
from screens.guarding import UNREAD_S
from screens.messages import OperationProgressed
from screens.service import ServiceScreen
from tests.builders import ADDRESS, NOW, a_new_release, a_release, ago
from tests.outside import MARKS, TEXTS, assert_harmless
from tests.pilot.desk import Desk
from tests.pilot.stage import a_plan, text_of, until, words_of
from tests.signals import some_signals
from widgets.banner import Banner
from widgets.glyphs import UNICODE, Glyphs
from widgets.guard_panel import NARROW_ROWS, ROWS, GuardAsked, GuardPanel, panel_lines, plan_words
from widgets.lines import in_marks
from widgets.operation_guard import guard_lines, short_guard_lines
from widgets.palette import DARK
from widgets.plan_view import _to

QUESTION = "rugmunch/production/api: errors 8.4 % over 5 %: roll back?"
WORKER = Address("rugmunch", "production", "worker")
ELSEWHERE = Address("fairtradeworker", "production", "api")


def a_figure(**overrides: Any) -> GuardFigure:
    """Errors of the new version over their limit."""
    default = GuardFigure(
        "errors",
        Measure.ERRORS,
        JudgedState.CRITICAL,
        0.084,
        0.001,
        0.05,
        "Datadog",
        Scope.NEW,
        90.0,
        "errors 8.4 %, limit 5 %",
        periods_bad=3,
    )
    return replace(default, **overrides)


def a_view(**overrides: Any) -> GuardView:
    """It asks, because of errors and response times."""
    default = GuardView(
        GuardState.TRIPPED,
        GuardMode.ASK,
        figures=(
            a_figure(),
            a_figure(name="p95", measure=Measure.P95, value=1.9, baseline=0.184, limit=0.368),
            a_figure(name="health", measure=Measure.HEALTH, state=JudgedState.OK, value=1.0, limit=None),
        ),
        headline="errors 8.4 % of 1,204 requests",
        question=QUESTION,
        blame=Blame(True, "began 03:07, 60 s after the deploy"),
        tripped_at=ago(12),
        back_to="v1.4.2",
        plan="back to v1.4.2 by StopServiceDeployment, safe in about 1:50",
        picture=some_signals().picture,
    )
    return replace(default, **overrides)


COUNTING = a_view(
    state=GuardState.COUNTDOWN, mode=GuardMode.ROLLBACK, rolls_back_at=NOW + timedelta(seconds=8)
)


class GuardDesk(Desk):
    """A desk with a deploy under way, whose guard says what the test says."""

    def __init__(self, *pictures: EnvironmentPicture) -> None:
        super().__init__(*pictures)
        self.answers: list[tuple[str, GuardAnswer]] = []
        self.confirmed: list[tuple[Plan | None, str | None]] = []
        """Plan and phrase of each answer."""
        self.executed: list[Plan] = []
        """What was ordered without a guard."""
        engine: Any = self.app.runtime.engine
        engine.answer_guard, engine.plan, engine.execute = self.answer, self.plan, self.execute
        self.refuses: Exception | None = None
        self.counts = True
        """Whether an answer comes in time."""

    def answer(
        self,
        operation: str,
        answer: GuardAnswer,
        plan: Plan | None = None,
        typed: str | None = None,
        tripped_at: datetime | None = None,
    ) -> bool:
        self.answers.append((operation, answer))
        self.confirmed.append((plan, typed))
        if self.refuses is not None:
            raise self.refuses
        return self.counts

    def plan(self, wish: Wish) -> Plan:
        name = f"{wish.address.system}-{wish.address.alias}"
        return a_plan(verb=wish.verb, address=wish.address, service=name, made_at=self.clock.now())

    def execute(self, plan: Plan, typed: str | None = None) -> Iterator[OperationEvent]:
        self.executed.append(plan)
        return iter(())

    def begin(self, view: GuardView, name: str = "01GUARD", address: Address = ADDRESS) -> int:
        """A deploy, and what its guard says; the token of its feed."""
        plan = a_plan(verb=Verb.DEPLOY, address=address, source=a_release(), target=a_new_release())
        operation = self.app.under_way.begin(plan, NOW)
        self.says(operation.token, view, name)
        return operation.token

    def says(self, token: int, view: GuardView, name: str = "01GUARD", text: str = "") -> None:
        """Another picture of the same deploy."""
        plan = self.app.under_way.operations[token].plan
        assert plan is not None
        progress = Progress(name, plan, ago(300), guard=view)
        self.app.post_message(
            OperationProgressed(token, OperationEvent("guard", NOW, name, text, {}, progress))
        )

    def later(self, seconds: float = UNREAD_S) -> None:
        """So many seconds on; the question has been read."""
        self.clock.advance(seconds)
        self.app.tick()


def panel_of(desk: Desk) -> GuardPanel:
    return desk.app.screen.query_one(GuardPanel)


async def shown(pilot: Pilot[Any], desk: GuardDesk) -> None:
    """The panel is on screen, and its keys answer."""
    await until(pilot, lambda: bool(desk.app.under_way.asking()))
    desk.app.flush()
    desk.later()
    await pilot.pause()
    assert panel_of(desk).display


@pytest.mark.parametrize(("size", "rows"), [((140, 40), ROWS), ((80, 24), NARROW_ROWS)])
async def test_it_asks_right_under_the_header_and_says_what_for(size: tuple[int, int], rows: int) -> None:
    """Question, worst figure of new beside old, armed plan, answers; the screen moves down by its rows."""
    desk = GuardDesk()
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        await pilot.pause()
        assert not panel_of(desk).display
        desk.begin(a_view())
        await shown(pilot, desk)
        panel = panel_of(desk)
        assert (panel.region.y, panel.region.height) == (2, rows)
        assert desk.app.screen.query_one("#body").region.y == 2 + rows
        said = words_of(panel)
        assert f"✗ GUARD {QUESTION}" in said
        assert "8.4 % on :43 0.1 % on :42 baseline 0.1 % limit 5 %" in said
        assert "yes · began 03:07, 60 s after the deploy" in said
        assert "armed back to v1.4.2 by StopServiceDeployment" in said
        assert "R review rollback" in said and "w wait" in said and "i ignore" in said
        assert all(line.startswith("▌") for line in text_of(panel).splitlines())


async def plan_of(pilot: Pilot[Any], desk: GuardDesk) -> GuardPlanScreen:
    """The dialog that R has opened, with its plan."""
    await until(pilot, lambda: isinstance(desk.app.screen, GuardPlanScreen))
    dialog = desk.app.screen
    assert isinstance(dialog, GuardPlanScreen)
    await until(pilot, lambda: dialog.plan is not None)
    await pilot.pause()
    return dialog


@pytest.mark.parametrize(("key", "answer"), [("w", GuardAnswer.WAIT), ("i", GuardAnswer.IGNORE)])
async def test_each_key_gives_its_answer_once(key: str, answer: GuardAnswer) -> None:
    """And it stays on screen, as told, until it is taken up."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        token = desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press(key, key, key)
        await until(pilot, lambda: bool(desk.answers))
        assert desk.answers == [("01GUARD", answer)]
        desk.app.flush()
        await pilot.pause()
        assert "it is taken up" in text_of(panel_of(desk))
        desk.says(token, a_view(state=GuardState.JUDGING, question=""))
        await until(pilot, lambda: not desk.app.under_way.asking())
        desk.app.flush()
        await pilot.pause()
        assert not panel_of(desk).display


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_roll_back_opens_the_plan_of_the_service_in_the_panel(size: tuple[int, int]) -> None:
    """Whatever the cursor is on, as soon as it appears; sent once its phrase is typed, by that plan."""
    desk = GuardDesk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.open_service(pilot)
        desk.begin(a_view(question="", headline="errors 31 %"), address=ELSEWHERE)
        await until(pilot, lambda: bool(desk.app.under_way.asking()))
        desk.app.flush()
        await pilot.pause()
        assert f"✗ GUARD {ELSEWHERE}: errors 31 %" in words_of(panel_of(desk))
        await pilot.press("R")
        dialog = await plan_of(pilot, desk)
        assert dialog.plan is not None
        assert dialog.plan.address == ELSEWHERE
        assert f"asked by the guard of {ELSEWHERE}: errors 31 %" in words_of(dialog)
        await pilot.press("enter")
        assert not desk.answers, "nothing is typed yet"
        desk.later()
        await pilot.press(*"production/api", "enter")
        await until(pilot, lambda: bool(desk.answers))
        assert desk.answers == [("01GUARD", GuardAnswer.BACK)]
        assert desk.confirmed == [(dialog.plan, "production/api")]
        assert not desk.executed, "its own process goes back, once"


async def test_no_mash_of_keys_rolls_anything_back() -> None:
    """Two guards ask, one of them counts down; every key that answers, pressed at random, sends no rollback
    and is an answer to no other question than the one that was on screen."""
    keys, draw = ["R", "w", "i", "escape", "enter", "space", "tab"], Random(7)
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.open_service(pilot)
        desk.begin(a_view(tripped_at=ago(60)), "01FIRST")
        desk.begin(COUNTING, "01SECOND", WORKER)
        await shown(pilot, desk)
        for _ in range(60):
            await pilot.press(draw.choice(keys))
        assert GuardAnswer.BACK not in [answer for _, answer in desk.answers]
        assert {operation for operation, _ in desk.answers} <= {"01FIRST"}
        assert not desk.executed


async def test_a_key_pressed_as_it_appears_means_what_it_meant_before() -> None:
    """Where it would answer at once; the key that only opens the plan does that at once."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        screen = await desk.open_service(pilot)
        desk.begin(COUNTING)
        await until(pilot, lambda: bool(desk.app.under_way.asking()))
        desk.app.flush()
        await pilot.press("w", "i", "escape")
        assert desk.app.screen is not screen, "esc has left the screen"
        await pilot.press("R")
        await plan_of(pilot, desk)
        desk.later()
        await pilot.press("w", "i", "escape")
        assert not desk.answers  # a dialog is answered first
        desk.app.flush()
        await pilot.press("escape")
        await until(pilot, lambda: bool(desk.answers))
        assert desk.answers == [("01GUARD", GuardAnswer.WAIT)]


async def test_what_is_settled_elsewhere_is_not_sent_from_here() -> None:
    """Another console has answered while the plan was read: it is said, and nothing is sent."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        token = desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press("R")
        dialog = await plan_of(pilot, desk)
        await pilot.press(*"production/api")
        assert not dialog.dead_because()
        desk.says(token, a_view(state=GuardState.OFF), text="guard off: ada has switched it off")
        await until(pilot, lambda: not desk.app.under_way.asking())
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing will be sent" in words_of(dialog))
        assert "ada has switched it off" in words_of(dialog)
        assert desk.app.screen is dialog
        assert not desk.answers and not desk.executed


async def test_an_answer_that_comes_second_is_said_to_be_none() -> None:
    """Two consoles at one moment: the journal knows which was first."""
    desk = GuardDesk()
    desk.counts = False
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press("i")
        await until(pilot, lambda: any("already settled" in item.message for item in desk.app._notifications))


async def test_a_journal_that_fails_is_in_no_rollbacks_way() -> None:
    """The guarded process cannot be told: the plan that was confirmed is carried out here."""
    desk = GuardDesk()
    desk.refuses = JournalError("disk full")
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press("i")
        await until(pilot, lambda: any("disk full" in item.message for item in desk.app._notifications))
        assert not desk.executed
        desk.app.flush()
        await pilot.press("R")
        dialog = await plan_of(pilot, desk)
        await pilot.press(*"production/api")
        desk.app.simulate_key("enter")  # a press would wait for the widgets of the dialog that it closes
        await until(pilot, lambda: bool(desk.executed))
        assert desk.executed == [dialog.plan]


async def test_a_field_keeps_its_letters() -> None:
    """What is typed into a filter is no answer."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press("slash", "w", "i", "R")
        assert not desk.answers
        assert 'nothing matches "wiR"' in text_of(desk.app.screen)


async def test_it_follows_to_every_screen() -> None:
    """Fleet, service, logs, journal; esc leaves the screen, and the panel stays."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await shown(pilot, desk)
        for key in ("enter", "h"):
            await pilot.press(key)
            desk.app.flush()
            await pilot.pause()
            assert panel_of(desk).display, desk.app.screen
        await pilot.press("escape")
        desk.app.flush()
        await pilot.pause()
        assert isinstance(desk.app.screen, ServiceScreen)
        assert panel_of(desk).display
        assert not desk.answers


async def test_a_countdown_is_stopped_by_one_key_only() -> None:
    """w and i do nothing; esc stops it and leaves no screen."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        screen = await desk.open_service(pilot)
        token = desk.begin(COUNTING)
        await shown(pilot, desk)
        assert "rolling back in 0:07 · esc cancels · R opens the plan" in words_of(panel_of(desk))
        desk.later(2)
        await pilot.pause()
        assert "rolling back in 0:05" in words_of(panel_of(desk))
        await pilot.press("w", "i", "space")
        assert not desk.answers
        await pilot.press("escape")
        await until(pilot, lambda: bool(desk.answers))
        assert desk.answers == [("01GUARD", GuardAnswer.WAIT)]
        assert desk.app.screen is screen
        desk.says(token, a_view())
        await until(pilot, lambda: desk.app.under_way.asking()[0].view.rolls_back_at is None)
        desk.app.flush()
        desk.later()
        await pilot.press("i")
        await until(pilot, lambda: len(desk.answers) == 2)
        assert desk.answers[1] == ("01GUARD", GuardAnswer.IGNORE)


async def test_a_newer_trip_waits_for_its_turn() -> None:
    """What is read stays, whatever trips meanwhile; the newer one is counted, and asked when that is
    settled, by a key that is pressed for it."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        first = desk.begin(a_view(tripped_at=ago(60)), "01FIRST")
        await shown(pilot, desk)
        desk.begin(a_view(question=f"{WORKER}: p95 1.9 s: roll back?"), "01SECOND", WORKER)
        await until(pilot, lambda: len(desk.app.under_way.asking()) == 2)
        desk.app.flush()
        await pilot.pause()
        said = words_of(panel_of(desk))
        assert QUESTION[:40] in said and "+1 more" in said
        await pilot.press("i")
        await until(pilot, lambda: bool(desk.answers))
        desk.says(first, a_view(state=GuardState.OFF), "01FIRST")
        await until(pilot, lambda: len(desk.app.under_way.asking()) == 1)
        desk.app.flush()
        await pilot.press("i")  # another question than the one that was on screen
        assert [name for name, _ in desk.answers] == ["01FIRST"]
        await shown(pilot, desk)
        assert f"{WORKER}: p95 1.9 s" in words_of(panel_of(desk)) and "more" not in words_of(panel_of(desk))
        await pilot.press("R")
        dialog = await plan_of(pilot, desk)
        assert dialog.plan is not None
        assert dialog.plan.address == WORKER


async def test_a_countdown_that_nobody_reads_yet_is_named_with_its_seconds() -> None:
    """It goes back whether its turn comes or not."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view(tripped_at=ago(60)), "01FIRST")
        desk.begin(COUNTING, "01SECOND", WORKER)
        await until(pilot, lambda: len(desk.app.under_way.asking()) == 2)
        await shown(pilot, desk)
        said = words_of(panel_of(desk))
        assert QUESTION in said
        assert "+1 more" in said and f"{WORKER} rolls back automatically in 0:07" in said


async def test_what_is_refused_is_said_and_asked_again() -> None:
    """The panel does not claim that something was taken up."""
    desk = GuardDesk()
    desk.refuses = RuntimeError("no")
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press("i")
        await until(pilot, lambda: bool(desk.answers))
        await until(pilot, lambda: any("RuntimeError" in item.message for item in desk.app._notifications))
        desk.app.flush()
        await pilot.pause()
        assert "w wait" in words_of(panel_of(desk))


@pytest.mark.parametrize(("wanted", "rings"), [(False, 0), (True, 1)])
async def test_the_bell_rings_once_a_trip_where_it_is_wanted(
    wanted: bool, rings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not at all by default."""
    desk = GuardDesk()
    usual = desk.app.runtime.settings
    bell = replace(usual, console=replace(usual.console, bell=wanted))
    monkeypatch.setattr(desk.app.runtime, "settings", bell)
    rung: list[int] = []
    monkeypatch.setattr(desk.app, "bell", lambda: rung.append(1))
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        token = desk.begin(a_view())
        await shown(pilot, desk)
        desk.says(token, a_view(headline="worse"))
        await until(pilot, lambda: desk.app.under_way.asking()[0].view.headline == "worse")
        desk.app.flush()
        desk.app.flush()
    assert len(rung) == rings


async def test_it_pushes_no_chart_aside() -> None:
    """Charts stay below the panel; what gives way is the log."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.open_service(pilot)
        desk.begin(a_view())
        await shown(pilot, desk)
        said = text_of(desk.app.screen)
        assert "errors ─" in said and "p95 latency ─" in said
        assert not desk.app.screen.query_one(Banner).display


def test_why_it_asks_is_said_once() -> None:
    """Where it would go back by itself, and does not: with the cause, not a second time behind the plan."""
    uncured = "a rollback does not bring database back"
    view = a_view(
        mode=GuardMode.ROLLBACK, blame=Blame(False, "database is down", uncured), asks_because=uncured
    )
    said = "\n".join(
        line.plain(140) for line in panel_lines(GuardAsked(view, NOW, ADDRESS, "x"), 140, UNICODE)
    )
    assert said.count(uncured) == 1
    assert "for this it does not act by itself" in said


def test_where_nothing_bad_was_judged_what_is_unknown_comes_first() -> None:
    """A task of the new version died, and there are no figures: a health check that passes is no answer."""
    unknown = a_figure(state=JudgedState.NODATA, value=None, evidence="errors: 9 requests, 50 are needed")
    well = a_figure(name="health", measure=Measure.HEALTH, state=JudgedState.OK, value=1.0, limit=None)
    asked = GuardAsked(a_view(figures=(well, unknown)), NOW, ADDRESS, "x")
    for width in (80, 140):
        said = "\n".join(line.plain(width) for line in panel_lines(asked, width, UNICODE))
        assert "NODATA errors: 9 requests, 50 are needed" in said
        assert "health" not in said


@pytest.mark.parametrize(
    ("item", "said", "count"),
    [
        (a_figure(state=JudgedState.OK, value=1.0, age_s=60.0), "● Datadog", "1 of 2"),
        (a_figure(state=JudgedState.NODATA, value=1.0, age_s=60.0), "? Datadog healthy 1 min ago", "0 of 2"),
        (a_figure(state=JudgedState.OK, value=1.0, age_s=1200.0), "? Datadog healthy 20 min ago", "0 of 2"),
        (a_figure(state=JudgedState.NODATA, value=None, evidence="silent"), "∅ NODATA Datadog", "0 of 2"),
        (a_figure(state=JudgedState.CRITICAL, value=0.0), "✗ Datadog", "0 of 2"),
    ],
)
def test_only_what_was_judged_now_is_drawn_as_well(item: GuardFigure, said: str, count: str) -> None:
    """Old is not now, and unjudged is not well: neither is counted among what is."""
    health = replace(item, name="health", measure=Measure.HEALTH, limit=None)
    down = replace(health, state=JudgedState.CRITICAL, value=0.0, source="its own check", age_s=10.0)
    view = a_view(state=GuardState.JUDGING, question="", figures=(health, down))
    drawn = "\n".join(line.plain(140) for line in guard_lines(view, NOW, 138, UNICODE))
    assert said in drawn
    assert count in drawn


@pytest.mark.parametrize("plan", ["", "back to v1.4.2 by update_service"])
@pytest.mark.parametrize("width", [80, 140])
def test_a_process_that_is_gone_is_said_at_every_width(plan: str, width: int) -> None:
    """Whether a way back is known or not."""
    gone = "the process that judged it is gone"
    asked = GuardAsked(a_view(blame=None, plan=plan, asks_because=gone), NOW, ADDRESS, "x")
    assert gone in "\n".join(line.plain(width) for line in panel_lines(asked, width, UNICODE))


def test_a_mechanism_is_called_what_everybody_calls_it() -> None:
    """Not by the name of an action of the API."""
    said = plan_words("back to v1.4.2 by stop_service_deployment, safe in about 1:50")
    assert said == "back to v1.4.2 by stopping the deployment in flight, safe in about 1:50"


async def test_a_terminal_that_is_too_small_still_says_that_it_asks() -> None:
    """In the one line that there is; what cannot be read is not answered."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(52, 14)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await until(pilot, lambda: bool(desk.app.under_way.asking()))
        desk.app.flush()
        await pilot.pause()
        assert "GUARD rugmunch/production/api" in text_of(desk.app.screen)
        desk.later()
        await pilot.press("i")
        assert not desk.answers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    word=TEXTS,
    value=st.none() | st.floats(0, 1e6),
    measure=st.sampled_from(list(Measure)),
    state=st.sampled_from(list(GuardState)),
    width=st.sampled_from([60, 80, 99, 100, 140]),
    glyphs=MARKS,
)
def test_nothing_from_outside_moves_a_column(
    word: str, value: float | None, measure: Measure, state: GuardState, width: int, glyphs: Glyphs
) -> None:
    """Names, sources, evidence, versions, plans: every line keeps its width, and the panel its rows."""
    figure = a_figure(measure=measure, value=value, source=word, evidence=word, subject=word)
    texts = ("headline", "question", "plan", "back_to", "asks_because", "why")
    said: dict[str, Any] = dict.fromkeys(texts, word)
    view = a_view(state=state, figures=(figure,) * 6, blame=Blame(None, word, word), **said)
    named = Address(word, word, word)
    asked = GuardAsked(view, NOW, named, word, word, word, more=3, next_back=(named, 8.0) if value else None)
    panel = panel_lines(asked, width, glyphs)
    assert len(panel) == (ROWS if width >= 100 else NARROW_ROWS)
    long, short = guard_lines(view, NOW, width - 2, glyphs), short_guard_lines(view, NOW, width - 2, glyphs)
    assert (len(long), len(short)) == (5, 3)
    for line in (*panel, *long, *short):
        assert_harmless(in_marks(line.strip(width, DARK), glyphs), width, glyphs)


@pytest.mark.parametrize("width", [80, 140])
def test_what_is_asked_is_read_before_why_where_both_have_no_room(width: int) -> None:
    """The address and the question are never cut off by a long reason."""
    why = "fairtradeworker's own container is killed for memory again and again " * 2
    view = a_view(question=f"{ADDRESS}: {why}: roll back?")
    lines = panel_lines(GuardAsked(view, NOW, ADDRESS, "production"), width, UNICODE)
    said = " ".join(line.plain(width) for line in lines)
    assert f"{ADDRESS}: roll back? fairtrade" in said


async def test_a_trip_that_is_ignored_is_acknowledged() -> None:
    """A key that ends the asking says that it did, and for which service."""
    desk = GuardDesk()
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.begin(a_view())
        await shown(pilot, desk)
        await pilot.press("i")
        await until(pilot, lambda: bool(desk.app._notifications))
        (said,) = desk.app._notifications
        assert f"{ADDRESS}: ignored for this rollout" in said.message


def test_the_plan_of_what_runs_says_that_it_does() -> None:
    """A restart is to what serves: it never *ran* here only because it has not ended."""
    runs = a_plan(verb=Verb.RESTART, source=a_release(), target=a_release(), served_s=None)
    said = " ".join(text for line in _to(runs, 100) for text, _ in line)
    assert "runs now" in said and "never ran here" not in said
    new = a_plan(verb=Verb.DEPLOY, source=a_release(), target=a_new_release(), served_s=None)
    assert "never ran here" in " ".join(text for line in _to(new, 100) for text, _ in line)
