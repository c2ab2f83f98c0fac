"""What is known of one environment, and the pictures that follow from it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import RLock

from console.diagnosis import diagnose_picture
from console.domain.address import Address, Environment, Identity
from console.domain.fleet import Deletion, Diagnosis, EnvironmentPicture, ServicePicture, WayBack
from console.domain.guard import ServiceSignals, Trigger
from console.domain.operation import Hold
from console.domain.service import INACTIVE, Observation, ServiceState, ServiceStatus
from console.domain.signals import Figures
from console.domain.standing import BudgetUse, Standing
from console.domain.tasks import Task
from console.domain.version import Version
from console.domain.way_back import holds_for, is_served, rests_on
from console.errors import MissingServiceError, QuarterdeckError
from console.watch import cadence
from console.watch.problems import Problems

_STEADY_EVENT = "has reached a steady state"


class Board:
    """Readings in, pictures out; no calls and no waiting. Thread-safe.

    What was read once stays until something newer replaces it: a failing environment keeps its
    services, which only grow older.
    """

    def __init__(
        self,
        environment: Environment,
        addresses: Iterable[Address],
        remembered: Mapping[Address, ServicePicture] | None = None,
        limits: Mapping[Address, tuple[Trigger, ...]] | None = None,
    ) -> None:
        self._environment = environment
        self._lock = RLock()
        last = remembered or {}
        self._limits = limits or {}
        self._rows = {
            address: self._held_against(
                address, last.get(address) or ServicePicture(address, environment, None)
            )
            for address in addresses
        }
        self._seen: dict[Address, tuple[str, str]] = {}
        self._hot: set[Address] = set()
        self._news: set[Address] = set()
        self._problems = Problems()
        self._versions: dict[str, Version] = {}
        self._shippers: Mapping[str, str] | None = None
        self._ended: dict[Address, str] = {}
        self._whole = False
        self._identity: Identity | None = None
        self._standing: Standing | None = None
        self._budget: BudgetUse | None = None
        self._focus: Address | None = None
        self._calm_s, self._fast_s = cadence.SLOW_S, cadence.FAST_S
        for address in self._rows:
            self._judge(address)

    def _held_against(self, address: Address, row: ServicePicture) -> ServicePicture:
        return replace(row, alert_limits=self._limits[address]) if address in self._limits else row

    @property
    def environment(self) -> Environment:
        return self._environment

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(self._rows)

    @property
    def focus(self) -> Address | None:
        """The service that the operator looks at."""
        return self._focus

    @focus.setter
    def focus(self, address: Address | None) -> None:
        with self._lock:
            last, self._focus = self._focus, address
            for item in (last, address):
                if item in self._rows:
                    self._judge(item)
                    self._rows[item] = self._paced(self._rows[item])

    @property
    def identity(self) -> Identity | None:
        return self._identity

    @property
    def budget(self) -> BudgetUse | None:
        """How much of our calls is taken, by the last look."""
        return self._budget

    @property
    def is_read(self) -> bool:
        """Whether every service was asked for, and nothing keeps their statuses from being read."""
        return self._whole and "status" not in self._problems

    def row(self, address: Address) -> ServicePicture:
        """The picture of one service."""
        return self._rows[address]

    def rows(self) -> tuple[ServicePicture, ...]:
        """The picture of every service, in the configuration's order."""
        with self._lock:
            return tuple(self._rows.values())

    def is_hot(self, address: Address) -> bool:
        """Whether something happens to a service, or somebody looks at it."""
        return address in self._hot

    def hot(self) -> tuple[Address, ...]:
        """Every service that something happens to or somebody looks at, in the configuration's order."""
        with self._lock:
            return tuple(item for item in self._rows if item in self._hot) if self._hot else ()

    def news(self) -> tuple[Address, ...]:
        """The services for which :meth:`has_news`, in the configuration's order."""
        with self._lock:
            return tuple(item for item in self._rows if item in self._news) if self._news else ()

    def picture(self) -> EnvironmentPicture:
        """The environment as it is known now."""
        with self._lock:
            return EnvironmentPicture(
                environment=self._environment,
                as_of=self._oldest(),
                services=tuple(self._rows.values()),
                identity=self._identity,
                problem=self._problems.first(),
                standing=self._standing,
                budget=self._budget,
                cadence_s=self._calm_s,
            )

    # -- what was read ------------------------------------------------------------------------

    def read(self, statuses: Iterable[ServiceStatus], at: datetime) -> None:
        """Take in the statuses of one batched reading."""
        with self._lock:
            for status in statuses:
                address = status.address
                if address not in self._rows:
                    continue
                hot, new = (
                    self.is_hot(address),
                    self._rows[address].as_of is None or self._is_remembered(address),
                )
                self._change(address, at, status=status, as_of=at, remembered=False)
                if new:
                    self._seen[address] = _fingerprint(status)
                elif hot and not self.is_hot(address):
                    self._seen.pop(address, None)  # it has come to rest: its last look showed it in motion
                self._judge(address)

    def read_whole(self) -> None:
        """Note that every service was asked for."""
        self._whole = True

    def unknown(self, address: Address, error: QuarterdeckError, at: datetime) -> None:
        """Note that the platform does not know a service: one that was there is deleted."""
        with self._lock:
            self._seen.pop(address, None)
            if isinstance(error, MissingServiceError) and self._was_there(address, error):
                self._delete(address, error, at)
                return
            row = ServicePicture(
                address,
                self._environment,
                None,
                diagnosis=Diagnosis(ServiceState.UNKNOWN, error.message, error.remedy),
            )
            self._rows[address] = self._held_against(address, row)
            self._judge(address)
            self._rows[address] = self._paced(self._rows[address])

    def _was_there(self, address: Address, error: MissingServiceError) -> bool:
        """Whether the very service that is missing has been read before, here or by the last run; in
        another account nothing of ours is to be found."""
        status, own = self._rows[address].status, self._environment.account
        if status is None or (own and self._identity is not None and self._identity.account != own):
            return False
        return status.cluster == error.cluster and error.service in ("", status.name)

    def _delete(self, address: Address, error: MissingServiceError, at: datetime) -> None:
        """ECS lists a deleted service as INACTIVE for a while, and then not at all: it stays deleted."""
        before = self._rows[address]
        assert before.status is not None
        status = replace(before.status, status=INACTIVE, desired=0, running=0, pending=0, deployments=())
        cause = "" if error.service else f"cluster {error.cluster} deleted too"
        self._change(address, at, cause, status=status, as_of=at, remembered=False)

    def observed(self, observation: Observation, at: datetime) -> None:
        """Take in one service in full."""
        status = observation.status
        with self._lock:
            self._seen[status.address] = _fingerprint(status)
            self._change(
                status.address, at, status=status, as_of=at, observation=observation, remembered=False
            )
            self._judge(status.address)

    def measured(self, figures: Mapping[Address, Figures], at: datetime) -> None:
        """Take in the newest figures; a service that has none any more loses the old ones."""
        with self._lock:
            for address, row in self._rows.items():
                if row.figures != figures.get(address):
                    self._change(address, at, figures=figures.get(address))

    def listed(self, tasks: Mapping[Address, tuple[Task, ...]], at: datetime) -> None:
        """Take in the running tasks of those services."""
        with self._lock:
            for address, found in tasks.items():
                if address in self._rows:
                    self._rows[address] = replace(self._rows[address], tasks=found, tasks_as_of=at)

    def named(self, versions: Mapping[str, Version], at: datetime) -> None:
        """Take in what releases are called."""
        with self._lock:
            news = {key for key, version in versions.items() if self._versions.get(key) != version}
            self._versions.update(versions)
            for address, row in self._rows.items():
                if _release_id(row.status) in news:
                    self._change(address, at)

    def version(self, release: str) -> Version | None:
        """What a release is called, as far as that was read."""
        return self._versions.get(release)

    def shipped(self, shippers: Mapping[str, str], at: datetime) -> None:
        """Take in who shipped which deployment."""
        with self._lock:
            if shippers == self._shippers:
                return
            self._shippers = shippers
            for address in self._rows:
                self._change(address, at)

    def held(self, holds: Mapping[Address, Hold]) -> None:
        """Take in which services are held."""
        with self._lock:
            for address, row in self._rows.items():
                if row.hold != holds.get(address):
                    self._rows[address] = _without_old_proof(replace(row, hold=holds.get(address)))

    def proved(self, address: Address, way: WayBack) -> None:
        """Take in the way back of one service, unless what it rests on has changed meanwhile. One that leads
        to what serves, as while ECS goes back by itself, is none."""
        with self._lock:
            row = self._rows[address]
            if not rests_on(way, row):
                return
            if is_served(way, row):
                way = WayBack(way.at, deployment=way.deployment, serving=way.serving)
            self._rows[address] = replace(row, way_back=way)

    def unproved(self, address: Address) -> None:
        """Forget the way back of one service: something happened that a plan would take into account."""
        with self._lock:
            if address in self._rows:
                self._rows[address] = replace(self._rows[address], way_back=None)

    def ended(self, newest: Mapping[Address, str]) -> None:
        """Take in which operation was the last of each service in the journal, and how it ended: with another
        one, whoever carried it, the way back is to be proved again."""
        with self._lock:
            for address, operation in newest.items():
                known = self._ended.get(address)
                if known is not None and known != operation:
                    self.unproved(address)
            self._ended = dict(newest)

    def drained(self, by: Mapping[Address, str], at: datetime) -> None:
        """Take in who drained which service, by the journal."""
        with self._lock:
            for address, row in self._rows.items():
                if row.drained_by != by.get(address, ""):
                    self._change(address, at, drained_by=by.get(address, ""))

    def charted(self, address: Address, signals: ServiceSignals, at: datetime) -> None:
        """Take in what the figures of one service say: of its alerts those that concern its kind."""
        with self._lock:
            status = self._rows[address].status
            if status is not None:
                mine = tuple(item for item in signals.alerts if item.trigger.applies_to(status.kind))
                signals = replace(signals, alerts=mine)
            self._change(address, at, signals=signals)

    def identified(self, identity: Identity) -> None:
        """Take in who we are."""
        self._identity = identity

    def stands(self, standing: Standing) -> None:
        """Take in what we may do."""
        self._standing = standing

    def spent(self, budget: BudgetUse) -> None:
        """Take in how much of our calls is taken."""
        self._budget = budget

    def paced(self, calm_s: float, fast_s: float) -> None:
        """Note how often calm services and others are read from now on."""
        with self._lock:
            if (calm_s, fast_s) != (self._calm_s, self._fast_s):
                self._calm_s, self._fast_s = calm_s, fast_s
                self._rows = {address: self._paced(row) for address, row in self._rows.items()}

    def has_news(self, address: Address) -> bool:
        """Whether a service changed since it was first read, or last read in full.

        A new PRIMARY deployment is a change, and so is an event other than *steady state*: tasks
        that die between two readings leave nothing but an event. So is coming to rest.
        """
        return address in self._news

    # -- what failed --------------------------------------------------------------------------

    def fail(self, part: str, title: str, message: str, remedy: str, at: datetime) -> None:
        """Note why a part cannot be read; ``since`` stays that of its first failure in a row."""
        with self._lock:
            self._problems.fail(part, title, message, remedy, at)

    def recover(self, part: str) -> None:
        """Note that a part was read."""
        with self._lock:
            self._problems.recover(part)

    # -- rows ---------------------------------------------------------------------------------

    def _is_remembered(self, address: Address) -> bool:
        return self._rows[address].remembered

    def _oldest(self) -> datetime | None:
        """The environment is as old as its oldest service that could be read."""
        if not self._whole:
            return None
        read = [row.as_of for row in self._rows.values() if row.as_of is not None and not row.remembered]
        return min(read, default=None)

    def _judge(self, address: Address) -> None:
        """Note whether a service is hot, and whether it has news: both are asked for all the time."""
        row = self._rows[address]
        hot = cadence.is_fast(row.state, focused=address == self._focus)
        read = row.status if not row.remembered else None
        news = read is not None and self._seen.get(address) != _fingerprint(read)
        (self._hot.add if hot else self._hot.discard)(address)
        (self._news.add if news else self._news.discard)(address)

    def _paced(self, row: ServicePicture) -> ServicePicture:
        pace = self._fast_s if row.address in self._hot else self._calm_s
        return row if row.cadence_s == pace else replace(row, cadence_s=pace)

    def _change(self, address: Address, at: datetime, cause: str = "", /, **changes: object) -> None:
        """Take in what was read, and judge it.

        Args:
            cause: What was deleted along with a deleted service.
        """
        before = self._rows[address]
        row = replace(before, **changes)  # type: ignore[arg-type]
        status = row.status
        if row.remembered or status is None:
            self._rows[address] = row
            return
        primary = status.primary
        same = _primary_id(before.status) == _primary_id(status)
        current = _observed_primary(row.observation) == _primary_id(status)
        release = row.observation.primary_release if row.observation and current else None
        named = self._versions.get(_release_id(status))
        kept = before.version if same else None
        deletion = _deletion(before, status, at, cause)
        found = diagnose_picture(row, at)
        if deletion is not None and deletion.cause:
            found = replace(found, line=f"{found.line} · {deletion.cause}")
        row = replace(
            row,
            diagnosis=found,
            deletion=deletion,
            release=release,
            version=named or (release.version if release else kept),
            deployed_at=primary.created_at if primary else None,
            deployed_by=self._shipper(_primary_id(status), before.deployed_by if same else ""),
        )
        self._rows[address] = _without_old_proof(row)
        self._judge(address)
        self._rows[address] = self._paced(self._rows[address])

    def _shipper(self, deployment: str, known: str) -> str:
        return known if self._shippers is None else self._shippers.get(deployment, "")


def _without_old_proof(row: ServicePicture) -> ServicePicture:
    """The row without a way back that leads away from something else, or to where the service is."""
    way = row.way_back
    return row if way is None or holds_for(way, row) else replace(row, way_back=None)


def _deletion(before: ServicePicture, status: ServiceStatus, at: datetime, cause: str) -> Deletion | None:
    """When a service went, if it has: between the last reading that showed it and the first that did not."""
    if not status.is_deleted:
        return None
    return before.deletion or Deletion(at, before.as_of, cause)


def _primary_id(status: ServiceStatus | None) -> str:
    primary = status.primary if status else None
    return primary.id if primary else ""


def _release_id(status: ServiceStatus | None) -> str:
    primary = status.primary if status else None
    return (primary.release or "") if primary else ""


def _observed_primary(observation: Observation | None) -> str | None:
    return _primary_id(observation.status) if observation else None


def _fingerprint(status: ServiceStatus) -> tuple[str, str]:
    event = next((item.id for item in status.events if _STEADY_EVENT not in item.message), "")
    return (_primary_id(status), event)
