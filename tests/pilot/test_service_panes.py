"""What stands behind the tabs of a service: every task, scaling, configuration, the explanation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.address import Tier
from console.domain.fleet import Diagnosis, EnvironmentPicture, ServicePicture, WayBack
from console.domain.operation import Mechanism
from console.domain.rollout import AlarmWatch, Hook, RolloutStatus
from console.domain.scaling import Scaling, ScalingActivity, ScalingPolicy
from console.domain.service import Observation, ServiceState
from console.domain.standing import Standing
from console.errors import RejectedError
from screens.messages import PlanMade
from screens.summary import summary
from tests.builders import (
    ADDRESS,
    GROUP,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NOW,
    OLD_DIGEST,
    OLD_RELEASE,
    a_container,
    a_deployment,
    a_new_release,
    a_new_rollout,
    a_picture,
    a_release,
    a_rolling_observation,
    a_rollout,
    a_service,
    a_target,
    a_task,
    ago,
    an_environment,
    an_identity,
    an_observation,
)
from tests.pilot.desk import Desk, failing_picture, only
from tests.pilot.stage import a_plan, text_of, until, words_of
from widgets.service_head import HOW, HOW_SHORT

WIDE, NARROW = (140, 40), (80, 24)
SECOND = GROUP.replace("rugmunch-api", "rugmunch-green")


def _crowd(count: int) -> ServicePicture:
    tasks = tuple(a_task(number=number, created_at=ago(number)) for number in range(1, count + 1))
    status = a_service(desired=count)
    return a_picture(status=status, observation=an_observation(status=status, tasks=tasks))


def _shifting(**overrides: object) -> ServicePicture:
    rollout = a_new_rollout(
        strategy="LINEAR",
        stage="PRODUCTION_TRAFFIC_SHIFT",
        step_percent=10.0,
        step_bake_s=300.0,
        weights={NEW_RELEASE: 10.0, OLD_RELEASE: 90.0},
        hooks=(
            Hook(
                "h1",
                "POST_TEST_TRAFFIC_SHIFT",
                "AWAITING_ACTION",
                "PAUSE",
                NOW + timedelta(seconds=2532),
                "ROLLBACK",
            ),
        ),
        alarms=AlarmWatch("MONITORING", ("api-5xx",)),
    )
    return failing_picture(observation=a_rolling_observation(rollout=replace(rollout, **overrides)))  # type: ignore[arg-type]


async def test_what_gets_no_request_is_not_called_serving() -> None:
    """Healthy tasks at 0 % stand by: the other version serves everything."""
    for old, words in ((90.0, ":42 v1.4.2 ● serving"), (0.0, ":42 v1.4.2 ○ standing by")):
        desk = Desk(only(_shifting(weights={NEW_RELEASE: 100.0 - old, OLD_RELEASE: old})))
        async with desk.app.run_test(size=WIDE) as pilot:
            assert words in words_of(await desk.open_service(pilot))


async def test_a_share_that_was_not_read_is_not_green() -> None:
    """While requests are shifted nothing serves for certain without its share."""
    shifting = _shifting()
    assert shifting.observation is not None
    denied = replace(shifting.observation, missing={"routes": "AccessDenied"})
    third = a_deployment(id="ecs-svc/3", status="ACTIVE", created_at=ago(9000))
    three = (*shifting.observation.status.deployments, third)
    crowded = replace(denied, status=replace(denied.status, deployments=three))
    blind = [replace(denied, missing={part: "AccessDenied"}) for part in ("tasks", "targets")]
    for picture in (
        _shifting(weights={}),
        *(replace(shifting, observation=seen, status=seen.status) for seen in (denied, crowded, *blind)),
    ):
        desk = Desk(only(picture))
        async with desk.app.run_test(size=WIDE) as pilot:
            words = words_of(await desk.open_service(pilot))
            assert ":42 v1.4.2 ? unknown" in words and "● serving" not in words


@pytest.mark.parametrize(("share", "words"), [(100.0, "● serving"), (0.0, "○ standing by")])
async def test_who_serves_is_told_by_the_rules_and_not_by_what_was_asked_for(
    share: float, words: str
) -> None:
    """ECS asks for weights; the listener rules have them, also when nothing is asked for any more."""
    asked = {NEW_RELEASE: share, OLD_RELEASE: 100.0 - share}
    over = RolloutStatus.SUCCESSFUL
    for picture in (_shifting(weights=asked), _shifting(weights={}), _shifting(status=over)):
        assert picture.observation is not None
        new = {task.ip for task in picture.observation.tasks if task.deployment == NEW_DEPLOYMENT}
        targets = tuple(
            replace(item, group=SECOND) if item.ip in new else item for item in picture.observation.targets
        )
        assert {item.group for item in targets} == {GROUP, SECOND}
        routes = {GROUP: share, SECOND: 100.0 - share}
        seen = replace(picture.observation, targets=targets, routes=routes)
        desk = Desk(only(replace(picture, observation=seen)))
        async with desk.app.run_test(size=WIDE) as pilot:
            assert f":42 v1.4.2 {words}" in words_of(await desk.open_service(pilot))


OLD_UNHEALTHY = tuple(a_target(number=n, state="unhealthy") for n in (1, 2))
OLD_DRAINING = tuple(a_target(number=n, state="draining") for n in (1, 2))
READ = {"routes": {GROUP: 100.0}}


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (a_rolling_observation(targets=(*OLD_UNHEALTHY, a_target(number=3)), **READ), "▲ none healthy"),
        (a_rolling_observation(targets=(*OLD_DRAINING, a_target(number=3)), **READ), "▲ none healthy"),
        (a_rolling_observation(targets=(a_target(number=3),), **READ), "▲ none healthy"),
        (an_observation(targets=OLD_UNHEALTHY, **READ), "▲ none healthy"),
        (an_observation(missing={"routes": "AccessDenied"}), "? unknown"),
        (an_observation(tasks=()), "? unknown"),
        (a_rolling_observation(targets=(), missing={"targets": "AccessDenied"}), "? unknown"),
    ],
    ids=[
        "unhealthy",
        "draining",
        "not registered",
        "all",
        "rules unread",
        "no task listed",
        "targets unread",
    ],
)
async def test_who_has_no_healthy_target_or_was_not_read_is_not_called_serving(
    seen: Observation, words: str
) -> None:
    picture = a_picture(status=seen.status, observation=seen)
    desk = Desk(only(picture))
    async with desk.app.run_test(size=WIDE) as pilot:
        shown = words_of(await desk.open_service(pilot))
        assert f":42 v1.4.2 {words}" in shown and "● serving" not in shown


@pytest.mark.parametrize("count", [101, 1000])
async def test_every_task_can_be_reached(count: int) -> None:
    """However many there are: the first page, the count of the rest, and the last one at the end."""
    desk = Desk(only(_crowd(count)))
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        said = words_of(screen)
        assert f"{count:,} of {count:,} running" in said
        assert f"{1:08x}" in said and f"{count:08x}" not in said
        await pilot.press("G")
        await pilot.pause()
        assert f"{count:08x}" in words_of(screen)


async def test_a_task_that_runs_another_image_than_its_revision_says_which() -> None:
    """Also in the heading: mixed digests are a version of nobody's choosing."""
    stray = a_task(number=3, containers=(a_container(digest=NEW_DIGEST),))
    desk = Desk(
        only(a_picture(observation=an_observation(tasks=(a_task(number=1), a_task(number=2), stray))))
    )
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert ":42 v1.4.2 3 of 2 running mixed digests" in said
        assert said.count("api runs 4b7e4b7e") == 1
        assert "api runs 9c1f9c1f" not in said


async def test_running_tasks_of_the_clusters_list_stand_in_until_the_service_was_read_in_full() -> None:
    """With the age of that list."""
    listed = a_picture(observation=None, tasks=(a_task(number=0xABC),), tasks_as_of=ago(40))
    desk = Desk(only(listed))
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "running ones only, listed 40 s ago" in said
        assert "healthy 00000abc" in said


async def test_a_rollout_that_shifts_traffic_says_weight_stage_hook_and_alarms() -> None:
    """Green beside blue, with what happens when nobody decides."""
    desk = Desk(only(_shifting()))
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "green :43 v1.4.3" in said and "blue :42 v1.4.2" in said
        assert "traffic 10 % ━━" in said and "90 % ━━━" in said
        assert "stage shifting production traffic · LINEAR 10 % every 5:00" in said
        assert "WAITING after the test traffic · 42:12 left, then rolls back" in said
        assert "alarms monitoring api-5xx" in said


async def test_a_canary_is_headed_by_its_share_of_the_traffic() -> None:
    """As on the fleet; its tasks say nothing about how many requests reach it."""
    row = replace(_shifting(), diagnosis=Diagnosis(ServiceState.CANARY, "green at 10 %"))
    desk = Desk(only(row))
    async with desk.app.run_test(size=NARROW) as pilot:
        assert "◔ CANARY 10 % rugmunch-api" in words_of(await desk.open_service(pilot))


async def test_the_key_that_goes_on_is_named_as_long_as_a_hook_waits() -> None:
    """The bar follows the picture, whatever was pressed before."""
    desk = Desk(only(failing_picture()))
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        for row, named in ((failing_picture(), False), (_shifting(), True), (failing_picture(), False)):
            desk.publish(only(row))
            await pilot.pause()
            assert ("M move on" in words_of(screen)) is named


async def test_a_triggered_alarm_is_named() -> None:
    """It is what rolls the deployment back."""
    alarms = AlarmWatch("TRIGGERED", ("api-5xx", "api-p95"), ("api-p95",))
    desk = Desk(only(_shifting(alarms=alarms)))
    async with desk.app.run_test(size=WIDE) as pilot:
        assert "alarms ▲ TRIGGERED api-p95" in words_of(await desk.open_service(pilot))


async def test_without_weights_the_share_of_healthy_targets_is_called_that() -> None:
    """ECS shifts nothing in a rolling deployment: the load balancer spreads over what is healthy."""
    desk = Desk(only(failing_picture()))
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "traffic 0 % ──────────── of healthy targets 100 % ━━━━━━━━━━━━" in said


async def test_scaling_is_asked_for_when_its_tab_is_opened_and_not_before() -> None:
    """Limits, what is suspended, policies and activities."""
    desk = Desk()
    platform = desk.platforms["rugmunch/production"]
    platform.scalings[ADDRESS] = Scaling(
        2,
        10,
        suspended=("in",),
        policies=(ScalingPolicy("cpu", "target tracking", "ECSServiceAverageCPUUtilization at 60"),),
        activities=(ScalingActivity(ago(120), "set desired count to 4", "Successful"),),
    )
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        assert platform.count("scaling") == 0
        await pilot.press("4")
        await until(pilot, lambda: "2 to 10 tasks" in words_of(screen))
        said = words_of(screen)
        assert "2 desired" in said
        assert "suspended: scaling in" in said
        assert "only ever scales out" in said
        assert "target tracking ECSServiceAverageCPUUtilization at 60 · cpu" in said
        assert "2 min ago set desired count to 4" in said


async def test_no_autoscaling_and_a_refusal_are_two_things() -> None:
    """What could not be read is not absent."""
    desk = Desk()
    platform = desk.platforms["rugmunch/production"]
    async with desk.app.run_test(size=NARROW) as pilot:
        screen = await desk.open_service(pilot)
        platform.fail("scaling", RejectedError("not allowed: application-autoscaling"))
        await pilot.press("4")
        await until(pilot, lambda: "not read: not allowed: application-autoscaling" in words_of(screen))
        assert "no autoscaling" not in words_of(screen)
        await pilot.press("3", "4")
        await until(pilot, lambda: "no autoscaling: the desired count changes only" in words_of(screen))


async def test_any_two_revisions_can_be_compared() -> None:
    """By default what is live and what was before it; two pairs of keys choose others."""
    older_id = OLD_RELEASE.replace("042", "041")
    oldest = a_release(
        id=older_id,
        definition="arn:aws:ecs:us-east-1:1:task-definition/rugmunch-api:41",
        label="v1.4.1",
        digest="sha256:" + "77aa" * 16,
        settings={"cpu": "256", "api environment": "A, GONE"},
        configuration="other",
    )
    live = a_new_release(settings={"cpu": "512", "memory": "512 MB", "api environment": "A, CAME"})
    picture = failing_picture(
        observation=a_rolling_observation(releases={NEW_RELEASE: live, OLD_RELEASE: a_release()})
    )
    desk = Desk(only(picture))
    platform = desk.platforms["rugmunch/production"]
    platform.histories[ADDRESS] = (a_new_rollout(), a_rollout(), a_rollout(id="first", target=older_id))
    platform.known[older_id] = oldest
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        await pilot.press("5")
        await until(pilot, lambda: "of 3" in words_of(screen))
        said = words_of(screen)
        assert ":42 v1.4.2 3 d → :43 v1.4.3 6 min live" in said
        assert "image api 9c1f9c1f v1.4.2 → 4b7e4b7e v1.4.3" in said
        await pilot.press("left_square_bracket")
        await pilot.pause()
        said = words_of(screen)
        assert ":41 v1.4.1" in said
        assert "cpu 256 → 512" in said
        assert "api environment - GONE" in said and "+ CAME" in said
        await pilot.press("left_curly_bracket")
        await pilot.pause()
        assert ":41 v1.4.1 3 d → :42 v1.4.2 3 d" in words_of(screen)
        await pilot.press("right_curly_bracket", "right_square_bracket")
        await pilot.pause()
        assert ":42 v1.4.2 3 d → :43 v1.4.3 6 min live" in words_of(screen)
        assert platform.count("history") == 1


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_click_on_a_tab_opens_it(size: tuple[int, int]) -> None:
    """The mouse does what the keys do."""
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        screen = await desk.open_service(pilot)
        rows = text_of(screen).splitlines()
        row = next(y for y, text in enumerate(rows) if "events 3" in text)
        await pilot.click(offset=(rows[row].index("events") + 1, row))
        await pilot.pause()
        assert "has reached a steady state. (2 times)" in words_of(screen)


async def test_explain_shows_cause_remedy_and_what_they_rest_on() -> None:
    """And goes away again with the same key."""
    desk = Desk(only(failing_picture()))
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        assert "remedy" not in words_of(screen)
        await pilot.press("e")
        await pilot.pause()
        said = words_of(screen)
        assert "remedy raise the memory limit to 1,024 MB" in said
        assert "stopped: out of memory (exit 137)" in said
        assert "CloudWatch 1 min ago errors 8.4 %, over 5 % of 1,000 requests" in said
        await pilot.press("e")
        await pilot.pause()
        assert "remedy" not in words_of(screen)


async def test_until_the_plan_is_there_the_proved_way_back_stands_with_its_age() -> None:
    """A check that fails in it is said; one proved for another deployment is not shown."""
    way = WayBack(ago(240), "v1.4.2", 110, proven=True, failed=("secret is gone",), deployment=NEW_DEPLOYMENT)
    desk = Desk(only(failing_picture(way_back=way)))
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        assert "R to v1.4.2 · safe in about 1:50 · secret is gone · proved 4 min ago" in words_of(screen)
        screen.post_message(PlanMade(a_plan(), 0))
        await pilot.pause()
        assert "to v1.4.2 (ran for 3 d), by stopping" in words_of(screen)
    desk = Desk(only(failing_picture(way_back=replace(way, deployment="ecs-svc/other"))))
    async with desk.app.run_test(size=WIDE) as pilot:
        assert "way back asking" in words_of(await desk.open_service(pilot))


async def test_the_accounts_name_stands_before_its_number() -> None:
    """Numbers alone are mistaken for each other."""
    around = EnvironmentPicture(
        an_environment(tier=Tier.PRODUCTION),
        NOW,
        (failing_picture(),),
        an_identity(),
        standing=Standing(NOW, account_name="rugmunch-prod"),
    )
    desk = Desk(around)
    async with desk.app.run_test(size=WIDE) as pilot:
        assert "us-east-1 rugmunch-prod 4823-1960-7715 on-call" in words_of(await desk.open_service(pilot))


def test_the_copied_summary_holds_all_that_a_colleague_needs() -> None:
    """Address, state, versions with digests, deployments, diagnosis, way back, ages; nothing to click."""
    text = summary(failing_picture(deployed_by="ci"), NOW, None, a_plan())
    assert text.startswith("rugmunch/production/api FAILING".replace(" ", "  ", 1))
    assert f":43 v1.4.3 ({NEW_DIGEST}) PRIMARY IN PROGRESS · 1 of 2 running" in text
    assert f":42 v1.4.2 ({OLD_DIGEST}) ACTIVE COMPLETED" in text
    assert "deployed 6 min ago by ci" in text
    assert "why: out of memory" in text
    assert f"way back: v1.4.2 ({OLD_DIGEST}), safe in about 1:50" in text
    assert "as of 2026-11-20T03:12:47.000Z, 0 s ago" in text
    assert "http" not in text


def test_every_mechanism_has_its_words() -> None:
    """A way back that cannot be named would take the whole head away."""
    assert set(HOW) == set(HOW_SHORT) == set(Mechanism)


async def test_without_a_service_revision_the_digest_is_that_of_the_tasks() -> None:
    """A service that CodeDeploy deploys has no revision to ask for."""
    status = replace(a_service(), controller="CODE_DEPLOY")
    picture = a_picture(status=status, release=None, observation=an_observation(status=status, releases={}))
    desk = Desk(only(picture))
    async with desk.app.run_test(size=WIDE) as pilot:
        assert "image 9c1f9c1f by its tasks" in words_of(await desk.open_service(pilot))
