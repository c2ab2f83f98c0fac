"""Which task answers a request to an application, and in what state it is.

As a load balancer chooses: first the target group, by the weights of the rule, then one of its
healthy targets in turn. A service without a load balancer is asked at one of its healthy tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.sandbox import conditions
from console.sandbox.behaviour import behaviour_of
from console.sandbox.ecs.model import Json, Service, Task
from console.sandbox.elb.model import Rule, TargetGroup
from console.sandbox.elb.weights import find_rule, shares_at
from console.sandbox.lives import Life

if TYPE_CHECKING:
    from console.sandbox.account import Account

MOST_DELAY_S = 1.0
"""No answer is really held back for longer, however slow the application says that it was."""


@dataclass(frozen=True)
class Answering:
    """The task that answers one request."""

    service: Service
    task: Task
    life: Life
    at: float
    """Epoch seconds."""
    uptime_s: float
    """Seconds since its process began."""
    error_share: float
    """Of its answers, those that are 5xx, from 0 to 1."""
    slowness: float
    """Factor on its usual response times."""
    has_database: bool
    """Its database can be reached."""
    is_well: bool
    """It passes its own health check."""

    @property
    def version(self) -> str:
        """What the program calls itself."""
        return self.life.version


def choose(account: "Account", service: Service, number: int, is_test: bool) -> Answering | None:
    """The task that answers the service's request of that number; ``None``: nobody can.

    Args:
        is_test: It came in by the listener for test traffic.
    """
    tasks = _reachable(account, service, number, is_test)
    return _state(account, service, tasks[number % len(tasks)]) if tasks else None


def _reachable(account: "Account", service: Service, number: int, is_test: bool) -> Sequence[Task]:
    if not service.load_balancers:
        return [] if is_test else [task for task in service.present.values() if task.is_healthy]
    entry = service.load_balancers[0]
    rule = _rule(account, entry, is_test)
    group = _group(account, rule, service, number) if rule is not None else None
    if group is None:
        return []
    healthy = [target.ip for target in group.targets.values() if target.state == "healthy"]
    owners = (service.present.get(account.ecs.addresses.get(ip, "")) for ip in healthy)
    return [task for task in owners if task is not None]


def _rule(account: "Account", entry: Json, is_test: bool) -> Rule | None:
    """The rule that sends requests to the service."""
    settings = entry.get("advancedConfiguration") or {}
    named = settings.get("testListenerRule" if is_test else "productionListenerRule")
    if named or is_test:
        return find_rule(account, named or "")
    for listener in account.elb.listeners.values():
        for rule in listener.rules:
            if entry["targetGroupArn"] in (rule.target_group, *rule.weights):
                return rule
    return None


def _group(account: "Account", rule: Rule, service: Service, number: int) -> TargetGroup | None:
    shares = shares_at(rule, account.world.now())
    luck = account.world.rng(f"application:{service.arn}:{number}").random()
    for arn, share in shares.items():
        luck -= share
        if luck < 0:
            return account.elb.target_groups.get(arn)
    return None


def _state(account: "Account", service: Service, task: Task) -> Answering | None:
    life = next((item for item in account.logs.lives.of_service(service.arn) if item.task == task.id), None)
    if life is None or life.started_at is None:
        return None
    now, stress = account.world.now(), account.stress
    behaviour, since = life.acting(now)
    age, uptime = (now - since) * account.world.speed, now - life.started_at
    has_database = not account.conditions.concerns(conditions.CHECKS_FAIL, "service", service.name)
    return Answering(
        service=service,
        task=task,
        life=life,
        at=now,
        uptime_s=uptime,
        error_share=max(behaviour.errors_at(age), stress.errors_at(service.arn, now)),
        slowness=behaviour.slowness_at(age) * stress.slowness_at(service.arn, now),
        has_database=has_database,
        is_well=has_database and behaviour_of(task.behaviour).answers(uptime * account.world.speed),
    )
