"""Databases that have been there for months, with the automated snapshots of their backup window."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.rds.model import Instance

if TYPE_CHECKING:
    from console.sandbox.account import Account

_DAY = 86_400.0
AUTOMATED_S = 340.0
"""How long an automated snapshot takes, in simulated seconds."""

_OLD = "400d"
_KEYS = {
    "name": "name",
    "class": "instance_class",
    "storage_gb": "storage_gib",
    "version": "engine_version",
    "user": "user",
    "multi_az": "multi_az",
    "kept_days": "backup_days",
    "backup": "backup_window",
    "maintenance": "maintenance_window",
}
"""Key of a fleet's file -> field of the spec."""


@dataclass(frozen=True)
class DatabaseSpec:
    """A database as a fleet describes it; windows in UTC, as RDS writes them."""

    name: str
    created_at: float
    instance_class: str = "db.t4g.medium"
    engine: str = "postgres"
    engine_version: str = "16.4"
    storage_gib: int = 20
    user: str = "app"
    multi_az: bool = False
    backup_days: int = 7
    backup_window: str = "03:00-04:00"
    maintenance_window: str = "sun:04:00-sun:05:00"
    zones: tuple[tuple[str, str], ...] = ()
    """(zone name, subnet id)."""
    security_groups: tuple[str, ...] = ()
    vpc: str = "vpc-0a1b2c3d4e5f60718"


def stock(account: "Account", spec: DatabaseSpec) -> Instance:
    """An available instance with a snapshot of every day for which it keeps backups."""
    rds, now = account.rds, account.world.now()
    zones = [zone for zone, _ in spec.zones] or [f"{account.region}a", f"{account.region}b"]
    instance = Instance(
        id=spec.name,
        arn=rds.new_arn("db", spec.name),
        resource_id=rds.new_resource_id(spec.name, spec.created_at),
        created_at=spec.created_at,
        engine=spec.engine,
        engine_version=spec.engine_version,
        instance_class=spec.instance_class,
        storage_gib=spec.storage_gib,
        user=spec.user,
        multi_az=spec.multi_az,
        zone=zones[0],
        second_zone=zones[1 % len(zones)] if spec.multi_az else "",
        subnet_group=f"{spec.name}-subnets",
        subnets=list(spec.zones),
        vpc=spec.vpc,
        parameter_group=f"{spec.name}-{spec.engine}{spec.engine_version.partition('.')[0]}",
        backup_days=spec.backup_days,
        backup_window=spec.backup_window,
        maintenance_window=spec.maintenance_window,
        is_protected=True,
    )
    if spec.security_groups:
        instance.security_groups = list(spec.security_groups)
    rds.add(instance)
    latest = _last_window(spec.backup_window, now)
    for days in range(spec.backup_days - 1, -1, -1):
        if latest - days * _DAY > spec.created_at:
            _back_up(account, instance, latest - days * _DAY)
    account.world.at(latest + _DAY, lambda: _daily(account, instance, latest + _DAY))
    return instance


def stock_database(
    account: "Account", table: dict[str, Any], zones: list[tuple[str, str]], now: float
) -> Instance:
    """A database of a fleet's file, with the snapshots that people took of it.

    ``name``, ``class``, ``storage_gb``, ``version``, ``user``, ``multi_az``, ``kept_days``, the
    windows ``backup`` and ``maintenance``, ``age``, and ``snapshots`` with ``name`` and ``age``; all
    but the name may be left out.
    """
    known = {_KEYS[key]: value for key, value in table.items() if key in _KEYS}
    created_at = now - seconds(table.get("age", _OLD))
    instance = stock(account, DatabaseSpec(created_at=created_at, zones=tuple(zones), **known))
    for taken in table.get("snapshots", []):
        at = now - seconds(taken["age"])
        account.rds.snap(instance, taken["name"], account.world.seconds(AUTOMATED_S), at=at)
    return instance


def _daily(account: "Account", instance: Instance, at: float) -> None:
    """Today's automated snapshot; the one that is too old goes. Nothing for an instance that is gone."""
    rds = account.rds
    if instance not in rds.instances.values():
        return
    if instance.backup_days:
        _back_up(account, instance, at)
    oldest = at - instance.backup_days * _DAY
    for snapshot in list(rds.snapshots.values()):
        is_ours = snapshot.kind == "automated" and snapshot.of.resource_id == instance.resource_id
        if is_ours and snapshot.begun_at <= oldest:
            del rds.snapshots[snapshot.id]
    following = at + _DAY
    account.world.at(following, lambda: _daily(account, instance, following))


def _back_up(account: "Account", instance: Instance, at: float) -> None:
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d-%H-%M")
    takes = account.world.seconds(AUTOMATED_S)
    account.rds.snap(instance, f"rds:{instance.id}-{stamp}", takes, "automated", at)


def _last_window(window: str, now: float) -> float:
    """The last moment, some minutes into the window, at which the daily backup began."""
    hour, minute = (int(part) for part in window.partition("-")[0].split(":"))
    begin = datetime.fromtimestamp(now, UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    at = begin.timestamp() + 7 * 60
    return at if at <= now else at - _DAY
