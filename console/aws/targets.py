"""Target groups: which targets requests reach, and which load balancer a group belongs to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from console.aws.calls import Answer, Calls, batches
from console.domain.tasks import Target
from console.domain.text import plain
from console.errors import RejectedError

CHECK_S, DEREGISTRATION_DELAY_S = 30.0, 300.0
"""Defaults of a target group (ELBv2 API reference, CreateTargetGroup and TargetGroupAttribute)."""
BATCH = 20
"""Target groups that one DescribeTargetGroups may name: one more is refused with "You cannot describe more
than '20' target groups at a time"."""
PAGE = 400
"""Target groups of one page where none is named (ELBv2 API reference, DescribeTargetGroups)."""
_QUOTA = 3000
"""Target groups that a Region holds by default (Elastic Load Balancing quotas)."""
LISTED_FROM = BATCH * _QUOTA // PAGE
"""From so many on it takes fewer calls to read all that there are than to name them."""


class TargetGroups:
    """Target groups of one Region; the load balancer of a group is asked for once. Thread-safe."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._turn = Lock()
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
        """The load balancers of each group, by its ARN: a call per twenty, or per page of all where those
        are fewer. A group that has none is asked for again."""
        with self._turn:  # environments of one account want the same pages
            unread = [group for group in dict.fromkeys(groups) if not self._balancers.get(group)]
            self._note(self._some(unread))
        return {group: self._balancers.get(group, ()) for group in groups}

    def moved(self, groups: Sequence[str]) -> bool:
        """Ask again for the load balancers of groups that had one: whether they have others now."""
        with self._turn:
            before = {group: known for group in groups if (known := self._balancers.get(group))}
            for batch in batches(list(before), BATCH):
                self._note(self._described(batch))
            return any(self._balancers[group] != known for group, known in before.items())

    def behind(self, balancer: str) -> tuple[str, ...]:
        """The target groups that are known to be behind a load balancer; asks nobody."""
        with self._turn:
            return tuple(group for group, found in self._balancers.items() if balancer in found)

    def timing(self, groups: Sequence[str]) -> tuple[float, float] | None:
        """Seconds between two health checks and of the deregistration delay, the longest of the groups;
        read once. ``None`` without groups."""
        for group in (group for group in groups if group not in self._timing):
            found = self._described([group])
            if not found:
                return None
            with self._turn:
                self._note(found)
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

    def _note(self, described: Iterable[Answer]) -> None:
        for raw in described:
            self._balancers[str(raw["TargetGroupArn"])] = tuple(raw.get("LoadBalancerArns", ()))

    def _some(self, groups: list[str]) -> Iterator[Answer]:
        if len(groups) > LISTED_FROM:
            yield from self._listed()
        else:
            for batch in batches(groups, BATCH):
                yield from self._described(batch)

    def _listed(self) -> Iterator[Answer]:
        """Every target group of the Region."""
        params: dict[str, Any] = {"PageSize": PAGE}
        while True:
            answer = self._calls.read("elbv2", "DescribeTargetGroups", **params)
            yield from answer.get("TargetGroups", ())
            marker = answer.get("NextMarker")
            if not marker or marker == params.get("Marker"):
                return
            params["Marker"] = marker

    def _described(self, groups: Sequence[str]) -> list[Answer]:
        """At most twenty groups, those that exist; one that does not fails the whole call, so then they
        are asked for in halves."""
        try:
            answer = self._calls.read("elbv2", "DescribeTargetGroups", TargetGroupArns=list(groups))
        except RejectedError:
            if len(groups) == 1:
                return []
            half = len(groups) // 2
            return [*self._described(groups[:half]), *self._described(groups[half:])]
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
