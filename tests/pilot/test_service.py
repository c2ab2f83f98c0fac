"""One service on one screen."""

from dataclasses import replace

import pytest

from console.diagnosis import diagnose
from console.domain.fleet import Diagnosis, EnvironmentPicture
from console.domain.service import ServiceState
from console.errors import CredentialsError, RefusedError
from screens.messages import AskFailed, LogsFailed, LogsRead, PlanMade
from tests.builders import (
    NEW_DEPLOYMENT,
    a_hold,
    a_log_line,
    a_picture,
    a_rolling_observation,
    a_stopped_task,
    ago,
    an_observation,
    task_id,
)
from tests.pilot.desk import WHY, Desk, failing_picture
from tests.pilot.stage import a_plan, text_of, words_of

WIDE, NARROW = (140, 40), (80, 24)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_it_says_what_is_wrong_why_and_what_runs(size: tuple[int, int]) -> None:
    """State and cause on top, then both deployments, then the dead tasks with ECS's reason."""
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "✗ FAILING 1/2 rugmunch-api production" in said
        assert WHY[:60] in said
        assert ":43 v1.4.3 ✗ FAILING 1/2 :42 v1.4.2 ● serving" in said
        assert "memory 512 MB changed 1,024 MB" in said
        assert said.count("out of memory (exit 137)") == 3


async def test_place_and_account_stand_at_the_right() -> None:
    """Platform, cluster, Region, account number and role are always on screen."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        rows = text_of(await desk.open_service(pilot)).splitlines()
        assert rows[3].endswith("ecs  rugmunch-production  us-east-1  4823-1960-7715  on-call")


async def test_the_way_back_names_target_mechanism_and_time_and_the_key_says_it_too() -> None:
    """What ``R`` would do is on screen before anybody presses it."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        screen.post_message(PlanMade(a_plan(), 0))
        await pilot.pause()
        said = words_of(screen)
        assert (
            "way back R to v1.4.2 (ran for 3 d), by stopping the deployment in flight"
            " · safe in about 1:50" in said
        )
        assert "R roll back to v1.4.2, safe in about 1:50" in said


async def test_no_way_back_is_amber_and_says_why() -> None:
    """``none`` with the engine's reason."""
    desk = Desk()
    async with desk.app.run_test(size=NARROW) as pilot:
        screen = await desk.open_service(pilot)
        screen.post_message(AskFailed(RefusedError("nothing else ever ran"), 0))
        await pilot.pause()
        assert "back none · nothing else ever ran" in words_of(screen)


async def test_a_plan_of_before_a_change_is_neither_shown_nor_promised_by_the_key() -> None:
    """What it led away from has gone: nothing of it is said until another one is made."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        screen.post_message(PlanMade(a_plan(), 0))
        await pilot.pause()
        assert "R roll back to v1.4.2" in words_of(screen)
        steady = a_picture(address=screen.address, diagnosis=Diagnosis(ServiceState.STEADY))
        desk.publish(replace(desk.pictures[0], services=(steady, *desk.pictures[0].services[1:])))
        await pilot.pause()
        said = words_of(screen)
        assert "to v1.4.2" not in said
        assert "way back asking" in said


async def test_the_end_of_an_operation_takes_the_plan_of_before_it_away() -> None:
    """Also where nothing that ECS shows has changed: a mark, a hold, a drain."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        screen.post_message(PlanMade(a_plan(), 0))
        await pilot.pause()
        desk.app.operation_ended(screen.address)
        await pilot.pause()
        assert "way back asking" in words_of(screen)


async def test_an_answer_to_an_older_question_is_dropped() -> None:
    """Only the newest question counts."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        screen.post_message(PlanMade(a_plan(), 99))
        await pilot.pause()
        assert "way back asking" in words_of(screen)


async def test_targets_show_their_state_task_and_reason() -> None:
    """A target that is being checked is not healthy yet."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "● healthy 00000001 :42 10.0.1.1:3000" in said
        assert "» initial 00000003 :43 10.0.1.3:3000 Elb.RegistrationInProgress" in said


async def test_repeated_steady_events_are_one_line() -> None:
    """The unbroken row of *steady state* is counted, everything else is shown in ECS's words."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        await pilot.press("3")
        await pilot.pause()
        said = words_of(screen)
        assert "has started 1 tasks: (task 5e21b3aa)." in said
        assert "has reached a steady state. (2 times)" in said


async def test_log_lines_name_their_revision_and_markup_in_them_is_text() -> None:
    """The newest lines at the end; a failure to read them is said in their place."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        lines = (
            a_log_line("GET /health 200"),
            a_log_line("[/x] [@click=app.quit]now[/]", task=task_id(3), severity="error"),
        )
        screen.post_message(LogsRead(screen.address, lines))
        await pilot.pause()
        said = words_of(screen)
        assert ":42 · GET /health 200" in said
        assert ":43 ✗ [/x] [@click=app.quit]now[/]" in said
        screen.post_message(LogsFailed(screen.address, CredentialsError("the session has expired")))
        screen.post_message(LogsRead(screen.address, ()))
        await pilot.pause()
        assert "no lines in the last 15 min" in words_of(screen)


async def test_tab_goes_through_the_panes_at_80_columns() -> None:
    """Tasks, targets, events, logs, and round again."""
    desk = Desk()
    async with desk.app.run_test(size=NARROW) as pilot:
        screen = await desk.open_service(pilot)
        await pilot.press("tab")
        await pilot.pause()
        assert "10.0.1.3:3000" in words_of(screen)
        await pilot.press("tab")
        await pilot.pause()
        assert "has reached a steady state. (2 times)" in words_of(screen)


async def test_a_long_pane_scrolls_and_counts_what_is_below() -> None:
    """Thirty dead tasks: the newest are on top, the rest is a key away, and scrolling stops at the end."""
    stopped = tuple(
        a_stopped_task(number=number, deployment=NEW_DEPLOYMENT, stopped_at=ago(number))
        for number in range(1, 31)
    )
    picture = failing_picture(observation=a_rolling_observation(tasks=stopped))
    desk = Desk(EnvironmentPicture(picture.environment, ago(1), (picture,)))
    async with desk.app.run_test(size=NARROW) as pilot:
        screen = await desk.open_service(pilot)
        assert "more" in words_of(screen)
        await pilot.press("G")
        await pilot.pause()
        assert "more" not in words_of(screen)
        await pilot.press("k")
        await pilot.pause()
        assert "▾ 1 more" in words_of(screen)


async def test_a_part_that_could_not_be_read_says_so_and_is_never_zero() -> None:
    """Missing tasks are not *no tasks*."""
    picture = failing_picture(
        observation=a_rolling_observation(tasks=(), missing={"tasks": "not allowed: ecs:ListTasks"})
    )
    desk = Desk(EnvironmentPicture(picture.environment, ago(1), (picture,)))
    async with desk.app.run_test(size=WIDE) as pilot:
        assert "not read: not allowed: ecs:ListTasks" in words_of(await desk.open_service(pilot))


async def test_a_version_whose_targets_could_not_be_read_is_not_called_serving() -> None:
    """The state is unknown, on top and beside the deployment; nothing of it is green."""
    seen = an_observation(targets=(), missing={"targets": "denied"})
    picture = a_picture(observation=seen, diagnosis=diagnose(seen.status, seen, None))
    desk = Desk(EnvironmentPicture(picture.environment, ago(1), (picture,)))
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "? UNKNOWN" in said
        assert "targets could not be read: denied" in said
        assert "? unknown" in said
        assert "serving" not in said


async def test_a_held_service_says_at_which_version() -> None:
    """Beside its name, in amber."""
    picture = failing_picture(hold=a_hold())
    desk = Desk(EnvironmentPicture(picture.environment, ago(1), (picture,)))
    async with desk.app.run_test(size=WIDE) as pilot:
        assert "rugmunch-api production held at v1.4.2" in words_of(await desk.open_service(pilot))


async def test_a_service_that_was_not_read_yet_promises_nothing() -> None:
    """Opened before the first picture: every pane waits."""
    fresh = replace(failing_picture(), as_of=None, status=None, observation=None, release=None)
    desk = Desk(EnvironmentPicture(fresh.environment, None, (fresh,)))
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert said.count("not read yet") == 3
        assert "serving" not in said
