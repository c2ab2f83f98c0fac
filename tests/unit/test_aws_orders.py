"""The one write: compared with one read, prepared with at most one register, sent once, looked up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from console.aws.codedeploy import CodeDeploy
from console.aws.codedeploy_history import CodeDeployHistory
from console.aws.codedeploy_orders import CodeDeployOrders
from console.aws.definitions import Definitions
from console.aws.images import Registry
from console.aws.orders import Orders
from console.aws.releases import Releases
from console.aws.rollouts import Rollouts
from console.aws.services import Services
from console.domain.operation import Basis, Mechanism, Order, Sizing
from console.errors import EndpointError, OutcomeUnknownError, RejectedError
from tests.builders import (
    ADDRESS,
    CLUSTER,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEFINITION,
    OLD_DEPLOYMENT,
    OLD_DIGEST,
    OLD_RELEASE,
    OLD_ROLLOUT,
    ago,
)
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    REPOSITORY,
    SERVICE,
    ScriptedAws,
    a_known_world,
    aws_error,
    calls_on,
    describe_definitions,
    describe_revisions,
    raw_definition,
    raw_deployment,
    raw_revision,
    raw_rolling_service,
    raw_service,
    settings,
)

COPY = OLD_DEFINITION.rsplit(":", 1)[0] + ":99"
LOST = ReadTimeoutError(endpoint_url="https://ecs.us-east-1.amazonaws.com/")
BASIS = Basis(
    deployment=OLD_DEPLOYMENT,
    definition=OLD_DEFINITION,
    release=OLD_RELEASE,
    rollout=OLD_ROLLOUT,
    in_flight=False,
)
IN_FLIGHT = Basis(NEW_DEPLOYMENT, NEW_DEFINITION, NEW_RELEASE, NEW_ROLLOUT, in_flight=True)
DEPLOY = Order(
    address=ADDRESS,
    mechanism=Mechanism.UPDATE_SERVICE,
    basis=BASIS,
    base_definition=OLD_DEFINITION,
    images={"api": NEW_DIGEST},
    release=None,
)
BACK = Order(ADDRESS, Mechanism.UPDATE_SERVICE, IN_FLIGHT, OLD_DEFINITION, {"api": OLD_DIGEST}, OLD_RELEASE)
STOP = replace(BACK, mechanism=Mechanism.STOP_SERVICE_DEPLOYMENT)
FORCE = replace(DEPLOY, mechanism=Mechanism.FORCE_NEW_DEPLOYMENT)


class World:
    """Orders over a scripted AWS that knows both releases."""

    def __init__(self) -> None:
        self.aws = ScriptedAws()
        a_known_world(self.aws)
        clock = FakeClock()
        calls = calls_on(self.aws, clock)
        self.definitions = Definitions(calls)
        self.releases = Releases(calls, self.definitions, Registry(calls, clock))
        services = Services(settings(), calls)
        history = CodeDeployHistory(calls, services)
        theirs = CodeDeployOrders(calls, services, CodeDeploy(calls), history)
        self.orders = Orders(calls, services, self.definitions, self.releases, Rollouts(calls), theirs)

    def seen(self) -> "World":
        """As after the plan was made: both releases have been read."""
        self.releases.get([OLD_RELEASE, NEW_RELEASE])
        self.aws.sent.clear()
        return self

    def serves(self, raw: dict[str, Any]) -> None:
        self.aws.on("ecs.DescribeServices", {"services": [raw]})


@pytest.fixture
def world() -> World:
    return World()


def registered(params: dict[str, Any]) -> dict[str, Any]:
    return {"taskDefinition": {**params, "taskDefinitionArn": COPY, "revision": 99, "status": "ACTIVE"}}


def registers(params: dict[str, Any]) -> dict[str, Any]:
    tags = params.get("tags", [])
    return registered({key: value for key, value in params.items() if key != "tags"}) | {"tags": tags}


def test_the_basis_is_exactly_one_call(world: World) -> None:
    """Deployment, definition, release and service deployment of one moment; no desired count."""
    assert world.orders.basis(ADDRESS) == BASIS
    assert world.aws.names() == ["ecs.DescribeServices"]
    world.serves(raw_rolling_service())
    assert world.orders.basis(ADDRESS) == IN_FLIGHT


def test_a_service_of_another_controller_has_no_basis(world: World) -> None:
    """Task sets that somebody else makes: neither ECS nor CodeDeploy could be told what to run."""
    sets = [{"id": OLD_DEPLOYMENT, "status": "PRIMARY", "taskDefinition": OLD_DEFINITION}]
    world.serves(raw_service(deployments=[], taskSets=sets, deploymentController={"type": "EXTERNAL"}))
    with pytest.raises(RejectedError, match="EXTERNAL"):
        world.orders.basis(ADDRESS)


def test_a_definition_by_tag_is_copied_with_the_digest_and_nothing_else_changed(world: World) -> None:
    """Only RegisterTaskDefinition's own members are sent, and the tags with them."""
    world.seen().aws.on("ecs.RegisterTaskDefinition", registers)
    order = world.orders.prepare(DEPLOY)
    assert order.definition == COPY
    assert world.aws.names() == ["ecs.RegisterTaskDefinition"], "the base was read while planning"
    (params,) = world.aws.params("ecs.RegisterTaskDefinition")
    base = raw_definition()
    assert params["containerDefinitions"] == [
        {**base["containerDefinitions"][0], "image": f"{REPOSITORY}@{NEW_DIGEST}"}
    ]
    assert params["family"] == "rugmunch-api"
    assert params["tags"] == [{"key": "team", "value": "core"}]
    assert not {"registeredBy", "revision", "status", "taskDefinitionArn"} & set(params)


def test_a_definition_that_names_those_digests_already_is_used_as_it_is(world: World) -> None:
    """Rolling back to a pinned revision registers nothing."""
    pinned = raw_definition(image=f"{REPOSITORY}:v1.4.2@{OLD_DIGEST}")
    world.aws.on("ecs.DescribeTaskDefinition", describe_definitions(pinned))
    assert world.orders.prepare(BACK).definition == OLD_DEFINITION
    assert "ecs.RegisterTaskDefinition" not in world.aws.names()


def test_a_deregistered_definition_is_registered_again_even_if_it_is_pinned(world: World) -> None:
    """UpdateService takes no inactive one."""
    pinned = raw_definition(image=f"{REPOSITORY}@{OLD_DIGEST}", status="INACTIVE")
    world.aws.on("ecs.DescribeTaskDefinition", describe_definitions(pinned))
    world.aws.on("ecs.RegisterTaskDefinition", registers)
    assert world.orders.prepare(BACK).definition == COPY


def test_a_registration_without_answer_leaves_the_service_certainly_untouched(world: World) -> None:
    """It is not an unknown outcome of the operation, and it is not repeated."""
    world.seen().aws.on("ecs.RegisterTaskDefinition", LOST)
    with pytest.raises(EndpointError, match="untouched"):
        world.orders.prepare(DEPLOY)
    assert world.aws.names() == ["ecs.RegisterTaskDefinition"]


def test_an_order_that_registers_nothing_is_prepared_without_a_call(world: World) -> None:
    """Stopping needs no definition; forcing keeps the one there is."""
    assert world.orders.prepare(STOP) == STOP
    assert world.orders.prepare(FORCE).definition == OLD_DEFINITION
    assert world.aws.sent == []


def test_an_update_names_cluster_service_and_definition_and_nothing_more(world: World) -> None:
    """Never the desired count; a deploy leaves every setting of the service alone."""
    after = raw_rolling_service(currentServiceDeployment=OLD_ROLLOUT)
    world.seen().aws.on("ecs.UpdateService", {"service": after})
    accepted = world.orders.act(replace(DEPLOY, definition=COPY))
    assert world.aws.sent == [
        ("ecs.UpdateService", {"cluster": CLUSTER, "service": SERVICE, "taskDefinition": COPY})
    ]
    assert accepted.deployment == NEW_DEPLOYMENT
    assert accepted.rollout is None, "right after the call AWS still names the previous one"
    assert not accepted.found_out


def test_the_new_service_deployment_is_named_where_the_answer_has_it(world: World) -> None:
    """It saves a look-up."""
    world.aws.on("ecs.UpdateService", {"service": raw_rolling_service()})
    assert world.orders.act(replace(DEPLOY, definition=COPY)).rollout == NEW_ROLLOUT


def test_a_forced_deployment_says_so(world: World) -> None:
    """And only it does."""
    world.aws.on("ecs.UpdateService", {"service": raw_rolling_service()})
    world.orders.act(replace(FORCE, definition=OLD_DEFINITION))
    assert world.aws.params("ecs.UpdateService")[0]["forceNewDeployment"] is True


def test_a_rollback_brings_back_the_settings_that_differ_and_takes_away_what_was_not_there(
    world: World,
) -> None:
    """Equal settings are not sent, in whatever order AWS lists them."""
    network = {"awsvpcConfiguration": {"subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"]}}
    world.aws.on(
        "ecs.DescribeServiceRevisions",
        describe_revisions(
            raw_revision(),
            raw_revision(
                NEW_RELEASE,
                platformVersion="1.5.0",
                networkConfiguration=network,
                capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                serviceConnectConfiguration={"enabled": True},
                serviceRegistries=[{"registryArn": "arn:registry"}],
            ),
        ),
    )
    world.seen().aws.on("ecs.UpdateService", {"service": raw_service()})
    world.orders.act(replace(BACK, definition=COPY))
    assert world.aws.sent == [
        (
            "ecs.UpdateService",
            {
                "cluster": CLUSTER,
                "service": SERVICE,
                "taskDefinition": COPY,
                "platformVersion": "1.4.0",
                "capacityProviderStrategy": [],
                "serviceConnectConfiguration": {"enabled": False},
                "serviceRegistries": [],
            },
        )
    ]


def test_stopping_names_the_service_deployment_of_the_basis(world: World) -> None:
    """One write, by the id that was compared."""
    world.aws.on("ecs.StopServiceDeployment", {"serviceDeploymentArn": NEW_ROLLOUT})
    accepted = world.orders.act(STOP)
    assert world.aws.sent == [
        ("ecs.StopServiceDeployment", {"serviceDeploymentArn": NEW_ROLLOUT, "stopType": "ROLLBACK"})
    ]
    assert (accepted.deployment, accepted.rollout) == (None, NEW_ROLLOUT)


def test_stopping_what_is_over_is_refused_for_certain(world: World) -> None:
    """ECS answers with a conflict: nothing was carried out."""
    world.aws.on("ecs.StopServiceDeployment", aws_error("ConflictException", "is in a terminal state"))
    with pytest.raises(RejectedError, match="terminal state"):
        world.orders.act(STOP)


@pytest.mark.parametrize("mechanism", [Mechanism.WATCH, Mechanism.NONE])
def test_an_order_that_sends_nothing_is_never_sent(world: World, mechanism: Mechanism) -> None:
    """Nor is one that was not prepared."""
    with pytest.raises(RejectedError):
        world.orders.act(replace(DEPLOY, mechanism=mechanism, definition=COPY))
    with pytest.raises(RejectedError):
        world.orders.act(DEPLOY)
    assert world.aws.sent == []


def test_a_lost_answer_is_unknown_and_nothing_is_repeated(world: World) -> None:
    """The engine looks it up instead."""
    world.aws.on("ecs.UpdateService", LOST)
    with pytest.raises(OutcomeUnknownError):
        world.orders.act(replace(DEPLOY, definition=COPY))
    assert world.aws.names() == ["ecs.UpdateService"]


def test_an_order_that_was_carried_out_is_found_by_the_definition_made_for_it(world: World) -> None:
    """A registered copy is nobody else's, whatever the clocks say."""
    ours = raw_deployment(id=NEW_DEPLOYMENT, taskDefinition=COPY, createdAt=ago(7200))
    world.serves(raw_rolling_service(deployments=[ours, raw_deployment(status="ACTIVE")]))
    found = world.orders.find(replace(DEPLOY, definition=COPY), NOW)
    assert found is not None
    assert (found.deployment, found.rollout, found.found_out) == (NEW_DEPLOYMENT, NEW_ROLLOUT, True)
    assert world.aws.names() == ["ecs.DescribeServices"]


def test_an_order_that_ecs_rolled_back_meanwhile_is_still_found(world: World) -> None:
    """It is then no longer PRIMARY."""
    ours = raw_deployment(id=NEW_DEPLOYMENT, taskDefinition=COPY, status="ACTIVE", rolloutState="FAILED")
    world.serves(raw_rolling_service(deployments=[raw_deployment(), ours]))
    found = world.orders.find(replace(DEPLOY, definition=COPY), NOW)
    assert found is not None
    assert found.deployment == NEW_DEPLOYMENT


def test_an_order_that_was_not_carried_out_is_not_found(world: World) -> None:
    """The service looks as it did."""
    assert world.orders.find(replace(DEPLOY, definition=COPY), NOW) is None


def test_a_deployment_of_the_same_definition_from_before_is_not_taken_for_ours(world: World) -> None:
    """A rollback in flight finds the old deployment still draining, with the definition it asked for."""
    world.serves(raw_rolling_service())
    order = replace(BACK, definition=OLD_DEFINITION)
    assert world.orders.find(order, NOW) is None
    ours = raw_deployment(id="ecs-svc/77", createdAt=NOW + timedelta(seconds=1))
    world.serves(raw_rolling_service(deployments=[ours, raw_deployment(status="ACTIVE")]))
    found = world.orders.find(order, NOW)
    assert found is not None
    assert found.deployment == "ecs-svc/77"


def test_a_forced_deployment_is_found_by_its_age(world: World) -> None:
    """The definition is the same before and after."""
    order = replace(FORCE, definition=OLD_DEFINITION)
    assert world.orders.find(order, NOW) is None
    forced = raw_deployment(id="ecs-svc/78", createdAt=NOW + timedelta(seconds=1))
    world.serves(raw_service(deployments=[forced, raw_deployment(status="ACTIVE")]))
    found = world.orders.find(order, NOW)
    assert found is not None
    assert found.deployment == "ecs-svc/78"


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("IN_PROGRESS", False),
        ("SUCCESSFUL", False),
        ("ROLLBACK_REQUESTED", True),
        ("ROLLBACK_IN_PROGRESS", True),
        ("ROLLBACK_SUCCESSFUL", True),
    ],
)
def test_a_lost_stop_is_found_by_what_the_service_deployment_does(
    world: World, status: str, found: bool
) -> None:
    """It is going back, or it is not."""
    rollout = {"serviceDeploymentArn": NEW_ROLLOUT, "status": status, "createdAt": ago(60)}
    world.aws.on("ecs.DescribeServiceDeployments", {"serviceDeployments": [rollout]})
    accepted = world.orders.find(STOP, NOW)
    assert (accepted is not None) is found
    if accepted is not None:
        assert accepted.rollout == NEW_ROLLOUT


WAITS = {"hookId": "ecs-pause-1", "targetType": "PAUSE", "status": "AWAITING_ACTION"}
PAUSED = {
    "serviceDeploymentArn": NEW_ROLLOUT,
    "status": "IN_PROGRESS",
    "createdAt": ago(60),
    "lifecycleHookDetails": [WAITS],
}
REFUSE = replace(STOP, mechanism=Mechanism.CONTINUE_SERVICE_DEPLOYMENT)
STOPPED = [("ecs.StopServiceDeployment", {"serviceDeploymentArn": NEW_ROLLOUT, "stopType": "ROLLBACK"})]


def writes(world: World) -> list[tuple[str, dict[str, Any]]]:
    return [item for item in world.aws.sent if ".Describe" not in item[0]]


def test_a_paused_deployment_is_refused_at_its_hook(world: World) -> None:
    """The one write names the deployment and the hook that waits."""
    world.aws.on("ecs.DescribeServiceDeployments", {"serviceDeployments": [PAUSED]})
    world.aws.on("ecs.ContinueServiceDeployment", {})
    accepted = world.orders.act(REFUSE)
    assert writes(world) == [
        (
            "ecs.ContinueServiceDeployment",
            {"serviceDeploymentArn": NEW_ROLLOUT, "hookId": "ecs-pause-1", "action": "ROLLBACK"},
        )
    ]
    assert (accepted.deployment, accepted.rollout, accepted.found_out) == (None, NEW_ROLLOUT, False)


@pytest.mark.parametrize("hooks", [[], [WAITS | {"status": "SUCCEEDED"}]])
def test_a_pause_that_has_ended_meanwhile_is_stopped_instead(
    world: World, hooks: list[dict[str, Any]]
) -> None:
    """There is nobody left to answer, and the deployment goes on: it is stopped."""
    world.aws.on(
        "ecs.DescribeServiceDeployments",
        {"serviceDeployments": [{**PAUSED, "lifecycleHookDetails": hooks}]},
    )
    world.aws.on("ecs.StopServiceDeployment", {})
    assert world.orders.act(REFUSE).rollout == NEW_ROLLOUT
    assert writes(world) == STOPPED


def test_a_deployment_that_nobody_knows_any_more_is_stopped_too(world: World) -> None:
    """Not to be read is not the same as not to be there; a stop of nothing is refused by ECS."""
    world.aws.on("ecs.DescribeServiceDeployments", {"serviceDeployments": []})
    world.aws.on("ecs.StopServiceDeployment", {})
    world.orders.act(REFUSE)
    assert writes(world) == STOPPED


def test_an_answer_to_a_pause_that_ecs_refuses_becomes_a_stop(world: World) -> None:
    """Refused is certainly not carried out."""
    world.aws.on("ecs.DescribeServiceDeployments", {"serviceDeployments": [PAUSED]})
    world.aws.on("ecs.ContinueServiceDeployment", aws_error("InvalidParameterException", "no such hook"))
    world.aws.on("ecs.StopServiceDeployment", {"serviceDeploymentArn": NEW_ROLLOUT})
    world.orders.act(REFUSE)
    assert writes(world)[1:] == STOPPED


def test_what_ecs_answers_to_a_stop_is_what_is_followed(world: World) -> None:
    """Its own name for what goes back, where it gives one."""
    other = NEW_ROLLOUT + "1"
    world.aws.on("ecs.StopServiceDeployment", {"serviceDeploymentArn": other})
    assert world.orders.act(STOP).rollout == other
    world.aws.on("ecs.StopServiceDeployment", {})
    assert world.orders.act(STOP).rollout == NEW_ROLLOUT


def test_an_order_without_its_needs_says_which(world: World) -> None:
    """The operator reads it: what is missing, in words."""
    nothing = replace(STOP, basis=replace(IN_FLIGHT, rollout=None))
    with pytest.raises(RejectedError) as refused:
        world.orders.act(nothing)
    assert refused.value.message == f"{ADDRESS} has no service deployment to stop"
    with pytest.raises(RejectedError) as refused:
        world.orders.act(DEPLOY)
    assert refused.value.message == "the order names no task definition: it was not prepared"
    with pytest.raises(RejectedError) as refused:
        world.orders.act(replace(DEPLOY, mechanism=Mechanism.WATCH))
    assert refused.value.message == "watch sends nothing"
    assert world.orders.find(nothing, NOW) is None
    assert world.aws.sent == []


def test_a_deploy_sends_the_settings_that_the_plan_showed(world: World) -> None:
    """A deployment configuration and a grace period of its own, and nothing where none was shown."""
    world.aws.on("ecs.UpdateService", {"service": raw_rolling_service()})
    order = replace(
        DEPLOY,
        definition=COPY,
        configuration={"maximumPercent": 200},
        sizing=Sizing(grace_s=0),
    )
    world.orders.act(order)
    assert world.aws.params("ecs.UpdateService") == [
        {
            "cluster": CLUSTER,
            "service": SERVICE,
            "taskDefinition": COPY,
            "deploymentConfiguration": {"maximumPercent": 200},
            "healthCheckGracePeriodSeconds": 0,
        }
    ]


def test_other_memory_is_registered_with_the_images(world: World) -> None:
    """One registration has both."""
    world.seen().aws.on("ecs.RegisterTaskDefinition", registers)
    world.orders.prepare(replace(DEPLOY, sizing=Sizing(memory_mb=2048, container="api")))
    (params,) = world.aws.params("ecs.RegisterTaskDefinition")
    assert params["memory"] == "2048"


def test_a_live_definition_is_forced_and_another_one_is_not(world: World) -> None:
    """UpdateService with the definition that is live starts nothing by itself."""
    world.aws.on("ecs.UpdateService", {"service": raw_rolling_service()})
    world.orders.act(replace(DEPLOY, definition=OLD_DEFINITION))
    world.orders.act(replace(FORCE, definition=COPY))
    world.orders.act(replace(DEPLOY, definition=COPY))
    forced = [params.get("forceNewDeployment") for params in world.aws.params("ecs.UpdateService")]
    assert forced == [True, True, None]


@pytest.mark.parametrize("answer", [{}, {"service": {}}, {"service": {"deployments": []}}])
def test_an_answer_that_names_no_deployment_is_still_an_acceptance(
    world: World, answer: dict[str, Any]
) -> None:
    """It was carried out; which deployment it made is looked up."""
    world.aws.on("ecs.UpdateService", answer)
    accepted = world.orders.act(replace(DEPLOY, definition=COPY))
    assert (accepted.deployment, accepted.rollout) == (None, None)


def test_a_registration_without_answer_says_what_is_left_of_it(world: World) -> None:
    """The cause in AWS's words, and that at worst a revision lies about unused."""
    world.seen().aws.on("ecs.RegisterTaskDefinition", LOST)
    with pytest.raises(EndpointError) as lost:
        world.orders.prepare(DEPLOY)
    assert lost.value.message.startswith("ecs:RegisterTaskDefinition was sent and ")
    assert lost.value.remedy == "the service is untouched: at worst an unused revision was registered"


@pytest.mark.parametrize(("late", "ours"), [(60.0, True), (60.5, False)])
def test_the_clocks_may_be_a_minute_apart_and_no_more(world: World, late: float, ours: bool) -> None:
    """A deployment of the definition that was there before is ours only if it may have come after."""
    forced = raw_deployment(id="ecs-svc/78", createdAt=NOW - timedelta(seconds=late))
    world.serves(raw_service(deployments=[forced]))
    assert (world.orders.find(replace(FORCE, definition=OLD_DEFINITION), NOW) is not None) is ours


def test_the_deployment_of_before_is_not_ours_however_new_it_is(world: World) -> None:
    """It is the one that the order was compared with."""
    just = raw_deployment(id=OLD_DEPLOYMENT, createdAt=NOW)
    other = raw_deployment(id="ecs-svc/79", createdAt=NOW, taskDefinition=NEW_DEFINITION)
    world.serves(raw_service(deployments=[just, other]))
    assert world.orders.find(replace(FORCE, definition=OLD_DEFINITION), NOW) is None
    world.serves({key: item for key, item in raw_service().items() if key != "deployments"})
    assert world.orders.find(replace(FORCE, definition=OLD_DEFINITION), NOW) is None


def test_a_lost_stop_that_failed_on_its_way_back_was_received(world: World) -> None:
    """And what is said of it came from looking."""
    rollout = {"serviceDeploymentArn": NEW_ROLLOUT, "status": "ROLLBACK_FAILED", "createdAt": ago(60)}
    world.aws.on("ecs.DescribeServiceDeployments", {"serviceDeployments": [rollout]})
    found = world.orders.find(STOP, NOW)
    assert found is not None
    assert found.found_out


def test_what_a_release_had_no_word_on_is_taken_away_but_for_platform_and_network(world: World) -> None:
    """UpdateService has no way to take those two away: they stay as they are."""
    bare = {
        key: item
        for key, item in raw_revision().items()
        if key not in ("platformVersion", "networkConfiguration")
    }
    world.aws.on("ecs.DescribeServiceRevisions", describe_revisions(bare, raw_revision(NEW_RELEASE)))
    world.seen().aws.on("ecs.UpdateService", {"service": raw_service()})
    world.orders.act(replace(BACK, definition=COPY))
    (params,) = world.aws.params("ecs.UpdateService")
    assert params == {"cluster": CLUSTER, "service": SERVICE, "taskDefinition": COPY}


def test_without_a_live_revision_every_setting_of_the_target_is_sent(world: World) -> None:
    """Nobody knows what is live: what the good version had is what is wanted."""
    world.seen().aws.on("ecs.UpdateService", {"service": raw_service()})
    world.orders.act(replace(BACK, basis=replace(IN_FLIGHT, release=None), definition=COPY))
    (params,) = world.aws.params("ecs.UpdateService")
    assert params["platformVersion"] == "1.4.0"
    assert params["networkConfiguration"] == raw_revision()["networkConfiguration"]
