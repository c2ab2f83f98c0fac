"""What an Application Load Balancer keeps: listeners, rules that forward, groups and targets.

Moments are epoch seconds, durations simulated seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

Probe = Callable[[], str | None]
"""Asks the target; ``None`` if the check passes, else the HTTP code or ``timeout``."""


@dataclass
class HealthCheck:
    """Settings of a target group's check; defaults are AWS's for an ALB."""

    path: str = "/health"
    interval_s: int = 30
    timeout_s: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: str = "200"


@dataclass
class Target:
    """One registered address.

    ``state``: initial, healthy, unhealthy, draining; it leaves the group when it is unused.
    """

    ip: str
    port: int
    zone: str
    registered_at: float
    probe: Probe
    on_change: Callable[["Target"], None] | None = None
    """Called after the state has changed."""
    state: str = "initial"
    last_answer: str | None = None
    """Of the last check that failed: HTTP code or ``timeout``."""
    passed: int = 0
    failed: int = 0


@dataclass
class TargetGroup:
    """A target group of type ``ip``."""

    arn: str
    name: str
    port: int
    vpc: str
    check: HealthCheck
    attributes: dict[str, str]
    load_balancers: list[str] = field(default_factory=list)
    """ARNs."""
    targets: dict[tuple[str, int], Target] = field(default_factory=dict)
    """By (ip, port), in the order of their registration."""

    @property
    def deregistration_delay_s(self) -> float:
        return float(self.attributes["deregistration_delay.timeout_seconds"])


@dataclass
class Rule:
    """One rule that forwards: its whole weight to one target group, or a share to each of several."""

    arn: str
    listener: str
    priority: str
    target_group: str
    """The one with the most weight."""
    conditions: list[dict[str, object]] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    """Target group ARN -> weight; empty while it has only ever had one group."""
    shifts: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    """Since when which weights have held, oldest first."""

    @property
    def is_default(self) -> bool:
        return self.priority == "default"


@dataclass
class Listener:
    """One listener; its default action is its last rule."""

    arn: str
    load_balancer: str
    port: int
    protocol: str
    rules: list[Rule] = field(default_factory=list)
    certificate: str = ""


@dataclass
class LoadBalancer:
    """An Application Load Balancer."""

    arn: str
    name: str
    dns_name: str
    created_at: float
    vpc: str
    zones: list[tuple[str, str]]
    """(zone name, subnet id)."""
    scheme: str = "internet-facing"


@dataclass
class ElbState:
    """Elastic Load Balancing of one account; everything by ARN."""

    load_balancers: dict[str, LoadBalancer] = field(default_factory=dict)
    listeners: dict[str, Listener] = field(default_factory=dict)
    target_groups: dict[str, TargetGroup] = field(default_factory=dict)
