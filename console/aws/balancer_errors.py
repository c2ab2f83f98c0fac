"""What load balancers answer themselves, for want of a target that does, and whose requests those were.

A target's own 5xx are counted for its target group. Where no target answers, the load balancer does, with
502, 503 or 504, and that is counted for the load balancer as a whole (``HTTPCode_ELB_5XX_Count``), never for
a group; RequestCount has no request for which no target could be chosen (Elastic Load Balancing user guide
for Application Load Balancers, load-balancer-cloudwatch-metrics.html). A service that is down altogether is
seen by nothing but these. They belong to a service as far as the load balancer's rules lead to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.aws.calls import Answer
from console.aws.listener_rules import ListenerRules
from console.aws.metrics import Points
from console.aws.routes import effective, forwarded
from console.aws.targets import TargetGroups
from console.errors import QuarterdeckError

OWN_5XX = "HTTPCode_ELB_5XX_Count"
UNROUTED = "HTTPCode_ELB_503_Count"
"""Of those, the ones for which there was no target at all: RequestCount does not have them. With 502 and 504
a target had been chosen, and RequestCount does (load-balancer-troubleshooting.html)."""
KEPT_S = 300.0
"""For so long the rules of a load balancer are not read again for its errors."""


@dataclass(frozen=True)
class Tally:
    """The requests of one service in one period, and how many of them failed."""

    requests: float
    errors: float


def tally(reached: float, target_errors: float, own: float, unrouted: float) -> Tally:
    """Every request once, whether a target answered it or the load balancer itself.

    Args:
        reached: Requests for which a target was chosen (RequestCount of the target groups).
        target_errors: 5xx of the targets.
        own: 5xx of the load balancers themselves, as far as they are the service's.
        unrouted: Of those, the ones that are not in ``reached``.
    """
    if reached + own <= 0:  # a late answer to a request of the minute before
        return Tally(0.0, 0.0)
    errors = target_errors + own
    return Tally(max(reached + unrouted, errors), errors)


@dataclass(frozen=True)
class Portion:
    """How much of a load balancer's own errors is one service's."""

    share: float = 1.0
    """From 0 to 1."""
    note: str = ""
    """How that was worked out; empty where the load balancer serves nothing else."""


ALONE = Portion()


@dataclass(frozen=True)
class OwnErrors:
    """The load balancers' own errors that are one service's: begin of a period -> how many."""

    errors: Points
    unrouted: Points
    note: str = ""


class BalancerRules:
    """Whom the rules of load balancers lead to. Asked only about one that has errors. Thread-safe."""

    def __init__(self, rules: ListenerRules, groups: TargetGroups) -> None:
        self._rules = rules
        self._groups = groups

    def own_errors(
        self,
        groups: Sequence[str],
        own: Mapping[str, Points],
        unrouted: Mapping[str, Points],
    ) -> OwnErrors:
        """What of the own errors of some load balancers belongs to a service.

        Args:
            groups: All of its target groups, both of blue and green.
            own: Load balancer -> its own 5xx, each load balancer once.
            unrouted: Likewise, of those the 503.
        """
        errors, lost, notes = Points(), Points(), list[str]()
        for balancer, points in own.items():
            if not any(points.values()):
                continue
            portion = self.portion(balancer, groups)
            notes += [portion.note] if portion.note else []
            _add(errors, points, portion.share)
            _add(lost, unrouted.get(balancer, {}), portion.share)
        return OwnErrors(errors, lost, " · ".join(dict.fromkeys(notes)))

    def portion(self, balancer: str, groups: Sequence[str]) -> Portion:
        """The share of the rules that take requests anywhere which lead to a service's target groups.

        Where the rules cannot be read, that of the target groups that are known to be behind it.
        """
        rules = self._of(balancer)
        if rules is None:
            known = self._groups.behind(balancer)
            mine = sum(group in groups for group in known)
            if not mine or mine == len(known):
                return ALONE
            return Portion(
                mine / len(known), f"shared load balancer: counted by {mine} of {len(known)} target groups"
            )
        leading = [share for rule in rules if (share := _leading(rule))]
        part = sum(percent for share in leading for group, percent in share.items() if group in groups) / 100
        if part >= len(leading):
            return ALONE
        return Portion(
            part / len(leading), f"shared load balancer: counted by {part:.3g} of {len(leading)} rules"
        )

    def _of(self, balancer: str) -> tuple[Answer, ...] | None:
        try:
            listeners = self._rules.of(balancer, KEPT_S)
        except QuarterdeckError:
            return None
        return tuple(rule for rules in listeners.values() for rule in effective(rules))


def busy(own: Mapping[str, Points], since: datetime) -> tuple[str, ...]:
    """Load balancers that answered something with 5xx themselves since a moment."""
    return tuple(
        balancer
        for balancer, points in own.items()
        if any(value > 0 and at >= since for at, value in points.items())
    )


def _leading(rule: Answer) -> dict[str, float]:
    found: dict[str, float] = {}
    for action in rule.get("Actions", ()):
        found |= forwarded(action)
    return found


def _add(total: Points, points: Points, share: float) -> None:
    for at, value in points.items():
        total[at] = total.get(at, 0.0) + share * value
