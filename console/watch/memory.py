"""The fleet as it was last seen, kept in one file: drawn at the next start until it has been read anew.

Slim: no events, no tasks, no configuration, and so no secrets. The file is a cache: broken, foreign or
of another version it is as good as none.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from console.domain.address import Address, Environment
from console.domain.fleet import Basis, Deletion, Diagnosis, ServicePicture, WayBack
from console.domain.rollout import Deployment
from console.domain.service import ServiceState, ServiceStatus
from console.domain.signals import Figures
from console.domain.version import Version
from console.ports import Clock
from console.watch.store import FleetStore

FILE = "last-picture.json"
SAVE_EVERY_S = 30.0
_VERSION = 1
_MOMENTS = frozenset(("at", "created_at", "updated_at", "seen_at", "there_at"))
_LEFT_OUT = frozenset(
    (
        *("address", "events", "deployments", "target_groups", "alternate_groups", "recent"),
        *("steps", "configuration"),
    )
)

Remembered = Mapping[str, Mapping[Address, ServicePicture]]
"""By environment key."""


def load(folder: Path, environments: Iterable[tuple[Environment, Iterable[Address]]]) -> Remembered:
    """The last picture of every service that still is configured; nothing where there is none."""
    try:
        kept = json.loads((folder / FILE).read_bytes())
        if kept["version"] != _VERSION:
            return {}
        rows: Mapping[str, Any] = kept["services"]
        return {
            environment.key: {
                address: _row(address, environment, rows[str(address)])
                for address in addresses
                if str(address) in rows
            }
            for environment, addresses in environments
            if kept["accounts"].get(environment.key) == [environment.account, environment.region]
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return {}


class Keeper:
    """Saves what a store holds, while it changes."""

    def __init__(self, folder: Path, store: FleetStore, clock: Clock) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock
        self._saved: object = store.snapshot

    def run(self, stop: Event) -> None:
        """Save now and then until stopped; whoever stops it saves the last one."""
        while not stop.is_set():
            self._clock.wait(stop, SAVE_EVERY_S)
            if not stop.is_set():
                self.save()

    def save(self) -> None:
        """Write the newest picture, whole or not at all. A disk that takes none costs a picture."""
        snapshot = self._store.snapshot
        if snapshot is self._saved:
            return
        pictures = snapshot.environments.values()
        kept = {
            "version": _VERSION,
            "accounts": {
                item.environment.key: [item.environment.account, item.environment.region] for item in pictures
            },
            "services": {
                str(row.address): _kept(row)
                for row in snapshot.services()
                if row.as_of is not None and row.status
            },
        }
        with suppress(OSError):
            _write(self._folder / FILE, json.dumps(kept, separators=(",", ":")).encode())
            self._saved = snapshot


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _kept(row: ServicePicture) -> dict[str, Any]:
    status = row.status
    assert status is not None
    return {
        "as_of": _stamp(row.as_of),
        "status": _members(status),
        "deployments": [_members(item) for item in status.deployments],
        "diagnosis": [row.diagnosis.state.value, row.diagnosis.line, row.diagnosis.remedy],
        "basis": row.diagnosis.basis.value,
        "version": _members(row.version) if row.version else None,
        "figures": _members(row.figures) if row.figures else None,
        "way_back": _members(row.way_back) if row.way_back else None,
        "deployed_at": _stamp(row.deployed_at),
        "deployed_by": row.deployed_by,
        "deletion": _members(row.deletion) if row.deletion else None,
    }


def _members(item: Any) -> dict[str, Any]:
    """The members of a flat dataclass that are not at their default."""
    return {
        field.name: value.timestamp() if isinstance(value, datetime) else value
        for field in fields(item)
        if field.name not in _LEFT_OUT and (value := getattr(item, field.name)) != field.default
    }


def _row(address: Address, environment: Environment, kept: Mapping[str, Any]) -> ServicePicture:
    state, line, remedy = kept["diagnosis"]
    status = ServiceStatus(
        address=address,
        deployments=tuple(Deployment(**_read(item)) for item in kept["deployments"]),
        **_read(kept["status"]),
    )
    return ServicePicture(
        address,
        environment,
        _moment(kept["as_of"]),
        status=status,
        diagnosis=Diagnosis(
            ServiceState(state), line, remedy, basis=Basis(kept.get("basis", Basis.COUNTS.value))
        ),
        figures=Figures(**_read(kept["figures"])) if kept["figures"] else None,
        deployed_at=_moment(kept["deployed_at"]),
        version=Version(**_read(kept["version"])) if kept["version"] else None,
        deployed_by=str(kept["deployed_by"]),
        way_back=WayBack(**_read(kept["way_back"])) if kept["way_back"] else None,
        deletion=Deletion(**_read(kept["deletion"])) if kept.get("deletion") else None,
        remembered=True,
    )


def _read(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _moment(value) if name in _MOMENTS else tuple(value) if type(value) is list else value
        for name, value in members.items()
    }


def _stamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _moment(stamp: float | None) -> datetime | None:
    return datetime.fromtimestamp(stamp, UTC) if stamp is not None else None
