"""Whose traffic goes where: the rules of a group's listeners, divided between its two target groups."""

from typing import TYPE_CHECKING

from console.sandbox.codedeploy.model import Deployment, Group, Json
from console.sandbox.ecs.model import Deployment as TaskSet
from console.sandbox.elb.weights import divide, find_rule, weights_of

if TYPE_CHECKING:
    from console.sandbox.account import Account


def target_of(task_set: TaskSet) -> str:
    """ARN of the target group of a task set."""
    return str(task_set.revision.load_balancers[0]["targetGroupArn"])


def entry_for_next(group: Group, container: str, port: int) -> Json:
    """The load balancer entry of the next task set: in the target group that does not serve now.

    The rules go with it, as with the entries of a service that ECS shifts by itself, because
    whoever works out requests and figures looks for them there; no answer shows them.
    """
    live = target_of(group.service.primary)
    settings = {"alternateTargetGroupArn": live, "productionListenerRule": group.production}
    if group.test:
        settings["testListenerRule"] = group.test
    return {
        "targetGroupArn": next(arn for arn in group.groups if arn != live),
        "containerName": container,
        "containerPort": port,
        "advancedConfiguration": settings,
    }


def send(account: "Account", deployment: Deployment, percent: float) -> None:
    """Send a share of production's requests to the new set."""
    _divide(account, deployment, deployment.group.production, percent)


def send_test(account: "Account", deployment: Deployment) -> None:
    """Send all test traffic to the new set."""
    _divide(account, deployment, deployment.group.test, 100.0)


def send_back(account: "Account", deployment: Deployment) -> None:
    """Send everything to the old set."""
    for arn in (deployment.group.production, deployment.group.test):
        if arn:
            _divide(account, deployment, arn, 0.0)


def share(account: "Account", group: Group, task_set: TaskSet) -> float:
    """Percent of production's requests that a task set gets now."""
    rule = find_rule(account, group.production)
    if rule is None:
        return 0.0
    weights = weights_of(rule)
    return 100.0 * weights.get(target_of(task_set), 0) / (sum(weights.values()) or 1)


def _divide(account: "Account", deployment: Deployment, arn: str, percent: float) -> None:
    rule = find_rule(account, arn)
    if rule is not None and deployment.blue is not None and deployment.green is not None:
        divide(account, rule, target_of(deployment.blue), target_of(deployment.green), percent)
