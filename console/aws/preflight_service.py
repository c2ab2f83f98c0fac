"""What stands around a rollout of one service: protected tasks, autoscaling, the database's hours."""

from datetime import timedelta

from console.aws.calls import Calls
from console.aws.databases import Databases
from console.aws.protection import protected
from console.aws.scaling import ScalingReader
from console.aws.tasks import PAGE
from console.domain.operation import Check, CheckState
from console.domain.service import ServiceStatus
from console.domain.windows import Window, window
from console.domain.words import count, time_of_day
from console.ports import Clock

SOON = timedelta(minutes=30)
"""A window that begins within it is met by an operation that begins now."""


class Surroundings:
    """Reads what is not the service's own, and can hold its rollout up."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._scaling = ScalingReader(calls)
        self._databases = Databases(calls)

    def protection(self, live: ServiceStatus) -> Check:
        """Protected tasks are not stopped by a deployment either: it waits for them (ECS developer
        guide, task scale-in protection)."""
        tasks = [
            str(arn)
            for page in self._calls.pages(
                "ecs",
                "ListTasks",
                cluster=live.cluster,
                serviceName=live.name,
                desiredStatus="RUNNING",
                maxResults=PAGE,
            )
            for arn in page.get("taskArns", ())
        ]
        found = protected(self._calls, live.cluster, tasks) if tasks else {}
        if not found:
            return Check("task protection", CheckState.PASS, f"none of {count(len(tasks), 'task')}")
        ends = [at for at in found.values() if at is not None]
        until = f" until {time_of_day(max(ends))} UTC" if ends else ""
        return Check(
            "task protection",
            CheckState.UNKNOWN,
            f"{len(found)} of {count(len(tasks), 'task')} protected{until}: the rollout waits for them",
            "end their protection, or wait for their work",
        )

    def autoscaling(self, live: ServiceStatus) -> Check:
        """Whether more tasks could come if the new version needs them."""
        scaling = self._scaling.limits(live.cluster, live.name)
        if scaling is None:
            return Check("autoscaling", CheckState.PASS, "none: the count stays what it is")
        between = f"between {scaling.minimum} and {scaling.maximum}"
        if scaling.suspended:
            said = f"{between}, suspended: {', '.join(scaling.suspended)}"
            return Check("autoscaling", CheckState.UNKNOWN, said, "resume it, or know why not")
        if live.desired >= scaling.maximum:
            said = f"{between}: {live.desired} is its maximum, no task is added under load"
            return Check("autoscaling", CheckState.UNKNOWN, said, "raise the maximum: scale --max")
        return Check("autoscaling", CheckState.PASS, f"{between}, {live.desired} now")

    def database(self, name: str, backup: Window | None, maintenance: Window | None) -> Check:
        """Whether the database is well, and in none of its windows now or soon.

        Args:
            name: Of the instance.
            backup: Where it is configured; ``None``: as RDS says.
            maintenance: Likewise.
        """
        found = self._databases.get(name)
        if found is None:
            return Check("database", CheckState.UNKNOWN, f"there is no instance {name}", "correct its name")
        if found.state != "available":
            said = f"{name} is {found.state}"
            return Check("database", CheckState.UNKNOWN, said, "wait until it is available")
        windows = {
            "backup": backup or _window(found.backup_window),
            "maintenance": maintenance or _window(found.maintenance_window),
        }
        for kind, item in windows.items():
            left = item.left(self._clock.now()) if item else None
            if item is None or left is None or left > SOON:
                continue
            when = "now" if not left else f"begins in {int(left.total_seconds() // 60)} min"
            return Check(
                "database", CheckState.UNKNOWN, f"{kind} window {item} UTC: {when}", "wait for its end"
            )
        said = ", ".join(f"{kind} {item}" for kind, item in windows.items() if item)
        return Check("database", CheckState.PASS, f"{name} is available" + (f" · {said} UTC" if said else ""))


def _window(text: str) -> Window | None:
    try:
        return window(text)
    except ValueError:
        return None
