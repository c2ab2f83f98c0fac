"""Deployments that shift traffic and end well: their stages, their weights, their target groups."""

import pytest

import console.sandbox.services  # noqa: F401  (fills the registry)
from console.sandbox.ecs.model import Task
from console.sandbox.registry import HANDLERS
from tests.unit.sandbox_shifts import ShiftStage

BEGINNING = [
    ("PRE_SCALE_UP", 0.0),
    ("SCALE_UP", 0.0),
    ("POST_SCALE_UP", 0.0),
    ("TEST_TRAFFIC_SHIFT", 0.0),
    ("POST_TEST_TRAFFIC_SHIFT", 0.0),
]
END = [("POST_PRODUCTION_TRAFFIC_SHIFT", 100.0), ("BAKE_TIME", 100.0), ("CLEAN_UP", 100.0)]


def _shift(before: float, after: float) -> list[tuple[str, float]]:
    return [("PRE_PRODUCTION_TRAFFIC_SHIFT", before), ("PRODUCTION_TRAFFIC_SHIFT", after)]


def test_blue_green_goes_through_its_stages_in_order() -> None:
    """All production traffic at once; the deployment is SUCCESSFUL and only the new tasks are left."""
    stage = ShiftStage(desired=2)
    stage.deploy("good")
    assert stage.story() == [*BEGINNING, *_shift(0.0, 100.0), *END]
    outcome = stage.rollout()
    assert outcome["status"] == "SUCCESSFUL"
    assert "lifecycleStage" not in outcome
    shown = stage.describe()
    assert [(item["status"], item["rolloutState"]) for item in shown["deployments"]] == [
        ("PRIMARY", "COMPLETED")
    ]
    assert (shown["runningCount"], shown["pendingCount"]) == (2, 0)
    assert stage.log()[-1][1].endswith("has reached a steady state.")


def test_canary_shifts_twice() -> None:
    """The canary's share, its bake, then all."""
    canary = {"canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 5}}
    stage = ShiftStage("CANARY", settings=canary, desired=2)
    stage.deploy("good")
    assert stage.story() == [*BEGINNING, *_shift(0.0, 12.5), *_shift(12.5, 100.0), *END]
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_linear_shifts_in_equal_steps() -> None:
    """By 30 percent to 100, with a bake after each step but the last."""
    linear = {"linearConfiguration": {"stepPercent": 30.0, "stepBakeTimeInMinutes": 2}}
    stage = ShiftStage("LINEAR", settings=linear, desired=1)
    stage.deploy("good")
    steps = [*_shift(0.0, 30.0), *_shift(30.0, 60.0), *_shift(60.0, 90.0), *_shift(90.0, 100.0)]
    assert stage.story() == [*BEGINNING, *steps, *END]


def test_a_canary_bakes_before_the_rest_follows_and_everything_bakes_at_the_end() -> None:
    """Five minutes at the canary's share, then the bake time with both revisions running."""
    canary = {"canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 5}}
    stage = ShiftStage("CANARY", bake=3, settings=canary, desired=2)
    stage.deploy("good")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    begun = stage.hand.at
    while stage.share() < 100:
        stage.wait(1)
    assert stage.hand.at - begun == pytest.approx(300, abs=60)
    stage.until_stage("BAKE_TIME")
    begun = stage.hand.at
    assert [item["runningCount"] for item in stage.describe()["deployments"]] == [2, 2]
    stage.until_stage("CLEAN_UP")
    assert stage.hand.at - begun == pytest.approx(180, abs=10)


def test_without_settings_of_its_own_a_canary_has_awss_defaults() -> None:
    """5 percent for 10 minutes; linear: 10 percent every 6 minutes."""
    configuration = ShiftStage("CANARY").describe()["deploymentConfiguration"]
    assert configuration["canaryConfiguration"] == {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
    configuration = ShiftStage("LINEAR").describe()["deploymentConfiguration"]
    assert configuration["linearConfiguration"] == {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
    assert "canaryConfiguration" not in configuration


def test_the_target_groups_swap_roles_with_each_deployment() -> None:
    """The revision tells the live group; the service's configuration never changes."""
    stage = ShiftStage(desired=1)
    groups = []
    for tag in ("good", "better", "slow-start"):
        stage.deploy(tag)
        stage.until_over()
        arn = stage.rollout()["targetServiceRevision"]["arn"]
        answer = stage.call("DescribeServiceRevisions", serviceRevisionArns=[arn])
        (revision,) = answer["serviceRevisions"]
        (resolved,) = revision["resolvedConfiguration"]["loadBalancers"]
        assert resolved["productionListenerRule"] == stage.rule.arn
        assert revision["loadBalancers"] == stage.describe()["loadBalancers"] == stage.load_balancers
        groups.append(resolved["targetGroupArn"])
    assert groups == [stage.green.arn, stage.blue.arn, stage.green.arn]
    assert [len(group.targets) for group in (stage.blue, stage.green)] == [0, 1]


def test_rules_show_the_weights_of_the_moment() -> None:
    """DescribeRules: the canary's tenth, first on the test rule's whole, both whole in the end."""
    canary = {"canaryConfiguration": {"canaryPercent": 0.5, "canaryBakeTimeInMinutes": 5}}
    stage = ShiftStage("CANARY", settings=canary)

    def weights(arn: str) -> dict[str, int]:
        (rule,) = stage.call("DescribeRules", RuleArns=[arn])["Rules"]
        (action,) = rule["Actions"]
        groups = action["ForwardConfig"]["TargetGroups"]
        return {item["TargetGroupArn"]: item["Weight"] for item in groups}

    assert weights(stage.rule.arn) == {stage.blue.arn: 1}
    stage.deploy("good")
    stage.until_stage("POST_TEST_TRAFFIC_SHIFT")
    assert weights(stage.test_rule.arn) == {stage.blue.arn: 0, stage.green.arn: 100}
    assert weights(stage.rule.arn) == {stage.blue.arn: 1}
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    assert weights(stage.rule.arn) == {stage.blue.arn: 995, stage.green.arn: 5}
    shown = stage.rollout()
    assert shown["targetServiceRevision"]["requestedTestTrafficWeight"] == 100.0
    assert shown["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.5
    (source,) = shown["sourceServiceRevisions"]
    assert (source["requestedTestTrafficWeight"], source["requestedProductionTrafficWeight"]) == (0.0, 99.5)
    stage.until_over()
    assert weights(stage.rule.arn) == {stage.blue.arn: 0, stage.green.arn: 100}


def test_requests_follow_the_weights() -> None:
    """A canary of a fifth answers about a fifth of the requests, and none before its share begins."""
    canary = {"canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 30}}
    stage = ShiftStage("CANARY", settings=canary, desired=2)
    stage.deploy("good")
    new = stage.service.primary.id
    stage.until_stage("POST_TEST_TRAFFIC_SHIFT")
    begun = int(stage.hand.at // 60)
    assert _answered(stage, new, begun - 1) == 0.0
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.wait(1200, step=10)
    first = int(stage.hand.at // 60) - 18
    shares = [_answered(stage, new, minute) for minute in range(first, first + 15)]
    assert sum(shares) / len(shares) == pytest.approx(0.2, abs=0.04)


def _answered(stage: ShiftStage, deployment: str, minute: int) -> float:
    """Share of a minute's requests that tasks of a deployment answered."""
    requests = stage.account.logs.traffic.requests(stage.service.arn, minute)
    tasks: dict[str, Task] = stage.service.tasks
    lives = [request.life for request in requests if request.life is not None]
    return sum(tasks[life.task].deployment == deployment for life in lives) / len(lives)


def test_a_service_without_load_balancer_takes_the_same_course() -> None:
    """Headless: no traffic to shift, all the stages all the same."""
    stage = ShiftStage(behind_lb=False, desired=2)
    stage.deploy("good")
    assert [name for name, _ in stage.story()] == [
        name for name, _ in [*BEGINNING, *_shift(0.0, 100.0), *END]
    ]
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_the_first_deployment_of_a_service_shifts_all_at_once() -> None:
    """There is no older revision to divide the traffic with, whatever the strategy."""
    stage = ShiftStage("LINEAR")
    stage.call(
        "CreateService",
        cluster="main",
        serviceName="second",
        taskDefinition=stage.define("good"),
        desiredCount=1,
        networkConfiguration=stage.network,
        loadBalancers=stage.load_balancers,
        deploymentConfiguration={"strategy": "LINEAR", "bakeTimeInMinutes": 1},
    )
    stage.wait(600)
    service = stage.account.ecs.clusters["main"].services["second"]
    assert service.rollout is not None and service.rollout.status == "SUCCESSFUL"
    assert service.primary.revision.attached[0]["targetGroupArn"] == stage.blue.arn


def test_back_to_rolling_the_tasks_stay_in_the_live_group() -> None:
    """The live group is green after one swap, so a rolling deployment goes there too."""
    stage = ShiftStage(desired=1)
    stage.deploy("good")
    stage.until_over()
    stage.configure(strategy="ROLLING")
    stage.deploy("better")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert "requestedProductionTrafficWeight" not in stage.rollout()["targetServiceRevision"]
    assert stage.service.primary.revision.attached[0]["targetGroupArn"] == stage.green.arn
    assert stage.share() == 100.0


def test_scaling_while_both_revisions_run_scales_both() -> None:
    """Scale-out in the middle of a deployment reaches blue and green."""
    stage = ShiftStage("CANARY", desired=2)
    stage.deploy("good")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.update(desiredCount=3)
    stage.wait(240)
    assert [item["runningCount"] for item in stage.describe()["deployments"]] == [3, 3]
    stage.update(desiredCount=1)
    stage.wait(240)
    assert [item["runningCount"] for item in stage.describe()["deployments"]] == [1, 1]


def test_a_new_deployment_over_a_running_one_reconciles_first() -> None:
    """The older one is STOPPED; only the revision that was live stays, and gets all the traffic."""
    stage = ShiftStage("CANARY", desired=2)
    live = stage.service.primary
    stage.deploy("good")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.wait(60)
    older = stage.service.rollout
    stage.deploy("better")
    assert stage.service.rollout is not older
    stage.wait(10)
    assert older is not None and older.status == "STOPPED"
    story = stage.story()
    assert story[0] == ("RECONCILE_SERVICE", 0.0)
    assert [name for name, _ in story[1:6]] == [name for name, _ in BEGINNING]
    assert stage.rollout()["status"] == "SUCCESSFUL"
    sources = {revision.arn for revision, _ in stage.service.service_deployments[-1].sources}
    assert live.revision.arn in sources and len(sources) == 2
    assert stage.service.primary.revision.attached[0]["targetGroupArn"] == stage.green.arn


def test_each_target_group_has_figures_of_its_own() -> None:
    """A canary of a fifth: requests divided one to four, and both groups' hosts counted apart."""
    canary = {"canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 60}}
    stage = ShiftStage("CANARY", settings=canary, desired=2)
    stage.deploy("good")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.wait(1800, step=30)
    groups = (stage.blue, stage.green)
    blue, green = (sum(_measured(stage, group.arn, "RequestCount", "Sum")) for group in groups)
    assert green / (blue + green) == pytest.approx(0.2, abs=0.04)
    for group in groups:
        assert set(_measured(stage, group.arn, "HealthyHostCount", "Average")) == {2.0}


def _measured(stage: ShiftStage, group: str, name: str, statistic: str) -> list[float]:
    """A metric of a target group over fifteen minutes that are published by now."""
    (balancer,) = stage.account.elb.load_balancers
    end = stage.hand.at // 60 * 60 - 300
    answer = HANDLERS["cloudwatch", "GetMetricStatistics"](
        stage.account,
        {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": name,
            "Dimensions": [
                {"Name": "TargetGroup", "Value": group.rpartition(":")[2]},
                {"Name": "LoadBalancer", "Value": balancer.partition(":loadbalancer/")[2]},
            ],
            "StartTime": end - 900,
            "EndTime": end,
            "Period": 60,
            "Statistics": [statistic],
        },
    )
    return [point[statistic] for point in answer["Datapoints"]]
