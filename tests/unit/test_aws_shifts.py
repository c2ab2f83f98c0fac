"""Service deployments that shift traffic, task sets and CodeDeploy's deployments, as AWS gives them."""

from typing import Any

import pytest

from console.aws.codedeploy import CodeDeploy
from console.aws.rollouts import rollout_of
from console.aws.services import status_of
from console.domain.rollout import CODE_DEPLOY, RolloutStatus
from tests.builders import (
    ADDRESS,
    GROUP,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    OLD_DEFINITION,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    ago,
)
from tests.unit.scripted_aws import ScriptedAws, calls_on, raw_service
from tests.unit.test_aws_services import raw_rollout

OTHER_GROUP = GROUP.replace("rugmunch-api", "rugmunch-api-green")
ID = "d-AAAAAAAAA"
BACK = "d-BBBBBBBBB"


def test_a_canary_is_read_with_shares_hooks_alarms_and_bakes() -> None:
    """All that DescribeServiceDeployments tells of a shift, in per cent and seconds."""
    found = rollout_of(
        raw_rollout(
            updatedAt=ago(30),
            lifecycleStage="PRE_PRODUCTION_TRAFFIC_SHIFT",
            targetServiceRevision={
                "arn": NEW_RELEASE,
                "requestedTestTrafficWeight": 100.0,
                "requestedProductionTrafficWeight": 10.0,
            },
            sourceServiceRevisions=[
                {
                    "arn": OLD_RELEASE,
                    "requestedTestTrafficWeight": 0.0,
                    "requestedProductionTrafficWeight": 90.0,
                }
            ],
            deploymentConfiguration={
                "strategy": "CANARY",
                "bakeTimeInMinutes": 10,
                "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 15},
            },
            lifecycleHookDetails=[
                {"hookId": "ecs-hook-1", "targetType": "AWS_LAMBDA", "status": "SUCCEEDED"},
                {
                    "hookId": "ecs-pause-1",
                    "targetType": "PAUSE",
                    "status": "AWAITING_ACTION",
                    "expiresAt": ago(-600),
                    "timeoutAction": "ROLLBACK",
                },
            ],
            alarms={"status": "MONITORING", "alarmNames": ["errors"], "triggeredAlarmNames": []},
        )
    )
    assert (found.strategy, found.share) == ("CANARY", 10.0)
    assert found.weights == {NEW_RELEASE: 10.0, OLD_RELEASE: 90.0}
    assert found.test_weights == {NEW_RELEASE: 100.0, OLD_RELEASE: 0.0}
    assert (found.step_percent, found.step_bake_s, found.bake_s) == (10.0, 900.0, 600.0)
    assert found.updated_at == ago(30)
    assert found.waiting is not None
    assert (found.waiting.id, found.waiting.stage) == ("ecs-pause-1", "PRE_PRODUCTION_TRAFFIC_SHIFT")
    assert (found.waiting.expires_at, found.waiting.on_timeout) == (ago(-600), "ROLLBACK")
    assert found.alarms is not None
    assert (found.alarms.status, found.alarms.names, found.alarms.triggered) == (
        "MONITORING",
        ("errors",),
        (),
    )


@pytest.mark.parametrize(
    ("strategy", "percent", "bake_s"),
    [("CANARY", 5.0, 600.0), ("LINEAR", 10.0, 360.0), ("BLUE_GREEN", None, 0.0)],
)
def test_steps_that_are_not_written_down_are_those_of_ecs(
    strategy: str, percent: float | None, bake_s: float
) -> None:
    """The defaults of CanaryConfiguration and LinearConfiguration; blue/green has no steps."""
    found = rollout_of(raw_rollout(deploymentConfiguration={"strategy": strategy}))
    assert (found.step_percent, found.step_bake_s) == (percent, bake_s)
    assert found.share is None, "what is not told is not zero"


def test_a_rolling_deployment_shifts_nothing() -> None:
    """No weights, even if ECS should tell some; no alarms where none is named."""
    target = {"arn": NEW_RELEASE, "requestedProductionTrafficWeight": 100.0}
    found = rollout_of(raw_rollout(targetServiceRevision=target, alarms={"status": "DISABLED"}))
    assert (found.shifts, found.share, found.weights, found.alarms) == (False, None, {}, None)


def raw_set(id: str, status: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "status": status,
        "taskDefinition": OLD_DEFINITION,
        "computedDesiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "createdAt": ago(9000),
        "updatedAt": ago(9000),
        "scale": {"value": 100.0, "unit": "PERCENT"},
        "stabilityStatus": "STEADY_STATE",
        "loadBalancers": [{"targetGroupArn": GROUP}],
    } | changes


def raw_sets(controller: str = CODE_DEPLOY) -> dict[str, Any]:
    green = raw_set(
        NEW_DEPLOYMENT,
        "ACTIVE",
        taskDefinition=NEW_DEFINITION,
        runningCount=1,
        pendingCount=1,
        createdAt=ago(60),
        stabilityStatus="STABILIZING",
        loadBalancers=[{"targetGroupArn": OTHER_GROUP}],
        externalId=ID,
    )
    return raw_service(
        deployments=[],
        deploymentController={"type": controller},
        currentServiceDeployment="",
        taskSets=[raw_set(OLD_DEPLOYMENT, "PRIMARY"), green],
        loadBalancers=[{"targetGroupArn": GROUP}],
    )


def test_task_sets_stand_for_deployments() -> None:
    """Newest first, with their own counts, their scale, and both target groups."""
    status = status_of(ADDRESS, raw_sets())
    green, blue = status.deployments
    assert (green.id, green.status, green.state, green.external_id) == (
        NEW_DEPLOYMENT,
        "ACTIVE",
        "IN_PROGRESS",
        ID,
    )
    assert (green.running, green.pending, green.desired, green.scale) == (1, 1, 2, 100.0)
    assert (blue.status, blue.state) == ("PRIMARY", "COMPLETED")
    assert status.primary == blue
    assert status.groups == (GROUP, OTHER_GROUP)
    assert (status.controller, status.strategy, status.rollout_id) == (CODE_DEPLOY, CODE_DEPLOY, ID)


def test_task_sets_of_any_other_controller_have_no_rollout_to_ask_for() -> None:
    """Their external id means something to somebody else only."""
    status = status_of(ADDRESS, raw_sets("EXTERNAL"))
    assert (status.controller, status.rollout_id, len(status.deployments)) == ("EXTERNAL", None, 2)


def test_both_groups_of_blue_and_green_are_known() -> None:
    """Either may be the one that serves."""
    entry = {"targetGroupArn": GROUP, "advancedConfiguration": {"alternateTargetGroupArn": OTHER_GROUP}}
    status = status_of(ADDRESS, raw_service(loadBalancers=[entry]))
    assert (status.target_groups, status.alternate_groups) == ((GROUP,), (OTHER_GROUP,))


def codedeploy(aws: ScriptedAws, info: dict[str, Any], *more: dict[str, Any]) -> CodeDeploy:
    """CodeDeploy with one deployment, and those that it names."""
    answers = {str(item["deploymentId"]): {"deploymentInfo": item} for item in (info, *more)}
    aws.on("codedeploy.GetDeployment", lambda params: answers[params["deploymentId"]])
    aws.on("codedeploy.ListDeploymentTargets", {"targetIds": ["c:s"]})
    weights = (("Blue", OLD_DEPLOYMENT, 90.0), ("Green", NEW_DEPLOYMENT, 10.0))
    sets = [{"identifer": name, "taskSetLabel": label, "trafficWeight": w} for label, name, w in weights]
    events = [
        {"lifecycleEventName": "AfterInstall", "status": "Succeeded", "endTime": ago(300)},
        {"lifecycleEventName": "AllowTraffic", "status": "InProgress", "startTime": ago(60)},
    ]
    target = {"taskSetsInfo": sets, "lifecycleEvents": events, "lastUpdatedAt": ago(60)}
    aws.on("codedeploy.BatchGetDeploymentTargets", {"deploymentTargets": [{"ecsTarget": target}]})
    return CodeDeploy(calls_on(aws))


def info(status: str, id: str = ID, **changes: Any) -> dict[str, Any]:
    return {"deploymentId": id, "status": status, "createTime": ago(400), "startTime": ago(390)} | changes


def test_codedeploys_deployment_is_a_rollout_of_task_sets() -> None:
    """Weights by task set; the event under way is the stage."""
    found = codedeploy(ScriptedAws(), info("InProgress")).get(ID)
    assert (found.status, found.stage, found.strategy) == (
        RolloutStatus.IN_PROGRESS,
        "AllowTraffic",
        CODE_DEPLOY,
    )
    assert (found.target, found.sources, found.share) == (NEW_DEPLOYMENT, (OLD_DEPLOYMENT,), 10.0)
    assert (found.hooks, found.updated_at) == ((), ago(60))


def test_a_deployment_that_is_ready_expires_after_its_wait() -> None:
    """Counted from the end of the last event before it."""
    option = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30}
    settings = {"deploymentReadyOption": option}
    found = codedeploy(ScriptedAws(), info("Ready", blueGreenDeploymentConfiguration=settings)).get(ID)
    assert found.waiting is not None
    assert (found.stage, found.waiting.on_timeout) == ("READY_WAIT", "STOP")
    assert found.waiting.expires_at == ago(300 - 1800)


@pytest.mark.parametrize(
    ("back", "status"),
    [
        ("InProgress", RolloutStatus.ROLLBACK_IN_PROGRESS),
        ("Succeeded", RolloutStatus.ROLLBACK_SUCCESSFUL),
        ("Failed", RolloutStatus.ROLLBACK_FAILED),
    ],
)
def test_its_rollback_is_followed(back: str, status: RolloutStatus) -> None:
    """Another deployment, which the stopped one names; told under the id of the first."""
    said = {"rollbackDeploymentId": BACK, "rollbackMessage": "is rolled back"}
    stopped = info("Stopped", rollbackInfo=said)
    found = codedeploy(ScriptedAws(), stopped, info(back, BACK)).get(ID)
    assert (found.id, found.status, found.went_back_to) == (ID, status, OLD_DEPLOYMENT)
    assert found.rollback_reason == "is rolled back"


def test_only_what_is_over_for_good_is_not_asked_for_again() -> None:
    """A stopped one may still be taken back."""
    aws = ScriptedAws()
    reader = codedeploy(aws, info("Succeeded"))
    assert reader.get(ID) == reader.get(ID)
    assert aws.names().count("codedeploy.GetDeployment") == 1
    aws = ScriptedAws()
    reader = codedeploy(aws, info("Stopped", errorInformation={"message": "a person stopped it"}))
    assert reader.get(ID).reason == "a person stopped it"
    reader.get(ID)
    assert aws.names().count("codedeploy.GetDeployment") == 2
