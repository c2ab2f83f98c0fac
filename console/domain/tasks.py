"""Tasks and the targets through which requests reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_ORDERED = ("ServiceSchedulerInitiated", "UserInitiated", "SpotInterruption", "TerminationNotice")
"""Stop codes of an end that somebody ordered."""
_FAILED = ("TaskFailedToStart", "EssentialContainerExited", "ServiceSchedulerInitiated")
"""Stop codes of a failure where nobody ordered the end: the scheduler also stops what fails its checks."""


@dataclass(frozen=True)
class Container:
    """One container of a task."""

    name: str
    status: str
    digest: str | None = None
    exit_code: int | None = None
    """``None``: it never started, or has not ended."""
    reason: str = ""
    health: str = "UNKNOWN"
    memory_mb: int | None = None
    """Its hard limit, else the task's; ``None`` when neither is set."""


@dataclass(frozen=True)
class Task:
    """One task, running or stopped."""

    id: str
    """32 hex digits."""
    deployment: str
    """``startedBy``: id of the deployment that it belongs to."""
    definition: str
    status: str
    """PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED."""
    desired_status: str
    containers: tuple[Container, ...] = ()
    health: str = "UNKNOWN"
    zone: str = ""
    ip: str = ""
    memory_mb: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str = ""
    stopped_reason: str = ""

    @property
    def is_starting(self) -> bool:
        return self.status in ("PROVISIONING", "PENDING", "ACTIVATING")

    @property
    def is_executing(self) -> bool:
        """Its containers may be doing work: from RUNNING until they have ended."""
        return self.status in ("RUNNING", "DEACTIVATING", "STOPPING")

    @property
    def is_leaving(self) -> bool:
        """Told to stop, and not gone yet."""
        return self.status in ("DEACTIVATING", "STOPPING", "DEPROVISIONING") or (
            self.desired_status == "STOPPED" and self.status == "RUNNING"
        )

    @property
    def is_stopped(self) -> bool:
        return self.status == "STOPPED"

    def runs_other_than(self, digests: Mapping[str, str]) -> bool:
        """Whether one of its containers reports another digest than the one that is given for it."""
        return any(
            item.digest and item.digest != digests.get(item.name, item.digest) for item in self.containers
        )

    @property
    def was_told_to_stop(self) -> bool:
        """ECS or a person ended it because it was no longer wanted: not a failure, whatever exit code the
        kill left. A failed health check is one, although the scheduler stops the task (ECS developer
        guide, stopped-task-error-codes)."""
        return self.stop_code in _ORDERED and "failed" not in self.stopped_reason.lower()

    @property
    def has_failed(self) -> bool:
        """It stopped of its own, with an error or without, failed its health checks, or never started."""
        if not (self.is_stopped or self.is_leaving) or self.was_told_to_stop:
            return False
        exited_badly = any(item.exit_code not in (None, 0) for item in self.containers)
        return exited_badly or self.stop_code in _FAILED


@dataclass(frozen=True)
class Target:
    """One target of one target group."""

    group: str
    """Target group ARN."""
    ip: str
    port: int
    state: str
    """initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable."""
    reason: str = ""
    description: str = ""

    @property
    def may_receive(self) -> bool:
        """New requests may reach it now or at any moment.

        ``unhealthy`` counts: a group without healthy targets fails open.
        """
        return self.state in ("initial", "healthy", "unhealthy", "unavailable")
