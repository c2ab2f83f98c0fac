"""Blue/green, canary and their pauses as boto3 sees them; every answer is held against botocore's model."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.sandbox.elb import add_listener, add_rule, add_target_group
from tests.contract.conftest import Sandbox, SandboxFactory
from tests.contract.test_sandbox_ecs import CLUSTER, SERVICE, code_of, newest, revision_of
from tests.fakes import FakeClock

ROLE = "arn:aws:iam::111122223333:role/ecs-load-balancers"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fleet(make_sandbox: SandboxFactory, clock: FakeClock) -> Sandbox:
    """rugmunch, whose API has got a second target group, a production rule and a test listener."""
    sandbox = make_sandbox("rugmunch", clock=clock)
    account = sandbox.account()
    service = account.ecs.clusters[CLUSTER].services[SERVICE]
    (entry,) = service.load_balancers
    blue = account.elb.target_groups[entry["targetGroupArn"]]
    green = add_target_group(account, f"{SERVICE}-green", blue.port, blue.check, 30)
    listener = next(item for item in account.elb.listeners.values() if item.rules[0].target_group == blue.arn)
    balancer = account.elb.load_balancers[listener.load_balancer]
    rule = add_rule(account, listener, blue, 10, [{"Field": "path-pattern", "Values": ["/*"]}])
    tests = add_listener(account, balancer, blue, 8443)
    entry["advancedConfiguration"] = {
        "alternateTargetGroupArn": green.arn,
        "productionListenerRule": rule.arn,
        "testListenerRule": tests.rules[0].arn,
        "roleArn": ROLE,
    }
    return sandbox


def _configure(ecs: Any, **settings: Any) -> None:
    ecs.update_service(cluster=CLUSTER, service=SERVICE, deploymentConfiguration=settings)


def _weights(elb: Any, service: dict[str, Any]) -> list[int]:
    """Of the production rule: the configured group's, and its alternate's."""
    (entry,) = service["loadBalancers"]
    settings = entry["advancedConfiguration"]
    (rule,) = elb.describe_rules(RuleArns=[settings["productionListenerRule"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    known = {item["TargetGroupArn"]: item["Weight"] for item in groups}
    return [known.get(entry["targetGroupArn"], 0), known.get(settings["alternateTargetGroupArn"], 0)]


def test_a_canary_pauses_before_each_shift_and_ends_on_the_other_group(
    fleet: Sandbox, clock: FakeClock
) -> None:
    """Two pauses with ids of their own; the weights follow; the revision tells the live group."""
    ecs, elb = fleet.client("ecs"), fleet.client("elbv2")
    pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
    canary = {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 2}
    _configure(
        ecs, strategy="CANARY", bakeTimeInMinutes=1, canaryConfiguration=canary, lifecycleHooks=[pause]
    )
    updated = ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=revision_of(ecs, "good"))
    seen = []
    for expected in ([1, 0], [90, 10]):
        clock.advance(400)
        shown = newest(ecs)
        assert shown["lifecycleStage"] == "PRE_PRODUCTION_TRAFFIC_SHIFT"
        (hook,) = shown["lifecycleHookDetails"]
        assert (hook["status"], hook["targetType"]) == ("AWAITING_ACTION", "PAUSE")
        assert _weights(elb, updated["service"]) == expected
        seen.append(hook["hookId"])
        ecs.continue_service_deployment(
            serviceDeploymentArn=shown["serviceDeploymentArn"], hookId=hook["hookId"], action="CONTINUE"
        )
    assert len(set(seen)) == 2
    clock.advance(900)
    shown = newest(ecs)
    assert shown["status"] == "SUCCESSFUL"
    assert _weights(elb, updated["service"]) == [0, 100]
    arn = shown["targetServiceRevision"]["arn"]
    (revision,) = ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"]
    (live,) = revision["resolvedConfiguration"]["loadBalancers"]
    (entry,) = updated["service"]["loadBalancers"]
    assert live["targetGroupArn"] == entry["advancedConfiguration"]["alternateTargetGroupArn"]
    health = elb.describe_target_health(TargetGroupArn=live["targetGroupArn"])["TargetHealthDescriptions"]
    assert {item["TargetHealth"]["State"] for item in health} == {"healthy"}


def test_a_pause_answered_with_rollback_gives_the_traffic_back(fleet: Sandbox, clock: FakeClock) -> None:
    """ROLLBACK_SUCCESSFUL, all weight on the group that was live; a second answer is refused."""
    ecs, elb = fleet.client("ecs"), fleet.client("elbv2")
    pause = {"targetType": "PAUSE", "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"]}
    _configure(ecs, strategy="BLUE_GREEN", bakeTimeInMinutes=1, lifecycleHooks=[pause])
    updated = ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=revision_of(ecs, "good"))
    clock.advance(500)
    shown = newest(ecs)
    assert shown["lifecycleStage"] == "POST_PRODUCTION_TRAFFIC_SHIFT"
    assert shown["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100.0
    answer = {
        "serviceDeploymentArn": shown["serviceDeploymentArn"],
        "hookId": shown["lifecycleHookDetails"][0]["hookId"],
        "action": "ROLLBACK",
    }
    ecs.continue_service_deployment(**answer)
    with pytest.raises(ClientError) as caught:
        ecs.continue_service_deployment(**answer)
    assert code_of(caught) == "InvalidParameterException"
    clock.advance(900)
    assert newest(ecs)["status"] == "ROLLBACK_SUCCESSFUL"
    assert _weights(elb, updated["service"]) == [100, 0]


def test_a_shift_that_is_not_configured_in_full_is_refused(fleet: Sandbox) -> None:
    """BLUE_GREEN without its bake time: InvalidParameterException."""
    with pytest.raises(ClientError) as caught:
        _configure(fleet.client("ecs"), strategy="BLUE_GREEN")
    assert code_of(caught) == "InvalidParameterException"
