"""Stand-ins for the ports: a clock moved by hand, a scripted platform, a journal in memory.

They implement :mod:`console.ports` whole, so that mypy holds them to it. Nothing here sleeps.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, RLock

from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.address import Address, Environment, Identity
from console.domain.backlog import Backlog
from console.domain.database import Database
from console.domain.instance import Instance
from console.domain.operation import AS_IT_IS, Accepted, Basis, Check, Entry, OperationRecord, Order, Sizing
from console.domain.registry import RegistryVersion
from console.domain.release import Release
from console.domain.rollout import Rollout
from console.domain.scaling import Scaling
from console.domain.service import Observation, ServiceStatus
from console.domain.signals import Figures, LiveUpdate, Load, LogLine, LogPage, LogPlace
from console.domain.standing import BudgetUse, Standing
from console.domain.tasks import Task
from console.domain.version import Version
from console.domain.web import Reply, Request
from console.errors import ConfigError, JournalError, UnknownServiceError, UnknownVersionError
from tests.builders import NOW, an_environment, an_identity


class FakeClock:
    """Time that passes only when somebody waits, or when the test says :meth:`advance`.

    ``sleep`` and ``wait`` advance it at once. ``at(seconds, action)`` runs the action when that
    moment (seconds from the start) is passed: how a test changes the world, or sets an event,
    while the code under test waits.
    """

    def __init__(self, start: datetime = NOW) -> None:
        self._start = start
        self._elapsed = 0.0
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._lock = RLock()
        self.waits: list[float] = []
        """Every time asked for by ``sleep`` and ``wait``, in seconds."""

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.advance(seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        if event.is_set():
            return True
        self.waits.append(seconds)
        self.advance(seconds, until=event)
        return event.is_set()

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Run ``action`` when the clock passes ``seconds`` from its start."""
        with self._lock:
            self._agenda.append((seconds, len(self._agenda), action))

    def advance(self, seconds: float, until: Event | None = None) -> None:
        """Let time pass, running what is due in its order; stops early once ``until`` is set."""
        with self._lock:
            end = self._elapsed + max(0.0, seconds)
            while due := [item for item in self._agenda if item[0] <= end]:
                moment = min(due, key=lambda item: item[:2])
                self._agenda.remove(moment)
                self._elapsed = max(self._elapsed, moment[0])
                moment[2]()
                if until is not None and until.is_set():
                    return
            self._elapsed = max(self._elapsed, end)  # what was due may itself have waited


class HandClock(FakeClock):
    """For threads that wait: they do until the test has advanced this clock far enough, where a
    :class:`FakeClock` would have them turn without end and flood the interface."""

    def wait(self, event: Event, seconds: float) -> bool:
        self.waits.append(seconds)
        due = self.monotonic() + seconds
        while not event.wait(0.02):
            if self.monotonic() >= due:
                return False
        return True


class Faults:
    """Errors that the next calls of named methods raise; shared by the fakes below."""

    def __init__(self) -> None:
        self._planned: dict[str, list[tuple[Exception, Address | None]]] = defaultdict(list)
        self._lasting: dict[str, list[tuple[Exception, Address | None]]] = defaultdict(list)

    def fail(
        self, method: str, error: Exception, times: int | None = 1, address: Address | None = None
    ) -> None:
        """Let the next ``times`` calls of a method raise; ``None``: until :meth:`recover`.

        With an ``address`` only calls about that service count.
        """
        if times is None:
            self._lasting[method].append((error, address))
        else:
            self._planned[method].extend([(error, address)] * times)

    def recover(self, method: str | None = None) -> None:
        """End every failure of one method, or of all."""
        for plans in (self._planned, self._lasting):
            for name in [method] if method else list(plans):
                plans.pop(name, None)

    def check(self, method: str, address: Address | None = None) -> None:
        """Raise what is planned for this call."""
        for item in self._planned[method]:
            if item[1] in (None, address):
                self._planned[method].remove(item)
                raise item[0]
        for error, about in self._lasting[method]:
            if about in (None, address):
                raise error


class FakePlatform(Faults):
    """A platform that says what the test told it.

    ``statuses``, ``observations``, ``histories``, ``known``, ``candidates``, ``checks`` are plain
    dictionaries to fill; ``calls`` names every call; ``orders`` holds what was sent. An observation
    defaults to the status with nothing else, a basis to what the status says.
    """

    def __init__(
        self, *observations: Observation | ServiceStatus, environment: Environment | None = None
    ) -> None:
        super().__init__()
        self._environment = environment or an_environment()
        self._scripts: dict[Address, list[Observation]] = {}
        self.who: Identity = an_identity()
        self.rights = Standing(NOW, may_write=True)
        self.use = BudgetUse(0.0)
        self.tasks: dict[Address, tuple[Task, ...]] = {}
        self.scalings: dict[Address, Scaling] = {}
        self.machines: tuple[Instance, ...] = ()
        self.backlogs: dict[Address, Backlog] = {}
        self.protections: dict[str, datetime | None] = {}
        """Protected tasks by id, and until when."""
        self.statuses: dict[Address, ServiceStatus] = {}
        self.observations: dict[Address, Observation] = {}
        self.histories: dict[Address, tuple[Rollout, ...]] = {}
        self.known: dict[str, Release] = {}
        """Releases by id."""
        self.candidates: dict[str, Release] = {}
        """What ``candidate`` answers, by version."""
        self.available: tuple[RegistryVersion, ...] = ()
        self.checks: tuple[Check, ...] = ()
        self.bases: dict[Address, Basis] = {}
        self.accepted = Accepted("ecs-svc/4980306466373577044", None)
        self.found: Accepted | None = None
        self.on_act: Callable[[Order], object] = lambda order: None
        """Runs when an order is carried out: where the test changes the world."""
        self.calls: list[tuple[str, str]] = []
        """(method, address or ""), in order."""
        self.prepared: list[Order] = []
        self.orders: list[Order] = []
        self.errands: dict[str, tuple[Task, ...]] = {}
        """One-off tasks by definition."""
        self.databases: dict[str, Database] = {}
        self.performed: list[Action] = []
        self.answers: dict[ActionKind, Mapping[str, object]] = {}
        self.sights: dict[ActionKind, list[ActionSight]] = {}
        """What ``look`` says in turn, by kind; the last one stays, and without any it is done."""
        for item in observations:
            self.put(item)

    def put(self, item: Observation | ServiceStatus) -> None:
        """Let the service look like that from now on."""
        status = item if isinstance(item, ServiceStatus) else item.status
        self.statuses[status.address] = status
        self._scripts.pop(status.address, None)
        if isinstance(item, Observation):
            self.observations[status.address] = item
            self.known.update(item.releases)
        else:
            self.observations.pop(status.address, None)

    def script(self, *observations: Observation) -> None:
        """Answer ``observe`` calls of their service with these in turn; the last one stays.

        ``status``, ``services`` and ``basis`` go with the newest one that ``observe`` showed.
        """
        for item in observations:
            self.known.update(item.releases)
        self._scripts[observations[0].status.address] = list(observations)
        self._play(observations[0])

    def count(self, method: str, address: Address | None = None) -> int:
        """How often a method was called, for one service or for any."""
        return sum(1 for name, about in self.calls if name == method and address in (None, _parse(about)))

    @property
    def environment(self) -> Environment:
        return self._environment

    def identity(self) -> Identity:
        self._called("identity")
        return self.who

    def standing(self) -> Standing:
        self._called("standing")
        return self.rights

    def budget(self) -> BudgetUse:
        return self.use

    def batches(self, addresses: Sequence[Address]) -> tuple[tuple[Address, ...], ...]:
        return tuple(tuple(addresses[start : start + 10]) for start in range(0, len(addresses), 10))

    def services(self, addresses: Sequence[Address] | None = None) -> tuple[ServiceStatus, ...]:
        self._called("services")
        return tuple(self._status(address) for address in addresses or self.statuses)

    def running_tasks(self, addresses: Sequence[Address]) -> Mapping[Address, tuple[Task, ...]]:
        self._called("running_tasks")
        return {address: self.tasks.get(address, ()) for address in addresses}

    def versions(self, ids: Sequence[str]) -> Mapping[str, Version]:
        self._called("versions")
        return {key: self.known[key].version for key in ids if key in self.known}

    def scaling(self, address: Address) -> Scaling | None:
        self._called("scaling", address)
        return self.scalings.get(address)

    def instances(self, address: Address) -> tuple[Instance, ...]:
        self._called("instances", address)
        return self.machines

    def backlog(self, address: Address) -> Backlog | None:
        self._called("backlog", address)
        return self.backlogs.get(address)

    def protected(self, address: Address, tasks: Sequence[str]) -> Mapping[str, datetime | None]:
        self._called("protected", address)
        return {task: until for task, until in self.protections.items() if task in tasks}

    def status(self, address: Address) -> ServiceStatus:
        self._called("status", address)
        return self._status(address)

    def observe(self, address: Address) -> Observation:
        self._called("observe", address)
        self._next(address)
        known = self.observations.get(address)
        return known or Observation(NOW, self._status(address), releases=dict(self.known))

    def history(self, address: Address) -> tuple[Rollout, ...]:
        self._called("history", address)
        return self.histories.get(address, ())

    def releases(self, address: Address, ids: Sequence[str]) -> Mapping[str, Release]:
        self._called("releases", address)
        return {key: self.known[key] for key in ids if key in self.known}

    def candidate(
        self,
        address: Address,
        live: Release,
        version: str,
        containers: Sequence[str] = (),
        sizing: Sizing = AS_IT_IS,
    ) -> Release:
        """The candidate of that name; its memory as wanted, and another configuration then."""
        self._called("candidate", address)
        if version and version not in self.candidates:
            raise UnknownVersionError(f"{address} has no version {version} in its registry")
        found = self.candidates[version] if version else live
        if not sizing.changes_definition:
            return found
        sized = {
            name: str(value) for name, value in (("memory", sizing.memory_mb), ("cpu", sizing.cpu)) if value
        }
        return replace(
            found,
            id=None,
            definition=None,
            configuration=f"{found.configuration} {sorted(sized.items())}",
            settings={**found.settings, **sized},
        )

    def versions_available(self, address: Address, limit: int = 20) -> tuple[RegistryVersion, ...]:
        self._called("versions_available", address)
        return self.available[:limit]

    def preflight(self, address: Address, target: Release, live: ServiceStatus) -> tuple[Check, ...]:
        self._called("preflight", address)
        return self.checks

    def basis(self, address: Address) -> Basis:
        self._called("basis", address)
        if address in self.bases:
            return self.bases[address]
        status = self._status(address)
        primary = status.primary
        return Basis(
            deployment=primary.id if primary else "",
            definition=primary.definition if primary else "",
            release=primary.release if primary else None,
            rollout=status.rollout_id,
            in_flight=status.in_motion,
        )

    def prepare(self, order: Order) -> Order:
        self._called("prepare", order.address)
        self.prepared.append(order)
        return replace(order, definition=order.definition or order.base_definition)

    def act(self, order: Order) -> Accepted:
        self._called("act", order.address)
        self.orders.append(order)
        self.on_act(order)
        return self.accepted

    def perform(self, address: Address, action: Action) -> Mapping[str, object]:
        self._called("perform", address)
        self.performed.append(action)
        return self.answers.get(action.kind, {})

    def look(self, address: Address, action: Action, facts: Mapping[str, object]) -> ActionSight:
        self._called("look", address)
        script = self.sights.get(action.kind, [])
        if len(script) > 1:
            return script.pop(0)
        return script[0] if script else ActionSight(ActionState.DONE, f"{action.said}: done")

    def find(self, order: Order, sent_at: datetime) -> Accepted | None:
        self._called("find", order.address)
        return self.found

    def one_off_tasks(self, address: Address, definition: str) -> tuple[Task, ...]:
        self._called("one_off_tasks", address)
        return self.errands.get(definition, ())

    def database(self, name: str) -> Database | None:
        self._called("database")
        return self.databases.get(name)

    def _called(self, method: str, address: Address | None = None) -> None:
        self.calls.append((method, str(address or "")))
        self.check(method, address)

    def _status(self, address: Address) -> ServiceStatus:
        if address not in self.statuses:
            raise UnknownServiceError(f"{address} is not known to ECS")
        return self.statuses[address]

    def _next(self, address: Address) -> None:
        script = self._scripts.get(address)
        if script:
            self._play(script[0])
            if len(script) > 1:
                script.pop(0)

    def _play(self, item: Observation) -> None:
        self.statuses[item.status.address] = item.status
        self.observations[item.status.address] = item


class FakeWeb(Faults):
    """HTTP that answers what the test told it, by method and path; anything else is 404."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[Reply]] = {}
        """``GET /health`` -> what it answers in turn; the last one stays."""
        self.sent: list[Request] = []

    def put(self, what: str, body: object = None, status: int = 200, took_s: float = 0.01) -> None:
        """Let a request be answered with JSON, after those that were put before."""
        content = b"" if body is None else json.dumps(body).encode()
        self.answers.setdefault(what, []).append(Reply(status, {}, content, took_s))

    def send(self, request: Request, limit_s: float) -> Reply:
        self.sent.append(request)
        self.check("send")
        path = "/" + request.url.split("/", 3)[-1]
        script = self.answers.get(f"{request.method} {path}", [Reply(404)])
        return script.pop(0) if len(script) > 1 else script[0]


class FakeSecrets(Faults):
    """Values by reference."""

    def __init__(self, **values: str) -> None:
        super().__init__()
        self.values: dict[str, str] = dict(values)

    def value(self, reference: str) -> str:
        self.check("value")
        if reference not in self.values:
            raise ConfigError(f"there is no {reference}")
        return self.values[reference]


class FakeSignals(Faults):
    """Figures that the test put into ``known``."""

    def __init__(self, known: Mapping[Address, Figures] | None = None) -> None:
        super().__init__()
        self.known: dict[Address, Figures] = dict(known or {})
        self.loads: dict[Address, Load] = {}
        self.asked: list[tuple[Address, ...]] = []

    def figures(self, addresses: Sequence[Address]) -> Mapping[Address, Figures]:
        self.asked.append(tuple(addresses))
        self.check("figures")
        return {address: self.known[address] for address in addresses if address in self.known}

    def load(self, address: Address) -> Load:
        self.check("load", address)
        return self.loads.get(address, Load())


class FakeLogs(Faults):
    """Log lines that the test put into ``lines``, by service."""

    def __init__(self, lines: Mapping[Address, Iterable[LogLine]] | None = None) -> None:
        super().__init__()
        self.lines: dict[Address, list[LogLine]] = {
            address: list(group) for address, group in (lines or {}).items()
        }

    def tail(self, address: Address, since: datetime, limit: int) -> tuple[LogLine, ...]:
        self.check("tail", address)
        newer = [line for line in self.lines.get(address, []) if line.at >= since]
        return tuple(sorted(newer, key=lambda line: line.at)[-limit:])

    @property
    def is_live(self) -> bool:
        return False

    def sources(self, address: Address) -> tuple[LogPlace, ...]:
        """One place a service; its stream is the address."""
        self.check("sources", address)
        return (LogPlace("api", group="/ecs/api", stream=str(address)),)

    def read(
        self,
        place: LogPlace,
        start: datetime,
        end: datetime | None = None,
        token: str = "",
        limit: int = 10_000,
        *,
        newest_first: bool = False,
    ) -> LogPage:
        address = Address(*place.stream.split("/"))
        self.check("read", address)
        found = [
            line
            for line in self.lines.get(address, ())
            if start <= line.at and (end is None or line.at < end)
        ]
        found.sort(key=lambda line: (line.at, line.id), reverse=newest_first)
        offset = int(token or 0)
        shown = tuple(found[offset : offset + limit])
        following = offset + len(shown)
        newest = max((line.at for line in shown), default=None)
        return LogPage(shown, str(following) if following < len(found) else "", newest)

    def live(self, places: Sequence[LogPlace], stop: Event) -> "FakeLiveLog":
        self.check("live")
        return FakeLiveLog()


class FakeLiveLog:
    """A live session that begins, tells what is in ``updates``, and ends."""

    def __init__(self, *updates: LiveUpdate | Exception) -> None:
        self.updates = list(updates)
        self.cancelled = False

    def __iter__(self) -> Iterator[LiveUpdate]:
        yield LiveUpdate()
        for update in self.updates:
            if isinstance(update, Exception):
                raise update
            yield update

    def cancel(self) -> None:
        self.cancelled = True


class MemoryJournal(Faults):
    """The journal's promises without a file; ``fail("append", JournalError(…))`` breaks one method,
    :meth:`break_down` all of them."""

    _METHODS = (
        "begin",
        "update",
        "append",
        "heartbeat",
        "claim",
        "operation",
        "operations",
        "entries",
    )

    def __init__(self, *records: OperationRecord) -> None:
        super().__init__()
        self._lock = RLock()
        self._records: dict[str, OperationRecord] = {record.id: record for record in records}
        self._entries: list[Entry] = []

    def break_down(self, message: str = "the journal cannot be written: disk full") -> None:
        """Let every method fail until :meth:`recover`."""
        for method in self._METHODS:
            self.fail(method, JournalError(message), times=None)

    def begin(self, record: OperationRecord, beside: Collection[str] | None = None) -> bool:
        with self._lock:
            self.check("begin")
            if record.id in self._records:
                raise JournalError(f"operation {record.id} is in the journal already")
            there = [r.id for r in self._records.values() if r.address == record.address and r.is_open]
            if beside is not None and not set(there) <= set(beside):
                return False
            self._records[record.id] = record
            return True

    def update(self, record: OperationRecord) -> None:
        with self._lock:
            self.check("update")
            kept = self._get(record.id)
            if kept.is_open:
                self._records[record.id] = replace(
                    record, host=kept.host, pid=kept.pid, heartbeat_at=kept.heartbeat_at
                )

    def append(
        self, operation: str, event: str, at: datetime, text: str, facts: Mapping[str, object]
    ) -> None:
        with self._lock:
            self.check("append")
            self._get(operation)
            self._entries.append(Entry(len(self._entries) + 1, operation, event, at, text, dict(facts)))

    def heartbeat(self, operation: str, at: datetime) -> None:
        with self._lock:
            self.check("heartbeat")
            record = self._get(operation)
            if record.is_open:
                self._records[operation] = replace(record, heartbeat_at=max(at, record.heartbeat_at))

    def claim(self, operation: str, host: str, pid: int, at: datetime, seen: datetime) -> bool:
        with self._lock:
            self.check("claim")
            record = self._records.get(operation)
            if record is None or record.heartbeat_at != seen or not record.is_open:
                return False
            self._records[operation] = replace(record, host=host, pid=pid, heartbeat_at=at)
            return True

    def operation(self, id: str) -> OperationRecord | None:
        with self._lock:
            self.check("operation")
            return self._records.get(id)

    def operations(
        self, prefix: str = "", limit: int = 500, open_only: bool = False
    ) -> tuple[OperationRecord, ...]:
        with self._lock:
            self.check("operations")
            parts = [part for part in prefix.split("/") if part]
            rows = [
                record
                for record in self._records.values()
                if str(record.address).split("/")[: len(parts)] == parts and (record.is_open or not open_only)
            ]
            rows.sort(key=lambda record: (record.planned_at, record.id), reverse=True)
            return tuple(rows[:limit])

    def entries(self, operation: str, after: int = 0) -> tuple[Entry, ...]:
        with self._lock:
            self.check("entries")
            return tuple(
                entry for entry in self._entries if entry.operation == operation and entry.number > after
            )

    def _get(self, id: str) -> OperationRecord:
        if id not in self._records:
            raise JournalError(f"operation {id} is not in the journal")
        return self._records[id]


def _parse(text: str) -> Address | None:
    parts = text.split("/")
    return Address(*parts) if len(parts) == 3 else None
