"""How a rule divides its requests between target groups, now and at any moment before.

A forward action holds a weight for each of its groups, 0 to 999; the share of a group is its weight
over the sum of all (Elastic Load Balancing, listener rules, weighted target groups). The moments of
change are kept, because requests are worked out after the fact.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.sandbox.elb.model import Rule

if TYPE_CHECKING:
    from console.sandbox.account import Account

WHOLE = 100
FINE = 1000
"""Sums of weights: of whole percents, and of tenths of them."""


def find_rule(account: "Account", arn: str) -> Rule | None:
    """A rule by its own ARN, or the default one of a listener by the listener's."""
    for listener in account.elb.listeners.values():
        for rule in listener.rules:
            if arn == rule.arn or (arn == listener.arn and rule.is_default):
                return rule
    return None


def divide(account: "Account", rule: Rule, base: str, other: str, percent: float) -> None:
    """Send ``percent`` of the rule's requests to the group ``other``, the rest to ``base`` (ARNs)."""
    total = WHOLE if float(percent).is_integer() else FINE
    share = round(percent * total / 100)
    weights = {base: total - share, other: share}
    if weights == weights_of(rule):
        return
    if not rule.shifts:
        rule.shifts.append((0.0, weights_of(rule)))
    rule.shifts.append((account.world.now(), weights))
    rule.weights = weights
    rule.target_group = max(weights, key=lambda arn: weights[arn])
    for arn in weights:
        group = account.elb.target_groups.get(arn)
        balancer = account.elb.listeners[rule.listener].load_balancer
        if group is not None and balancer not in group.load_balancers:
            group.load_balancers.append(balancer)


def weights_of(rule: Rule) -> dict[str, int]:
    """Target group ARN -> weight, as they are now."""
    return rule.weights or {rule.target_group: 1}


def shares_at(rule: Rule, moment: float) -> Mapping[str, float]:
    """Target group ARN -> share of the rule's requests at that moment, from 0 to 1."""
    weights = weights_of(rule)
    for since, earlier in rule.shifts:
        if since <= moment:
            weights = earlier
    total = sum(weights.values())
    return {arn: weight / total for arn, weight in weights.items()}
