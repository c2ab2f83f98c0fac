"""Deployments that are given up when an alarm goes off (ECS developer guide, deployment-alarm-failure).

ECS asks for the alarms' states from time to time. One that is in ALARM before the deployment has
begun says nothing about it: then this whole deployment is not watched at all.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.sandbox.ecs import deployments
from console.sandbox.ecs.model import Json, Service, ServiceDeployment

if TYPE_CHECKING:
    from console.sandbox.account import Account

POLLING_S = 10.0
"""Simulated seconds between two looks at the alarms."""


def begin(account: "Account", service: Service, rollout: ServiceDeployment, act: Callable[[], None]) -> None:
    """Watch a deployment that begins now; ``act`` is called when it has been given up."""
    if not settings(rollout).get("enable"):
        return
    if ringing(account, rollout):
        rollout.alarms_status = "DISABLED"
        return
    rollout.alarms_status = "MONITORING"
    _look_later(account, service, rollout, act)


def settings(rollout: ServiceDeployment) -> Json:
    alarms: Json = rollout.configuration.get("alarms") or {}
    return alarms


def ringing(account: "Account", rollout: ServiceDeployment) -> list[str]:
    """Names of the deployment's alarms that are in ALARM now."""
    names = settings(rollout).get("alarmNames") or []
    return [name for name in names if account.alarms.state(name) == "ALARM"]


def picture(rollout: ServiceDeployment) -> Json:
    """``alarms`` of a service deployment."""
    shown: Json = {"status": rollout.alarms_status}
    names = settings(rollout).get("alarmNames") or []
    if names:
        shown |= {"alarmNames": names, "triggeredAlarmNames": rollout.triggered}
    return shown


def _look_later(
    account: "Account", service: Service, rollout: ServiceDeployment, act: Callable[[], None]
) -> None:
    def look() -> None:
        if rollout.is_over or rollout.alarms_status != "MONITORING":
            return
        rollout.triggered = ringing(account, rollout)
        if rollout.triggered and rollout.status == "IN_PROGRESS":
            deployments.alarm(account.world, service, rollout)
            act()
        else:
            _look_later(account, service, rollout, act)

    account.world.after(POLLING_S, look)
