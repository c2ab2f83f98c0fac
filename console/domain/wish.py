"""What somebody wants done to a service, before anybody has looked whether and how."""

from dataclasses import dataclass
from datetime import datetime

from console.domain.address import Address
from console.domain.operation import Verb


@dataclass(frozen=True)
class Wish:
    """One verb about one service; a verb reads the members that concern it, and the rest stays empty."""

    verb: Verb
    address: Address
    version: str = ""
    """Deploy: a tag or digest of the registry; empty: the images that run, with other sizes. Migrate: the
    same, empty: what runs."""
    to: str = ""
    """Rollback: a label, digest or ``:N`` among what ran; empty: the best proven one."""
    desired: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    """Scale: the counts; ``None`` stays as it is."""
    task: str = ""
    """Drain: the beginning of one task's id instead of the whole service."""
    instance: str = ""
    """Drain: a container instance of the service's cluster instead of the service."""
    containers: tuple[str, ...] = ()
    """Deploy: the containers whose image changes; empty: those that the configuration names."""
    memory_mb: int | None = None
    """Deploy: the task's memory; ``None`` stays as it is, like the two below."""
    cpu: int | None = None
    """Deploy: the task's CPU units, 1024 a vCPU."""
    grace_s: int | None = None
    """Deploy: seconds after its start in which failing health checks do not kill a task."""
    migrate: bool | None = None
    """Deploy: the migration first; ``None``: where one is configured."""
    refuse: bool = False
    """Continue: the pause is refused instead, so that ECS rolls the deployment back."""
    direct: bool = False
    """Rollback: at once, without the steps, hooks and bake of the service's strategy; put back after."""
    capacity: bool = False
    """Rollback: first the desired count that the target ran with, where it has fallen since."""
    onset_at: datetime | None = None
    """Rollback: when the first figure went bad, where whoever wishes knows; else it is looked for."""
    snapshot: str = ""
    """Restore: the snapshot to bring back; empty: the newest that was taken by hand or for a migration."""
    database: str = ""
    """Restore: the name of the new instance; empty: the old one's with ``-restored``."""
    guard: str = ""
    """Deploy: ``ask``, ``rollback`` or ``off``; empty: as the service is configured."""
    bake_s: float | None = None
    """Deploy: how long the guard goes on judging afterwards; ``None``: as the service is configured."""
