"""Room for the tasks that will arrive beside those that leave: addresses in the subnets, Fargate's quota."""

from datetime import timedelta
from math import ceil

from console.aws.calls import Calls
from console.aws.tasks import Tasks
from console.domain.operation import Check, CheckState
from console.domain.release import Release
from console.domain.service import ServiceStatus
from console.domain.words import count
from console.errors import QuarterdeckError
from console.ports import Clock

ON_DEMAND, SPOT = "L-3032A538", "L-36FBB829"
"""Quotas of Fargate vCPU (Service Quotas, AWS Fargate)."""
_UNITS_A_VCPU = 1024
_USAGE_BACK = timedelta(minutes=15)
"""Usage is published every few minutes (CloudWatch user guide, usage metrics)."""
_KEPT_S = 3600.0
"""How long a quota is believed: somebody has to raise it by hand."""


class Room:
    """Reads subnets and quotas of one account and Region."""

    def __init__(self, calls: Calls, clock: Clock, tasks: Tasks) -> None:
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._quotas: dict[str, tuple[float, float]] = {}

    def subnets(self, target: Release, live: ServiceStatus) -> Check | None:
        """Whether every arriving task finds an address; ``None`` where tasks have none of their own."""
        names = [name for name in target.settings.get("subnets", "").split(", ") if name]
        if not names:
            return None
        answer = self._calls.read("ec2", "DescribeSubnets", SubnetIds=names)
        free = {
            str(item.get("SubnetId")): int(item.get("AvailableIpAddressCount", 0))
            for item in answer.get("Subnets", ())
        }
        needed, room = arriving(live), sum(free.values())
        said = f"{room:,} free in {count(len(free), 'subnet')}, {count(needed, 'task')} arriving"
        full = sorted(name for name, left in free.items() if not left)
        if room < needed:
            return Check(
                "addresses", CheckState.FAIL, said, "free addresses, or give the service another subnet"
            )
        if full:
            evidence = f"{said}; none in {', '.join(full)}"
            return Check("addresses", CheckState.UNKNOWN, evidence, "tasks crowd into the other zones")
        return Check("addresses", CheckState.PASS, said)

    def quota(self, target: Release, live: ServiceStatus) -> Check | None:
        """Whether Fargate's vCPU quota holds both fleets; ``None`` where tasks run elsewhere."""
        units = target.settings.get("cpu", "")
        providers = target.settings.get("capacity providers", "")
        on_fargate = "FARGATE" in providers or (
            not providers and target.settings.get("launch type", "FARGATE") == "FARGATE"
        )
        if not on_fargate or not units.isdigit():
            return None
        spot = "FARGATE_SPOT" in providers
        needed = arriving(live) * int(units) / _UNITS_A_VCPU
        limit = self._quota(SPOT if spot else ON_DEMAND)
        used = self._used(spot)
        by = "by AWS's own count"
        if used is None:
            used, by = self._tasks.units(live.cluster) / _UNITS_A_VCPU, "counted in this cluster alone"
        said = f"{used:g} of {limit:g} vCPU in use {by}, {needed:g} more arriving"
        if used + needed > limit:
            remedy = "ask for more (Service Quotas, AWS Fargate), or scale something down first"
            return Check("quota", CheckState.FAIL, said, remedy)
        return Check("quota", CheckState.PASS, said)

    def _quota(self, code: str) -> float:
        known = self._quotas.get(code)
        now = self._clock.monotonic()
        if known is None or now - known[0] > _KEPT_S:
            answer = self._calls.read(
                "service-quotas", "GetServiceQuota", ServiceCode="fargate", QuotaCode=code
            )
            known = self._quotas[code] = now, float(answer.get("Quota", {}).get("Value", 0.0))
        return known[1]

    def _used(self, spot: bool) -> float | None:
        """Fargate vCPU in use in the account by AWS's usage metric; ``None`` where it has no figure."""
        dimensions = {
            "Service": "Fargate",
            "Type": "Resource",
            "Resource": "vCPU",
            "Class": "Standard/Spot" if spot else "Standard/OnDemand",
        }
        metric = {
            "Namespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        }
        now = self._clock.now()
        try:
            answer = self._calls.read(
                "cloudwatch",
                "GetMetricData",
                StartTime=now - _USAGE_BACK,
                EndTime=now,
                MetricDataQueries=[
                    {"Id": "used", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}
                ],
            )
        except QuarterdeckError:
            return None
        values = [value for item in answer.get("MetricDataResults", ()) for value in item.get("Values", ())]
        return float(values[0]) if values else None


def arriving(live: ServiceStatus) -> int:
    """The most tasks that a deployment starts before one leaves: all where traffic is shifted, else what
    the maximum percent leaves room for."""
    if live.steps.shifts or live.controller != "ECS":
        return live.desired
    return min(live.desired, max(ceil(live.desired > 0), live.ceiling - live.desired))
