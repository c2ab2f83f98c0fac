"""Target groups: which targets requests reach, and which load balancer a group belongs to."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.aws.calls import Answer, Calls
from console.domain.tasks import Target
from console.domain.text import plain
from console.errors import RejectedError

CHECK_S, DEREGISTRATION_DELAY_S = 30.0, 300.0
"""Defaults of a target group (ELBv2 API reference, CreateTargetGroup and TargetGroupAttribute)."""


class TargetGroups:
    """Target groups of one Region; the load balancer of a group is asked for once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._balancers: dict[str, tuple[str, ...]] = {}
        self._timing: dict[str, tuple[float, float]] = {}

    def targets(self, groups: Sequence[str]) -> tuple[Target, ...]:
        """Every target of those groups with its health: one call a group."""
        return tuple(
            _target(group, raw)
            for group in groups
            for raw in self._calls.read("elbv2", "DescribeTargetHealth", TargetGroupArn=group).get(
                "TargetHealthDescriptions", ()
            )
        )

    def balancers(self, groups: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The load balancers of each group, by its ARN. A group that has none is asked for again."""
        unread = [group for group in dict.fromkeys(groups) if not self._balancers.get(group)]
        if unread:
            for raw in self._described(unread):
                self._balancers[str(raw["TargetGroupArn"])] = tuple(raw.get("LoadBalancerArns", ()))
        return {group: self._balancers.get(group, ()) for group in groups}

    def timing(self, groups: Sequence[str]) -> tuple[float, float] | None:
        """Seconds between two health checks and of the deregistration delay, the longest of the groups;
        read once. ``None`` without groups."""
        for group in (group for group in groups if group not in self._timing):
            found = self._described([group])
            if not found:
                return None
            attributes = self._calls.read("elbv2", "DescribeTargetGroupAttributes", TargetGroupArn=group)
            delay = next(
                (
                    float(item["Value"])
                    for item in attributes.get("Attributes", ())
                    if item.get("Key") == "deregistration_delay.timeout_seconds"
                ),
                DEREGISTRATION_DELAY_S,
            )
            self._timing[group] = (float(found[0].get("HealthCheckIntervalSeconds") or CHECK_S), delay)
        known = [self._timing[group] for group in groups]
        return (max(check for check, _ in known), max(delay for _, delay in known)) if known else None

    def _described(self, groups: Sequence[str]) -> list[Answer]:
        """Those groups that exist; one that does not fails a whole call, so then each is asked alone."""
        try:
            answer = self._calls.read("elbv2", "DescribeTargetGroups", TargetGroupArns=list(groups))
        except RejectedError:
            if len(groups) == 1:
                return []
            return [raw for group in groups for raw in self._described([group])]
        return list(answer.get("TargetGroups", ()))


def _target(group: str, raw: Mapping[str, Any]) -> Target:
    health = raw.get("TargetHealth", {})
    return Target(
        group=group,
        ip=plain(str(raw["Target"]["Id"])),
        port=int(raw["Target"].get("Port") or 0),
        state=plain(str(health.get("State") or "")),
        reason=plain(str(health.get("Reason") or "")),
        description=plain(str(health.get("Description") or "")),
    )
