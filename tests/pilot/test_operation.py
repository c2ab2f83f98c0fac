"""A running operation on its screen: the clock, the lanes, the verdict, and what its keys do not do."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.domain.fleet import Diagnosis, FleetSnapshot, ServicePicture
from console.domain.guard import JudgedState
from console.domain.guarded import GuardState
from console.domain.operation import (
    Entry,
    Mechanism,
    OperationEvent,
    Progress,
    Safety,
    SafetyState,
    Step,
    Verb,
    Verdict,
)
from console.domain.rollout import Hook
from console.domain.series import Measure
from console.domain.service import Observation, ServiceState
from console.domain.wish import Wish
from console.domain.words import utc
from console.errors import EndpointError
from console.operations.pauses import waits_in
from screens.messages import OperationWished, QuestionAnswered
from screens.operation import OperationScreen, picture_of, summary
from screens.present import present_of
from screens.running import RunningOperation, chip_of
from screens.under_way import UnderWay
from tests.builders import (
    ADDRESS,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NOW,
    a_deployment,
    a_hold,
    a_log_line,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_picture,
    a_release,
    a_rolling_observation,
    a_rolling_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_environment_picture,
    task_id,
)
from tests.fakes import FakeLogs, HandClock
from tests.pilot.stage import Stage, a_plan, text_of, until
from tests.pilot.test_guard_panel import a_figure, a_view
from widgets.glyphs import ASCII, UNICODE
from widgets.lanes import picture as lanes_of
from widgets.operation_clock import clock_lines
from widgets.operation_picture import PresentKind
from widgets.operation_view import wide

BEGAN = ago(67)
GOOD = "ecs-svc/44"
STEPS = (
    Step("done", 0, "confirmed", "devon"),
    Step("done", 1, "order accepted", Mechanism.STOP_SERVICE_DEPLOYMENT.value),
    Step("done", 6, ":42 task d7e4 starting", "us-east-1b"),
    Step("now", None, ":42 health checks", "1 of 2"),
    Step("next", 110, "safe"),
    Step("next", 160, "done"),
)


def seen(**overrides: Any) -> Observation:
    """Two tasks arrive, one of them healthy; one leaves, one still serves, one has died of memory."""
    old = {"deployment": NEW_DEPLOYMENT, "definition": NEW_DEFINITION}
    default: dict[str, Any] = {
        "status": a_rolling_service(
            deployments=(a_deployment(id=GOOD), a_new_deployment(status="ACTIVE", state="COMPLETED"))
        ),
        "tasks": (
            a_task(number=1, deployment=GOOD),
            a_task(number=2, deployment=GOOD),
            a_task(number=3, **old, status="DEACTIVATING", desired_status="STOPPED"),
            a_task(number=4, **old),
            a_stopped_task(number=5, exit_code=137, container_reason="OutOfMemoryError: killed"),
        ),
        "targets": (
            a_target(number=1),
            a_target(number=2, state="initial"),
            a_target(number=3, state="draining"),
            a_target(number=4),
        ),
    }
    return a_rolling_observation(**{**default, **overrides})


def running(plan_with: dict[str, Any] | None = None, **overrides: Any) -> RunningOperation:
    """The rollback, 67 s after it was confirmed; a verdict ends it."""
    plan = a_plan(**(plan_with or {}))
    default = Progress("01JD", plan, BEGAN, STEPS, seen(), frozenset({GOOD}), ordered_at=ago(66))
    progress = replace(default, **overrides)
    events: tuple[OperationEvent, ...] = ()
    if progress.verdict is not None:
        facts = {"verdict": progress.verdict.value, "by": progress.by, "journal": "written"}
        events = (OperationEvent("verdict", NOW, "01JD", progress.verdict.words, facts, progress),)
    over = progress.verdict is not None
    return RunningOperation(1, ADDRESS, plan.verb, BEGAN, plan, "01JD", progress, events, over=over)


async def shown(
    operation: RunningOperation, size: tuple[int, int] = (140, 40), now: datetime = NOW, **stage: Any
) -> str:
    """The screen of an operation as text."""
    screen = OperationScreen(operation)
    async with Stage(screen, **stage).run_test(size=size) as pilot:
        screen.now = now
        await pilot.pause()
        return text_of(screen)


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_rollback_is_drawn_with_its_clock_steps_and_lanes(size: tuple[int, int]) -> None:
    """State, clock against 5:00, what is still expected, steps, both lanes with their traffic."""
    text = await shown(running(), size)
    for part in (
        "« ROLLING BACK",
        "rugmunch-api  production",
        "of 5:00",
        "safe in about",
        "0:43",
        "1:07 ",
        ":42 health checks",
        "~1:50",
        "1 draining",
        "1 stopped",
        "1 healthy",
        "1 checking",
        "needs 2",
        "50 %",
    ):
        assert part in text, part


async def test_the_big_clock_shows_the_seconds_since_it_was_confirmed() -> None:
    """Five rows of pixels: 1:07."""
    rows = (await shown(running())).splitlines()[5:10]
    assert [row[2:28].rstrip() for row in rows] == [
        "  ██        ██████  ██████",
        "████    ██  ██  ██      ██",
        "  ██        ██  ██      ██",
        "  ██    ██  ██  ██      ██",
        "██████      ██████      ██",
    ]


async def test_past_its_estimate_and_past_five_minutes_the_clock_says_so() -> None:
    """First the estimate is over, then the promise."""
    assert "estimate 1:50" in await shown(running(), now=BEGAN + timedelta(seconds=120))
    late = await shown(running(), now=BEGAN + timedelta(seconds=332))
    assert "over by" in late
    assert "0:32" in late


async def test_at_safe_the_big_clock_stops_and_a_small_one_runs_to_done() -> None:
    """Safe after 1:00; 67 s after the start the small clock shows 1:07."""
    text = await shown(running(safe_at=BEGAN + timedelta(seconds=60)))
    assert "✓ SAFE in 1:00" in text
    assert "safe, not done" in text
    assert "1:07" in text


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_success_is_one_line_and_says_what_is_held_and_what_would_undo_it(
    size: tuple[int, int],
) -> None:
    """safe, done, journalled; held until the next deploy."""
    operation = running(
        safe_at=BEGAN + timedelta(seconds=50),
        done_at=BEGAN + timedelta(seconds=65),
        verdict=Verdict.SUCCEEDED,
        by="operator",
    )
    text = await shown(operation, size)
    assert "safe in 0:50 · done in 1:05 · by operator · journalled" in text
    assert "held at v1.4.2 until the next deploy or release" in text
    assert "undone by a CI that registers v1.4.3 again" in text
    assert "esc leave" in text
    assert "it goes on" not in text


async def test_a_bounced_rollback_says_to_what_why_and_what_to_do() -> None:
    """BOUNCED is no success: the reason, what serves, the next key."""
    operation = running(
        verdict=Verdict.BOUNCED,
        by="ecs",
        reason="ECS rolled back to v1.4.3: breaker",
        running=a_new_release(),
    )
    text = await shown(operation)
    assert "✗ BOUNCED" in text
    assert "ECS rolled back to v1.4.3: breaker" in text
    assert ":43 v1.4.3 served when it ended" in text
    assert "R plans again" in text
    assert "held at" not in text


async def test_a_journal_that_could_not_be_written_is_said() -> None:
    """Never *journalled* when it was not."""
    operation = running(verdict=Verdict.SUCCEEDED, safe_at=ago(10))
    event = replace(operation.events[0], facts={"verdict": "SUCCEEDED", "journal": "disk full"})
    text = await shown(replace(operation, events=(event,)))
    assert "NOT JOURNALLED: disk full" in text
    assert "· journalled" not in text


async def test_lost_contact_is_unknown_and_the_clock_runs_on() -> None:
    """How long nobody has answered, what was last heard, and that it asks again."""
    operation = running(contact_lost_since=ago(23))
    event = OperationEvent("accepted", ago(66), "01JD", "order accepted", {}, operation.progress)
    text = await shown(replace(operation, events=(event,)))
    assert "? UNKNOWN" in text
    assert "no answer for 23 s · asking again" in text
    assert "order accepted" in text
    assert "0:43" in text


async def test_an_operation_that_ended_with_an_error_says_it() -> None:
    """Its message and its remedy, in place of a verdict."""
    begun = RunningOperation(1, ADDRESS, Verb.ROLLBACK, BEGAN, a_plan())
    text = await shown(begun.ended(EndpointError("ECS does not answer", "check the network"), NOW))
    assert "ECS does not answer · check the network" in text
    assert "NOT WATCHED" in text


async def test_a_refusal_without_any_picture_is_drawn_from_its_verdict() -> None:
    """A world that changed between plan and confirm: nothing was sent, and why."""
    begun = RunningOperation(1, ADDRESS, Verb.ROLLBACK, BEGAN, a_plan())
    facts = {"verdict": "REFUSED", "reason": "another deployment began: ecs-svc/99"}
    text = await shown(begun.after(OperationEvent("verdict", NOW, None, "REFUSED", facts)))
    assert "✗ REFUSED" in text
    assert "another deployment began: ecs-svc/99" in text
    assert "nothing was sent" in text


async def test_without_a_load_balancer_there_is_no_traffic_line() -> None:
    """Nothing is shown in the place of what cannot be known."""
    status = a_rolling_service(target_groups=(), deployments=(a_deployment(id=GOOD),))
    text = await shown(running(observation=seen(status=status, targets=())))
    assert "traffic" not in text


async def test_targets_that_could_not_be_read_are_no_data() -> None:
    """Not zero, not green."""
    text = await shown(running(observation=seen(targets=(), missing={"targets": "elb throttled"})))
    assert "∅ NODATA  elb throttled" in text


async def test_above_twenty_tasks_the_marks_are_grouped() -> None:
    """34 healthy tasks are one mark and a number."""
    many = tuple(a_task(number=number, deployment=GOOD) for number in range(1, 35))
    targets = tuple(a_target(number=number) for number in range(1, 35))
    text = await shown(running(observation=seen(tasks=many, targets=targets)))
    assert "● 34" in text
    assert "34 healthy" in text


async def test_logs_of_both_revisions_stand_below() -> None:
    """Each line with the revision of its task."""
    lines = [
        a_log_line("heap at 95 %", id="a", task=task_id(4), severity="warn"),
        a_log_line("listening on 0.0.0.0:3000", id="b", task=task_id(1), at=ago(2)),
    ]
    logs = FakeLogs({ADDRESS: lines})
    screen = OperationScreen(running(), HandClock(), logs)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        screen.now = NOW
        await until(pilot, lambda: bool(screen.logs))
        await pilot.pause()
        text = text_of(screen)
    assert ":43  0000  ▲ WARN   heap at 95 %" in text
    assert ":42  0000  · INFO   listening on 0.0.0.0:3000" in text


async def test_leaving_sends_nothing_and_stops_nothing() -> None:
    """esc closes the screen; no message goes to the app."""
    screen = OperationScreen(running())
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.pause()
        assert app.heard == []


async def test_the_way_back_of_a_running_deploy_is_asked_for_by_its_own_address() -> None:
    """R posts the request and sends nothing itself."""
    screen = OperationScreen(running({"verb": Verb.DEPLOY}))
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("R")
        await until(pilot, lambda: bool(app.heard))
        assert [item.wish for item in app.heard_of(OperationWished)] == [Wish(Verb.ROLLBACK, ADDRESS)]
        assert len(app.heard) == 1


async def test_r_does_nothing_while_a_rollback_runs() -> None:
    """It is already on its way back."""
    screen = OperationScreen(running())
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("R")
        await pilot.pause()
        assert app.heard == []


async def test_new_pictures_are_drawn_as_they_come() -> None:
    """The screen follows the operation that it is told of."""
    screen = OperationScreen(running())
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        screen.now = NOW
        await pilot.pause()
        screen.operation = running(safe_at=ago(2))
        await pilot.pause()
        assert "✓ SAFE in 1:05" in text_of(screen)


@pytest.mark.parametrize("size", [(60, 15), (100, 30), (110, 24), (200, 60)])
async def test_no_size_breaks_it(size: tuple[int, int]) -> None:
    """State and lanes are there from 60x15 on."""
    text = await shown(running(), size)
    assert "ROLLING BACK" in text
    assert "1 healthy" in text
    assert "failed (" not in text


async def test_without_unicode_it_is_drawn_in_ascii() -> None:
    """Marks, digits and bars have stand-ins."""
    text = await shown(running(), glyphs=ASCII)
    assert "< ROLLING BACK" in text
    assert "██" not in text


async def test_the_summary_can_be_pasted() -> None:
    """State, from and to with digests, every step with its time."""
    screen = OperationScreen(running(safe_at=ago(7), verdict=Verdict.SUCCEEDED))
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("y")
        picture = screen.picture()
        assert picture is not None
        assert app.clipboard == summary(picture)
    assert "rollback of rugmunch/production/api: SAFE at 03:12:40" in app.clipboard
    assert "from v1.4.3 (sha256:4b7e" in app.clipboard
    assert " 0:06  :42 task d7e4 starting" in app.clipboard


async def test_a_question_is_answered_by_a_key_of_its_own() -> None:
    """What is asked stands there; yes and no go out with the operation's id, once it is asked."""
    asked = OperationEvent("asked", NOW, "01JD", "asks: is it so?", {"action": 1, "question": "is it so?"})
    for key, yes in (("M", True), ("N", False)):
        screen = OperationScreen(replace(running(), events=(asked,)))
        app = Stage(screen)
        async with app.run_test(size=(80, 24)) as pilot:
            screen.now = NOW
            await pilot.pause()
            assert "is it so?" in text_of(screen)
            assert "PAUSED" in text_of(screen)
            await pilot.press(key)
            await until(pilot, lambda app=app: bool(app.heard))  # type: ignore[misc]
            assert [(item.operation, item.yes) for item in app.heard_of(QuestionAnswered)] == [("01JD", yes)]


async def test_a_question_that_was_answered_is_none_any_more() -> None:
    """The keys do nothing then."""
    asked = OperationEvent("asked", NOW, "01JD", "asks", {"action": 1, "question": "is it so?"})
    done = OperationEvent("reached", NOW, "01JD", "done", {"action": 1})
    screen = OperationScreen(replace(running(), events=(asked, done)))
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("M", "N")
        await pilot.pause()
        assert app.heard == []


async def test_a_paused_deployment_is_moved_on_by_a_plan() -> None:
    """The key sends nothing: it asks for the plan."""
    screen = OperationScreen(paused_deploy("AWAITING_ACTION"))
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("M")
        await until(pilot, lambda: bool(app.heard))
        assert "PAUSED" in text_of(screen)
        assert [item.wish for item in app.heard_of(OperationWished)] == [Wish(Verb.CONTINUE, ADDRESS)]


def paused_deploy(status: str) -> RunningOperation:
    """A deploy that was told of a pause, and whose hook is like that now."""
    paused = OperationEvent("paused", NOW, "01JD", "paused after the test traffic", {"hook": "h"})
    hook = Hook("h", "POST_TEST_TRAFFIC_SHIFT", status, "PAUSE")
    observation = seen(rollout=a_new_rollout(hooks=(hook,)))
    return replace(running({"verb": Verb.DEPLOY}, observation=observation), events=(paused,))


async def test_an_estimate_stands_still_while_a_hook_waits_and_goes_on_after_it() -> None:
    """Ten minutes of thinking are no part of what is still to be done."""
    waiting, going = (paused_deploy(status).progress for status in ("AWAITING_ACTION", "SUCCEEDED"))
    begun = running({"verb": Verb.DEPLOY})
    paused = begun.after(OperationEvent("paused", NOW, "01JD", "paused", {"hook": "h"}, waiting))
    for seconds in (0, 600):
        text = await shown(paused, now=NOW + timedelta(seconds=seconds))
        assert "PAUSED" in text
        assert "paused" in text
        assert "0:43 left" in text
    assert "~11:50" in text
    continued = paused.after(
        OperationEvent("continuing", NOW + timedelta(seconds=600), "01JD", "continued", {}, going)
    )
    text = await shown(continued, now=NOW + timedelta(seconds=610))
    assert "safe in" in text
    assert "0:33" in text
    assert "estimate 11:50" in text


@pytest.mark.parametrize(("status", "waited_s"), [("AWAITING_ACTION", 720), ("SUCCEEDED", 60)])
async def test_a_wait_that_began_before_the_process_died_is_counted_from_its_beginning(
    status: str, waited_s: float
) -> None:
    """Ended waits are counted too; one that ended while nobody watched is not, for nobody knows when."""
    entries = (
        Entry(1, "01JD", "paused", ago(900), ""),
        Entry(2, "01JD", "continuing", ago(840), ""),
        Entry(3, "01JD", "paused", ago(600), ""),
    )
    waited, since = waits_in(entries)
    assert (waited, since) == (60, ago(600))
    facts = {"waited_s": waited, "waits_since": utc(ago(600))}
    resumed = running({"verb": Verb.DEPLOY}, observation=None).after(
        OperationEvent("resumed", NOW, "01JD", "resumed", facts)
    )
    at = NOW + timedelta(seconds=3)
    looked = resumed.after(OperationEvent("progress", at, "01JD", "", {}, paused_deploy(status).progress))
    assert looked.waited(NOW + timedelta(seconds=60)) == waited_s


async def test_a_question_to_a_person_stops_the_estimate_as_well() -> None:
    """Until the answer is found in the journal."""
    begun = running({"verb": Verb.DEPLOY})
    asks = begun.after(OperationEvent("asked", NOW, "01JD", "a question", {"question": "go on?"}))
    later = NOW + timedelta(seconds=300)
    assert "0:43 left" in await shown(asks, now=later)
    answered = asks.after(OperationEvent("reached", later, "01JD", "done", {"action": 0}))
    assert (answered.is_waiting, answered.waited(later + timedelta(seconds=60))) == (False, 300)


async def test_a_pause_that_somebody_else_decided_about_is_none_any_more() -> None:
    """No engine tells of it: the deployment itself does."""
    screen = OperationScreen(paused_deploy("SUCCEEDED"))
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("M")
        await pilot.pause()
        assert "DEPLOYING" in text_of(screen) and app.heard == []


async def test_the_traffic_is_what_the_rules_give_and_not_who_is_healthy() -> None:
    """Both are healthy side by side, and only a tenth of the requests is the new version's."""
    deployments = (
        a_deployment(id=GOOD, release="new"),
        a_new_deployment(status="ACTIVE", state="COMPLETED", release="old"),
    )
    rollout = a_new_rollout(strategy="CANARY", target="new", weights={"new": 10.0, "old": 90.0})
    observation = seen(status=a_rolling_service(deployments=deployments), rollout=rollout)
    text = await shown(running({"verb": Verb.DEPLOY}, observation=observation))
    assert re.search(r"traffic +90 % \S+ +10 %", text)


async def test_a_rehearsal_ends_with_its_own_words() -> None:
    """Not with those of the rollback that brought it forward again."""
    leg = running({"verb": Verb.ROLLBACK}, verdict=Verdict.SUCCEEDED, reason="held at v1.4.3")
    facts = {"verdict": "FAILED", "reason": "rolled back to v1.4.2, but not returned to v1.4.3"}
    ending = OperationEvent("verdict", NOW, "01JE", "FAILED", facts)
    text = await shown(replace(leg, verb=Verb.REHEARSE, events=(*leg.events, ending)))
    assert "FAILED" in text and "but not returned to v1.4.3" in text
    assert "held at v1.4.3" not in text


@pytest.mark.parametrize(
    ("state", "chip", "title"),
    [
        (SafetyState.LOST, "NOT SAFE ANY MORE", "NOT SAFE ANY MORE since 03:13:00 UTC: 1 of 2"),
        (SafetyState.UNREAD, "safety unknown", "safety unknown since 03:13:00 UTC"),
    ],
)
async def test_safety_that_is_lost_or_unread_is_never_shown_as_safe(
    state: SafetyState, chip: str, title: str
) -> None:
    """On the page and in the header, although it was safe once."""
    since = NOW.replace(hour=3, minute=13, second=0)
    safety = Safety(state, since, "1 of 2 good targets healthy")
    progress = Progress("01JOB", a_plan(), BEGAN, STEPS, seen(), safe_at=NOW, safety=safety)
    running = RunningOperation(1, ADDRESS, Verb.ROLLBACK, BEGAN, a_plan())
    lost = running.after(OperationEvent("unsafe", NOW, "01JOB", "", progress=progress))
    text = " ".join((await shown(lost)).split())

    assert chip in chip_of(lost, NOW, UNICODE).text
    assert chip_of(lost, NOW, UNICODE).ink != "steady"
    assert title in text
    assert "SAFE in" not in text


async def test_a_deploy_whose_guard_goes_back_is_shown_as_a_rollback() -> None:
    """With the promise of one, and by the name of one in the header."""
    deploy, back = a_plan(verb=Verb.DEPLOY), a_plan()
    operation = RunningOperation(1, ADDRESS, Verb.DEPLOY, BEGAN, deploy)
    guard = a_view(state=GuardState.GOING_BACK, question="")
    progress = Progress("01JOB", back, BEGAN, STEPS, seen(), frozenset({GOOD}), BEGAN, guard=guard)
    going = operation.after(OperationEvent("progress", NOW, "01JOB", "", progress=progress))
    assert chip_of(going, NOW, UNICODE).text.endswith("of 5:00")
    screen = OperationScreen(going)
    app = Stage(screen)
    async with app.run_test(size=(140, 40)) as pilot:
        screen.now = NOW
        await pilot.pause()
        said = text_of(screen)
        assert "« ROLLING BACK" in said and "DEPLOYING" not in said
        assert "« goes back to v1.4.2" in said


@pytest.mark.parametrize(("size", "is_wide"), [((140, 40), True), ((80, 24), False)])
async def test_the_guard_has_its_bars_with_the_limits_at_one_column(
    size: tuple[int, int], is_wide: bool
) -> None:
    """Value before, limit and trend after; health and what is needed below; what is not known says why."""
    figures = (
        a_figure(),
        a_figure(
            name="p95", measure=Measure.P95, state=JudgedState.OK, value=0.1, baseline=0.184, limit=0.368
        ),
        a_figure(
            name="dependency",
            measure=Measure.DEPENDENCY,
            state=JudgedState.NODATA,
            value=None,
            limit=None,
            subject="cache",
            evidence="no answer",
        ),
    )
    guard = a_view(state=GuardState.JUDGING, question="", figures=figures)
    plan = a_plan(verb=Verb.DEPLOY)
    operation = RunningOperation(1, ADDRESS, Verb.DEPLOY, BEGAN, plan)
    progress = Progress("01JOB", plan, BEGAN, STEPS, seen(), frozenset({GOOD}), BEGAN, guard=guard)
    screen = OperationScreen(operation.after(OperationEvent("progress", NOW, "01JOB", "", progress=progress)))
    app = Stage(screen)
    async with app.run_test(size=size) as pilot:
        screen.now = NOW
        await pilot.pause()
        lines = text_of(screen).splitlines()
        errors = next(line for line in lines if "limit 5 %" in line)
        slow = next(line for line in lines if "limit 368 ms" in line)
        assert errors.index("┃") == slow.index("┃")
        assert errors.split()[:3] == ["errors", "8.4", "%"] and "↑ from 0.1 %" in errors
        assert slow.split()[:3] == ["p95", "100", "ms"] and "↓ from 184 ms" in slow
        if is_wide:
            assert any(line.endswith("asks · rollout") for line in map(str.rstrip, lines))
            assert "∅ NODATA cache: no answer" in text_of(screen)


@pytest.mark.parametrize(
    ("state", "word", "chip"),
    [
        (GuardState.TRIPPED, "✗ GUARD ASKS", "guard asks"),
        (GuardState.COUNTDOWN, "✗ GUARD COUNTS DOWN", "guard counts down"),
        (GuardState.GOING_BACK, "« ROLLING BACK", "goes back"),
        (GuardState.JUDGING, "✓ SAFE in 1:43", "safe in 1:43"),
    ],
)
async def test_a_deploy_whose_guard_has_tripped_is_called_safe_nowhere(
    state: GuardState, word: str, chip: str
) -> None:
    """Neither by its title nor in the header, also where another process carries it."""
    deploy = a_plan(verb=Verb.DEPLOY)
    guard = a_view(state=state, rolls_back_at=NOW if state is GuardState.COUNTDOWN else None)
    safe_at = BEGAN + timedelta(seconds=103)
    progress = Progress("01", deploy, BEGAN, STEPS, seen(), ordered_at=BEGAN, safe_at=safe_at, guard=guard)
    operation = RunningOperation(1, ADDRESS, Verb.DEPLOY, BEGAN, deploy)
    going = operation.after(OperationEvent("guard", NOW, "01", "", progress=progress))
    assert chip_of(going, NOW, UNICODE).text.endswith(chip)
    assert (chip_of(going, NOW, UNICODE).ink == "steady") is (state is GuardState.JUDGING)
    screen = OperationScreen(going)
    app = Stage(screen)
    async with app.run_test(size=(140, 40)) as pilot:
        screen.now = NOW
        await pilot.pause()
        assert word in text_of(screen)
        assert ("SAFE in" in text_of(screen)) is (state is GuardState.JUDGING)


async def test_a_deploy_that_goes_back_elsewhere_is_drawn_the_other_way_round() -> None:
    """Only the deploy's plan is known here: its target leaves, and what it left arrives again."""
    plan = a_plan(verb=Verb.DEPLOY, source=a_release(), target=a_new_release())
    guard = a_view(state=GuardState.GOING_BACK, question="")
    progress = Progress("01", plan, BEGAN, (), seen(), frozenset({NEW_DEPLOYMENT}), BEGAN, guard=guard)
    operation = RunningOperation(1, ADDRESS, Verb.DEPLOY, BEGAN, plan, began_elsewhere=True)
    going = operation.after(OperationEvent("guard", ago(9), "01", "guard goes back", progress=progress))
    going = going.after(OperationEvent("observed", ago(4), "01", "", progress=progress))
    text = await shown(going)
    assert "« ROLLING BACK" in text
    assert ":43 v1.4.3 → :42 v1.4.2" in text
    assert "v1.4.3 leaves, v1.4.2 arrives" in text
    assert "no estimate" in text
    assert [step.text for step in picture_of(going, NOW).steps] == ["guard goes back"]


def test_what_went_wrong_has_the_mark_of_it_and_a_lost_safety_is_told_once() -> None:
    """A deploy that another process carries: its events stand where there are no steps."""
    said = "NOT SAFE ANY MORE since 03:13:07 UTC: 1 of 2 good targets healthy"
    told: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("safe", "safe: every request is served by v1.4.3", {}),
        ("unsafe", said, {}),
        ("progress", f"{said} · 1 task died", {}),
        ("progress", f"{said} · 2 tasks died", {}),
        ("guard", "guard judges for 5 min", {}),
        ("guard", "guard tripped: errors 22 %", {}),
        ("verdict", "ROLLED BACK by guard", {"verdict": "ROLLED_BACK"}),
    )
    operation = RunningOperation(1, ADDRESS, Verb.DEPLOY, BEGAN, began_elsewhere=True)
    for event, text, facts in told:
        operation = operation.after(OperationEvent(event, NOW, "01", text, facts))
    steps = [(step.state, step.text) for step in picture_of(operation, NOW).steps]
    assert steps == [
        ("done", told[0][1]),
        ("failed", said),
        ("done", "guard judges for 5 min"),
        ("failed", "guard tripped: errors 22 %"),
        ("failed", "ROLLED BACK by guard"),
    ]


def test_what_died_is_counted_with_the_version_that_it_ran() -> None:
    """Before ECS has made a deployment that arrives, and while another process goes back, nobody knows whose
    deployment is whose; the images tell."""
    dead = tuple(a_stopped_task(number=number, exit_code=137) for number in (7, 8, 9))
    old = (a_task(number=1), a_task(number=2))
    observation = a_rolling_observation(tasks=(*old, *dead))
    ways = ((a_release(), a_new_release()), (a_new_release(), a_release()))
    for source, target in ways:
        plan = a_plan(source=source, target=target)
        every = frozenset(item.id for item in observation.status.deployments)
        for arriving in (frozenset[str](), every):
            lanes = lanes_of(Progress("01", plan, ago(600), (), observation, arriving, ago(600)))
            assert lanes is not None
            for lane in (lanes.leaving, lanes.arriving):
                counts = {"stopped": 3} if lane.version == "v1.4.3" else {"healthy": 2}
                assert lane.counts() == counts, (lane.version, arriving)


async def test_what_was_rolled_back_only_was_safe() -> None:
    """Its clock stands beside another verdict, and claims nothing."""
    text = await shown(running(safe_at=ago(7), verdict=Verdict.ROLLED_BACK))
    assert "was safe" in text


LATER = NOW + timedelta(seconds=40)
FAILING = Diagnosis(ServiceState.FAILING, "out of memory: container api killed")


def ended(**overrides: Any) -> RunningOperation:
    """The rollback, safe and succeeded now."""
    return replace(running(safe_at=ago(7), verdict=Verdict.SUCCEEDED, **overrides), ended_at=NOW)


def fleet_of(**overrides: Any) -> FleetSnapshot:
    """The service as the fleet shows it, read 30 s after the end."""
    row = a_picture(as_of=NOW + timedelta(seconds=30), **overrides)
    return FleetSnapshot({"rugmunch/production": an_environment_picture(row)})


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_an_operation_that_has_ended_is_dated_and_says_how_its_service_is_now(
    size: tuple[int, int],
) -> None:
    """Nothing on its page is green of then; what the fleet reads since stands beside it."""
    screen = OperationScreen(ended())
    async with Stage(screen).run_test(size=size) as pilot:
        screen.now, screen.snapshot = LATER, fleet_of()
        await pilot.pause()
        text = text_of(screen)
        assert "✓ SAFE at 03:12:40" in text and "SAFE in" not in text
        assert "now steady" in text
        assert "SUCCEEDED 40 s ago" in text
        assert size[0] == 80 or "tasks as of 03:12:" in text
        screen.snapshot = fleet_of(diagnosis=FAILING)
        await pilot.pause()
        text = text_of(screen)
        assert "✗ NOT SAFE ANY MORE" in text and "SAFE at" not in text
        assert "now FAILING · out of memory: container api killed" in text


async def test_a_page_of_before_has_no_colour_of_what_is_well() -> None:
    """Neither its clock, its lanes and traffic, nor its title."""
    screen = OperationScreen(ended())
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        screen.now = LATER
        await pilot.pause()
        shown = screen.picture()
        assert shown is not None
        lines = wide(shown, 140, 40, UNICODE)
        lanes = next(at for at, line in enumerate(lines) if "tasks as of" in line.plain(140))
        pieces = [piece for line in (*lines[:3], *lines[lanes : lanes + 4]) for piece in line.pieces]
        clock = [piece for line in clock_lines(shown, 5, 46, UNICODE) for piece in line.pieces]
        assert not [piece for piece in (*pieces, *clock) if "steady" in piece[2]]
        assert "now unknown · it is not in the fleet" in text_of(screen)


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        (a_picture(as_of=ago(1)), PresentKind.UNREAD, "not read since it ended"),
        (a_picture(as_of=LATER, remembered=True), PresentKind.UNREAD, "not read since it ended"),
        (a_picture(as_of=LATER), PresentKind.CALM, "now steady"),
        (a_picture(as_of=LATER, diagnosis=FAILING), PresentKind.BROKEN, "now FAILING"),
        (
            a_picture(as_of=LATER, diagnosis=replace(FAILING, apart_from_alerts=ServiceState.STEADY)),
            PresentKind.OPEN,
            "now FAILING",
        ),
        (
            a_picture(as_of=LATER, diagnosis=Diagnosis(ServiceState.DELETED)),
            PresentKind.BROKEN,
            "now DELETED",
        ),
        (a_picture(as_of=LATER, release=a_new_release()), PresentKind.BROKEN, "now v1.4.3"),
        (
            a_picture(as_of=LATER, tasks_as_of=LATER, tasks=(), hold=a_hold()),
            PresentKind.BROKEN,
            "HOLD BROKEN: only 0 of 2 tasks running",
        ),
        (
            a_picture(as_of=LATER, observation=seen(at=ago(1)), hold=a_hold(digest="sha256:other")),
            PresentKind.CALM,
            "now steady",
        ),
    ],
)
def test_what_a_service_is_now_is_read_off_the_fleet_since_the_end(
    row: ServicePicture, kind: PresentKind, words: str
) -> None:
    """Trouble in ECS, a broken hold and another version undo it; figures alone, that lag, do not."""
    fleet = FleetSnapshot({"rugmunch/production": an_environment_picture(row)})
    present = present_of(ended(), fleet, {}, LATER)
    assert present is not None and present.kind is kind
    assert words in f"{present.words} · {present.why}"
    assert present_of(running(safe_at=ago(7)), fleet, {}, LATER) is None


def test_what_was_left_to_ecs_to_bake_is_undone_by_another_version_too() -> None:
    """``--until bake`` ends the watch while ECS may still go back."""
    fleet = FleetSnapshot(
        {"rugmunch/production": an_environment_picture(a_picture(as_of=LATER, release=a_new_release()))}
    )
    baking = replace(running(safe_at=ago(7), verdict=Verdict.BAKING), ended_at=NOW)
    present = present_of(baking, fleet, {}, LATER)
    assert present is not None and (present.kind, present.words) == (PresentKind.BROKEN, "now v1.4.3")


@pytest.mark.parametrize(("since_s", "said"), [(0, "safe in 0:40"), (60, "safe since 03:14:27 UTC")])
def test_the_chip_of_what_was_lost_and_is_safe_again_has_its_time(since_s: int, said: str) -> None:
    """The first time is not that of now."""
    safe_at = NOW + timedelta(seconds=40)
    safety = Safety(SafetyState.SAFE, safe_at + timedelta(seconds=since_s))
    progress = Progress("01JOB", a_plan(), NOW, safe_at=safe_at, safety=safety)
    running = RunningOperation(1, ADDRESS, Verb.ROLLBACK, NOW, a_plan(), "01JOB", progress)
    assert chip_of(running, LATER, UNICODE).text.endswith(said)


def test_the_chip_of_what_has_ended_has_its_age_and_gives_way_to_what_is_now() -> None:
    """Never green, and red as soon as the service is not what it left."""
    under_way = UnderWay()
    under_way.operations[1] = ended()
    (chip,) = under_way.chips(LATER, UNICODE, fleet_of())
    assert (chip.text, chip.ink) == ("rugmunch-api succeeded 40 s ago", "text")
    (chip,) = under_way.chips(LATER, UNICODE, fleet_of(diagnosis=FAILING))
    assert (chip.glyph, chip.text, chip.ink) == ("✗", "rugmunch-api now FAILING", "critical")


async def test_the_page_of_a_deploy_says_what_the_watch_that_follows_it_says() -> None:
    """Header and page have one source, also while the fleet has not read it again."""
    lost = Safety(SafetyState.LOST, LATER, "1 of 2 good targets healthy")
    plan = a_plan(verb=Verb.WATCH)
    under_way = UnderWay()
    watch = under_way.begin_watch(ADDRESS, NOW)
    progress = Progress("01WATCH", plan, NOW, safety=lost)
    under_way.progressed(watch.token, OperationEvent("unsafe", LATER, "01WATCH", "", {}, progress))
    assert "NOT SAFE ANY MORE" in under_way.chips(LATER, UNICODE)[0].text
    screen = OperationScreen(ended())
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        screen.now, screen.snapshot, screen.unsafe = LATER, fleet_of(), under_way.unsafe()
        await pilot.pause()
        text = text_of(screen)
        assert "✗ NOT SAFE ANY MORE" in text and "1 of 2 good targets healthy" in text
