"""What RDS keeps: instances and snapshots. Moments are epoch seconds."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

AVAILABLE = "available"
DEFAULT_GROUP = "default"
DEFAULT_SECURITY_GROUP = "sg-0default00000000"


@dataclass
class Instance:
    """One database instance; ``status`` is AWS's: available, creating, backing-up, renaming, stopped."""

    id: str
    arn: str
    resource_id: str
    """``db-…``: stays the same when it is renamed."""
    created_at: float
    status: str = AVAILABLE
    engine: str = "postgres"
    engine_version: str = "16.4"
    instance_class: str = "db.t4g.medium"
    storage_gib: int = 20
    storage_type: str = "gp3"
    multi_az: bool = False
    zone: str = ""
    second_zone: str = ""
    port: int = 5432
    database: str = "app"
    user: str = "app"
    subnet_group: str = DEFAULT_GROUP
    subnets: list[tuple[str, str]] = field(default_factory=list)
    """(zone name, subnet id)."""
    vpc: str = ""
    security_groups: list[str] = field(default_factory=lambda: [DEFAULT_SECURITY_GROUP])
    parameter_group: str = "default.postgres16"
    backup_days: int = 7
    backup_window: str = "03:00-04:00"
    """UTC."""
    maintenance_window: str = "sun:04:00-sun:05:00"
    encrypted: bool = True
    is_protected: bool = False
    """Against deletion."""
    pending_id: str = ""
    """Its name once the rename under way is done."""
    tags: list[Json] = field(default_factory=list)


@dataclass
class Snapshot:
    """One snapshot: the instance as it was, and how far the copy is."""

    id: str
    arn: str
    of: Instance
    """A copy, as of the beginning."""
    begun_at: float
    takes_s: float
    """Wall-clock seconds until it is whole."""
    kind: str = "manual"
    """``manual`` or ``automated``."""
    tags: list[Json] = field(default_factory=list)

    def percent(self, now: float) -> int:
        """``PercentProgress``, 0 to 100."""
        return 100 if now >= self.begun_at + self.takes_s else int(100 * (now - self.begun_at) / self.takes_s)

    def status(self, now: float) -> str:
        """``creating`` until it is whole."""
        return AVAILABLE if self.percent(now) >= 100 else "creating"


class RdsState:
    """The databases of one account."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self.instances: dict[str, Instance] = {}
        """By identifier."""
        self.snapshots: dict[str, Snapshot] = {}
        """By identifier, in the order of their making."""

    def add(self, instance: Instance) -> None:
        """Keep an instance under its name."""
        self.instances[instance.id] = instance

    def new_arn(self, kind: str, name: str) -> str:
        """``kind`` is ``db`` or ``snapshot``."""
        return self.account.arn("rds", f"{kind}:{name}")

    def new_resource_id(self, name: str, at: float) -> str:
        """``db-`` and 26 characters, drawn for that name at that moment of the world."""
        since = at - self.account.world.started_at
        stream = self.account.world.rng(f"{self.account.id}:rds:{name}:{since:.3f}")
        return "db-" + "".join(stream.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=26))

    def snap(
        self, instance: Instance, name: str, takes_s: float, kind: str = "manual", at: float | None = None
    ) -> Snapshot:
        """Begin a snapshot, now or at a moment of the past."""
        begun = self.account.world.now() if at is None else at
        snapshot = Snapshot(
            id=name,
            arn=self.new_arn("snapshot", name),
            of=replace(instance, tags=list(instance.tags)),
            begun_at=begun,
            takes_s=takes_s,
            kind=kind,
        )
        self.snapshots[name] = snapshot
        return snapshot
