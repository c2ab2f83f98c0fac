"""Which of its two target groups a revision uses, and how traffic is divided between them.

With ``advancedConfiguration`` a load balancer entry of a service names two groups. They swap roles
with each deployment that shifts traffic: what is configured never changes, what is live is told by
``resolvedConfiguration`` of the revision (ECS developer guide, blue-green-deployment-how-it-works).
"""

from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Json, Service, ServiceRevision
from console.sandbox.elb.weights import divide, find_rule

if TYPE_CHECKING:
    from console.sandbox.account import Account


def choose(service: Service, live: ServiceRevision | None, is_shifting: bool) -> list[Json]:
    """The load balancer entries of a new revision, each with the group that its tasks go into.

    Args:
        live: The revision that serves now.
        is_shifting: Its deployment shifts traffic, so that it needs the group that is not live.
    """
    chosen = []
    for entry in service.load_balancers:
        first, second = entry.get("targetGroupArn", ""), _alternate(entry)
        used = _group_of(live, entry) if live is not None else ""
        group = first
        if second and used in (first, second):
            other = second if used == first else first
            group = other if is_shifting else used
        chosen.append({**entry, "targetGroupArn": group})
    return chosen


def shift(
    account: "Account", revision: ServiceRevision, production: float | None, test: float | None
) -> None:
    """Send so many percent of the traffic to the groups of a revision, the rest to their others."""
    for entry, attached in zip(revision.load_balancers, revision.attached, strict=True):
        settings = entry.get("advancedConfiguration") or {}
        own = attached["targetGroupArn"]
        other = _alternate(entry) if own == entry["targetGroupArn"] else entry["targetGroupArn"]
        for name, percent in (("productionListenerRule", production), ("testListenerRule", test)):
            rule = find_rule(account, settings.get(name) or "")
            if rule is not None and percent is not None:
                divide(account, rule, other, own, percent)


def resolved(revision: ServiceRevision) -> list[Json]:
    """``resolvedConfiguration.loadBalancers``."""
    pictures = []
    for entry in revision.attached:
        rule = (entry.get("advancedConfiguration") or {}).get("productionListenerRule")
        picture = {"targetGroupArn": entry.get("targetGroupArn"), "productionListenerRule": rule}
        pictures.append({name: value for name, value in picture.items() if value})
    return pictures


def _alternate(entry: Json) -> str:
    return str((entry.get("advancedConfiguration") or {}).get("alternateTargetGroupArn") or "")


def _group_of(revision: ServiceRevision, entry: Json) -> str:
    """The group that a revision uses out of the pair of an entry."""
    pair = (entry.get("targetGroupArn", ""), _alternate(entry))
    used = (item.get("targetGroupArn", "") for item in revision.attached)
    return next((group for group in used if group in pair), "")
