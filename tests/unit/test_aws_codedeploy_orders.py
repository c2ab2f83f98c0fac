"""Orders that CodeDeploy carries out: compared with its own deployment, sent once, looked up by it."""

from dataclasses import replace
from typing import Any

import pytest

from console.aws.codedeploy import CodeDeploy
from console.aws.codedeploy_history import CodeDeployHistory
from console.aws.codedeploy_orders import CodeDeployOrders
from console.aws.definitions import Definitions
from console.aws.images import Registry
from console.aws.orders import Orders
from console.aws.releases import Releases
from console.aws.rollouts import Rollouts
from console.aws.services import Services
from console.domain.operation import Basis, Mechanism, Order
from console.errors import RejectedError
from tests.builders import ADDRESS, NOW, OLD_DEFINITION, OLD_DEPLOYMENT, OLD_DIGEST, OLD_RELEASE, ago
from tests.fakes import FakeClock
from tests.unit.scripted_aws import ScriptedAws, a_known_world, calls_on, settings
from tests.unit.test_aws_shifts import ID, codedeploy, info, raw_sets

BASIS = Basis(OLD_DEPLOYMENT, OLD_DEFINITION, None, ID, in_flight=True)
STOP = Order(ADDRESS, Mechanism.STOP_DEPLOYMENT, BASIS, OLD_DEFINITION, {"api": OLD_DIGEST}, OLD_RELEASE)


def orders_on(aws: ScriptedAws, status: str) -> Orders:
    """A service that CodeDeploy deploys, and one deployment of it."""
    a_known_world(aws)
    aws.on("ecs.DescribeServices", {"services": [raw_sets()]})
    codedeploy(aws, info(status))
    clock = FakeClock()
    calls = calls_on(aws, clock)
    definitions, services = Definitions(calls), Services(settings(), calls)
    releases = Releases(calls, definitions, Registry(calls, clock))
    theirs = CodeDeployOrders(calls, services, CodeDeploy(calls), CodeDeployHistory(calls, services))
    return Orders(calls, services, definitions, releases, Rollouts(calls), theirs)


@pytest.fixture
def aws() -> ScriptedAws:
    return ScriptedAws()


@pytest.mark.parametrize(("status", "in_flight"), [("InProgress", True), ("Succeeded", False)])
def test_whether_a_deployment_is_under_way_is_codedeploys_word(
    aws: ScriptedAws, status: str, in_flight: bool
) -> None:
    """The PRIMARY task set is the old one and at rest while the new one is brought in."""
    basis = orders_on(aws, status).basis(ADDRESS)
    assert (basis.deployment, basis.rollout, basis.in_flight) == (OLD_DEPLOYMENT, ID, in_flight)
    assert aws.params("codedeploy.GetDeployment") == [{"deploymentId": ID}]


def test_a_stop_takes_back_what_it_was_compared_with(aws: ScriptedAws) -> None:
    """With CodeDeploy's own rollback, in one write."""
    aws.on("codedeploy.StopDeployment", {"status": "Pending"})
    accepted = orders_on(aws, "InProgress").act(STOP)
    assert aws.params("codedeploy.StopDeployment") == [{"deploymentId": ID, "autoRollbackEnabled": True}]
    assert (accepted.deployment, accepted.rollout, accepted.found_out) == (None, ID, False)


def test_there_has_to_be_something_to_stop(aws: ScriptedAws) -> None:
    """Nothing is sent, and it is said which service."""
    orders = orders_on(aws, "InProgress")
    nothing = replace(STOP, basis=replace(BASIS, rollout=None))
    with pytest.raises(RejectedError) as refused:
        orders.act(nothing)
    assert refused.value.message == f"{ADDRESS} has no CodeDeploy deployment to stop"
    assert orders.find(nothing, NOW) is None


@pytest.mark.parametrize(("status", "carried_out"), [("InProgress", False), ("Stopped", True)])
def test_a_lost_stop_is_found_by_what_the_deployment_does(
    aws: ScriptedAws, status: str, carried_out: bool
) -> None:
    """It has stopped, or it has not."""
    accepted = orders_on(aws, status).find(STOP, NOW)
    assert (accepted is not None) is carried_out
    if accepted is not None:
        assert (accepted.rollout, accepted.found_out) == (ID, True)


@pytest.mark.parametrize(
    ("created_s", "definition", "ours"),
    [(-60, OLD_DEFINITION, True), (-61, OLD_DEFINITION, False), (5, "another:1", False)],
)
def test_a_lost_deployment_is_found_by_what_it_ships_and_its_age(
    aws: ScriptedAws, created_s: float, definition: str, ours: bool
) -> None:
    """One of the same definition that was there before is somebody else's; clocks may be a minute apart."""
    orders = orders_on(aws, "InProgress")
    content = (
        f'{{"Resources": [{{"TargetService": {{"Properties": {{"TaskDefinition": "{definition}"}}}}}}]}}'
    )
    newest = info(
        "InProgress",
        createTime=ago(-created_s),
        applicationName="rugmunch",
        deploymentGroupName="api",
        revision={"appSpecContent": {"content": content}},
    )
    aws.on("codedeploy.GetDeployment", {"deploymentInfo": newest})
    aws.on("codedeploy.ListDeployments", {"deployments": [ID]})
    aws.on("codedeploy.BatchGetDeployments", {"deploymentsInfo": [newest]})
    create = replace(STOP, mechanism=Mechanism.CREATE_DEPLOYMENT, definition=OLD_DEFINITION)
    found = orders.find(create, NOW)
    assert (found is not None) is ours
    assert found is None or (found.rollout, found.found_out) == (ID, True)


def test_a_deployment_that_was_not_prepared_is_not_sent(aws: ScriptedAws) -> None:
    """It would name nothing to run."""
    create: Any = replace(STOP, mechanism=Mechanism.CREATE_DEPLOYMENT, definition=None)
    with pytest.raises(RejectedError) as refused:
        orders_on(aws, "Succeeded").act(create)
    assert refused.value.message == "the order names no task definition: it was not prepared"
