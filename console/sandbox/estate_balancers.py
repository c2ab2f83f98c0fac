"""The load balancers of a fleet: one a service, with a second target group where traffic is shifted."""

from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.ecs.model import Json
from console.sandbox.elb.build import add_listener, add_load_balancer, add_target_group
from console.sandbox.elb.model import HealthCheck, Listener

if TYPE_CHECKING:
    from console.sandbox.account import Account

PORT = 3000
"""What every container listens on."""


def balanced(
    account: "Account", service: dict[str, Any], zones: list[tuple[str, str]], now: float
) -> list[Json]:
    """``loadBalancers`` of a service: its load balancer with its target groups; nothing without one.

    With a ``test_port`` there is a second listener, and a second group beside the first, as every
    strategy that shifts traffic needs them (API reference, AdvancedConfiguration). The ordinary
    listener is on 443.
    """
    settings = service.get("balancer")
    if settings is None:
        return []
    balancer = add_load_balancer(account, settings["name"], zones, now - seconds(service["age"]))
    balancer.scheme = settings.get("scheme", balancer.scheme)
    name = settings.get("group", service["name"])
    group = add_target_group(account, name, PORT, _check(settings), settings["deregistration_delay_s"])
    listener = add_listener(account, balancer, group)
    entry = {
        "targetGroupArn": group.arn,
        "containerName": service["task"]["container"],
        "containerPort": PORT,
    }
    if "test_port" not in settings:
        return [entry]
    other = add_target_group(account, f"{name}-2", PORT, _check(settings), settings["deregistration_delay_s"])
    test = add_listener(account, balancer, group, settings["test_port"])
    other.load_balancers.append(balancer.arn)
    entry["advancedConfiguration"] = {
        "alternateTargetGroupArn": other.arn,
        "productionListenerRule": _default(listener),
        "testListenerRule": _default(test),
        "roleArn": f"arn:aws:iam::{account.id}:role/ecs-load-balancers",
    }
    return [entry]


def _check(settings: dict[str, Any]) -> HealthCheck:
    return HealthCheck(
        path=settings["path"],
        interval_s=settings["interval_s"],
        timeout_s=settings["timeout_s"],
        healthy_threshold=settings["healthy"],
        unhealthy_threshold=settings["unhealthy"],
        matcher=settings["matcher"],
    )


def _default(listener: Listener) -> str:
    return next(rule.arn for rule in listener.rules if rule.is_default)
