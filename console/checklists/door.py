"""The lists of a configuration, and their walks: the one door for screens, commands and the engine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from console.checklists import loader, walks
from console.checklists.context import CheckContext
from console.checklists.facts import Facts
from console.checklists.known import of_plan, of_record, of_service
from console.checklists.registry import Registry
from console.checklists.walker import FIRST, Walker
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.address import Address
from console.domain.checklist import Checklist, ItemView, Phase, WalkView
from console.domain.operation import Check, CheckState, OperationRecord, Plan, Verb, Verdict
from console.domain.release import Release
from console.domain.words import utc
from console.errors import QuarterdeckError, UsageError
from console.operations.gate import NAME
from console.operations.outside import Outside
from console.ports import Clock, Journal, LogSource, Platform, SignalSource

SETTLE_S = 8.0
"""How long a plan waits for what the checks of its list say."""
_NAMED = 3
"""Items that are named in one line."""


@dataclass(frozen=True)
class Places:
    """Where the services of one environment are looked at."""

    platform: Platform
    signals: SignalSource
    logs: LogSource
    outside: Outside


@dataclass(frozen=True)
class Listed:
    """One list that may be walked at an address."""

    name: str
    checklist: Checklist | None
    problem: str = ""
    """Why it cannot be read."""
    walk: OperationRecord | None = None
    """Its open walk."""


class Checklists:
    """Loads, begins, takes up and judges. Methods block; none belongs on the UI's thread.

    Implements :class:`console.operations.gate.Gate`.

    Args:
        places: By environment key; asked when the first walk needs one.
        actor: Who acts at an address, as the journal names it.
        plan_rollback: What a rollback would be now.
    """

    def __init__(
        self,
        settings: Settings,
        places: Mapping[str, Places],
        journal: Journal,
        clock: Clock,
        registry: Registry,
        actor: Callable[[Address], str],
        plan_rollback: Callable[[Address], Plan] | None = None,
    ) -> None:
        self._settings = settings
        self._places = places
        self._journal = journal
        self._clock = clock
        self._registry = registry
        self._actor = actor
        self._plan_rollback = plan_rollback
        self._walkers: dict[tuple[str, Address], Walker] = {}
        self._planned: dict[Address, Release] = {}
        """What was planned last, by service."""
        self._lock = Lock()

    # lists

    def names(self, address: Address) -> tuple[str, ...]:
        """The lists of a service: the one of its releases first, then its environment's runbooks."""
        service, environment = self._settings_of(address)
        own = (service.checklist,) if service.checklist else ()
        return (*own, *(name for name in environment.runbooks if name not in own))

    def listed(self, address: Address) -> tuple[Listed, ...]:
        """Those lists, read; one that cannot be read says why.

        Raises:
            JournalError: when the journal cannot be read.
        """
        records = self._walks_of(address)
        return tuple(self._listed(name, records) for name in self.names(address))

    def _listed(self, name: str, records: Iterable[OperationRecord]) -> Listed:
        walk = walks.open_walk(records, name)
        try:
            return Listed(name, self.load(name), walk=walk)
        except QuarterdeckError as error:
            return Listed(name, None, str(error), walk)

    def load(self, name: str) -> Checklist:
        """Read one.

        Raises:
            ConfigError: naming the file and what is wrong with it.
        """
        return loader.load(name, self._settings.path.parent, self._registry)

    # walks

    def look(self, address: Address, name: str = "") -> Walker:
        """A list as it stands: its open walk if there is one, else one that cannot be ticked.

        Args:
            name: The list; empty: the one of the service's releases, else the only one it has.

        Raises:
            UsageError: when there is no such list.
            ConfigError, JournalError: as they say.
        """
        name = name or self._usual(address)
        record = walks.open_walk(self._walks_of(address), name)
        return self._walker(address, name, record)

    def begin(
        self, address: Address, name: str = "", release: Release | None = None, version: str = ""
    ) -> Walker:
        """Begin to walk a list, or take up its open walk; another version's is given up.

        Args:
            release: What is released.
            version: Its name, where nothing has been planned yet.

        Raises:
            UsageError, ConfigError, JournalError: as :meth:`look`; nothing has been begun then.
        """
        name = name or self._usual(address)
        checklist = self.load(name)
        if not checklist.is_runbook:
            release = release or self._released(address, version)
        facts = release.facts() if release is not None else {"version": version} if version else {}
        record = self._open(address, checklist, facts)
        if record is not None:
            return self._walker(address, name, record, release)
        for other in self._walks_of(address):
            if other.address == address and walks.open_walk((other,), name) is not None:
                said = f"given up: {facts.get('version') or 'another version'} is walked now"
                walks.end(self._journal, other, Verdict.FAILED, said, self._clock.now())
        service, environment = self._settings_of(address)
        actor, now = self._actor(address), self._clock.now()
        record = walks.begin(self._journal, checklist, service, environment, actor, now, facts)
        return self._walker(address, name, record, release)

    def planned(self, address: Address) -> str:
        """The version that was planned last; empty where none was."""
        release = self._planned.get(address)
        return release.version.label if release is not None else ""

    def _released(self, address: Address, version: str) -> Release | None:
        """The release of a version: what was planned last where none is named, or it has that name; else
        as the registry has it now. ``None`` where nobody can tell."""
        planned = self._planned.get(address)
        if planned is not None and version in ("", planned.version.label):
            return planned
        if not version:
            return None
        platform = self._places[address.place].platform
        try:
            live = platform.observe(address).primary_release
            return platform.candidate(address, live, version) if live is not None else None
        except QuarterdeckError:
            return None  # the items about its image say what is wrong

    def _open(
        self, address: Address, checklist: Checklist, facts: Mapping[str, object]
    ) -> OperationRecord | None:
        """The open walk of a list that is about a version."""
        for record in self._walks_of(address):
            is_it = walks.is_about(record, facts) or checklist.is_runbook or checklist.spans_releases
            if is_it and walks.open_walk((record,), checklist.id) is not None:
                return record
        return None

    def around(self, address: Address) -> WalkView | None:
        """The open walk of the service's release list as it stands, what is due begun; ``None`` without."""
        name = self._settings_of(address)[0].checklist
        record = walks.open_walk(self._walks_of(address), name) if name else None
        if record is None:
            return None
        walker = self._walker(address, name, record)
        walker.judge()
        return walker.view()

    def actor(self, address: Address) -> str:
        """Who ticks there."""
        return self._actor(address)

    def refresh(self, walker: Walker) -> None:
        """Take in what was ticked elsewhere, and how far the operation is that it is walked around.

        Raises:
            JournalError: when the journal cannot be read.
        """
        walker.reread()
        if walker.record is not None:
            walker.record = self._journal.operation(walker.record.id) or walker.record
            around = self._around(walker.record)
            walker.begun = _begun(around)
            walker.learn(_of_operation(around))

    def _walker(
        self, address: Address, name: str, record: OperationRecord | None, release: Release | None = None
    ) -> Walker:
        key = (record.id if record is not None else name, address)
        with self._lock:
            walker = self._walkers.get(key)
        if walker is not None and (release is None or walker.context.release == release):
            self.refresh(walker)
            return walker
        service, environment = self._settings_of(address)
        around = self._around(record)
        facts = {**of_service(service, environment), **(of_record(record) if record is not None else {})}
        facts |= _of_operation(around)
        if release is not None:
            facts |= of_plan(release)
        walker = Walker(
            self.load(name),
            self._context(service, environment, facts, release),
            self._registry,
            record,
            _begun(around),
        )
        with self._lock:
            self._walkers[key] = walker
        return walker

    def _context(
        self,
        service: ServiceSettings,
        environment: EnvironmentSettings,
        facts: Facts,
        release: Release | None,
    ) -> CheckContext:
        places = self._places[environment.environment.key]
        return CheckContext(
            service,
            environment,
            places.platform,
            places.signals,
            places.logs,
            places.outside,
            self._journal,
            self._clock,
            facts,
            {key: other.platform for key, other in self._places.items()},
            release,
            self._plan_rollback,
            self._settings.path.parent,
        )

    def _around(self, record: OperationRecord | None) -> OperationRecord | None:
        """The operation that a walk is around."""
        bound = walks.bound_to(self._journal.entries(record.id)) if record is not None else ""
        return self._journal.operation(bound) if bound else None

    def _walks_of(self, address: Address) -> tuple[OperationRecord, ...]:
        """The open walks of its environment, those at the address itself first."""
        prefix = address.place
        records = [r for r in self._journal.operations(prefix, open_only=True) if r.verb is Verb.WALK]
        return tuple(sorted(records, key=lambda record: record.address != address))

    def _usual(self, address: Address) -> str:
        names = self.names(address)
        if not names:
            raise UsageError(f"{address} has no checklist", 'write checklist = "…" into the configuration')
        return names[0]

    def _settings_of(self, address: Address) -> tuple[ServiceSettings, EnvironmentSettings]:
        environment = self._settings.environments[address.place]
        return environment.services[address.alias], environment

    # the gate

    def check(self, plan: Plan) -> Check | None:
        """See :class:`console.operations.gate.Gate`."""
        service, _ = self._settings_of(plan.address)
        if not service.checklist:
            return None
        version = plan.target.version.label
        how = f"walk it, or: quarterdeck checklist run {plan.address} --version {version}"
        try:
            if plan.verb is Verb.CONTINUE:
                return self._goes_on(plan, service.checklist)
            walker = self._planned_for(plan, service.checklist)
            walker.again()
            left = walker.settle(SETTLE_S).blockers(Phase.BEFORE, Phase.APPROVAL)
        except QuarterdeckError as error:
            return Check(NAME, CheckState.FAIL, error.message, error.remedy)
        if not left:
            return Check(NAME, CheckState.PASS, f"{walker.checklist.title}: everything required is settled")
        return Check(NAME, CheckState.FAIL, _left(left), how)

    def _planned_for(self, plan: Plan, name: str) -> Walker:
        """The open walk of what is planned; without one the list as it stands, because planning writes
        nothing down."""
        self._planned[plan.address] = plan.target
        record = self._open(plan.address, self.load(name), plan.target.facts())
        return self._walker(plan.address, name, record, plan.target)

    def _goes_on(self, plan: Plan, name: str) -> Check | None:
        """What is left of the stage at which a deployment waits; ``None`` where nobody walks its list."""
        record = walks.open_walk(self._walks_of(plan.address), name)
        if record is None:
            return None
        walker = self._walker(plan.address, name, record)
        walker.again()
        left = walker.settle(SETTLE_S).blockers(Phase.BEFORE, Phase.APPROVAL, Phase.DURING)
        if not left:
            return Check(NAME, CheckState.PASS, f"{walker.checklist.title}: the stage is settled")
        how = f"quarterdeck checklist status {plan.address}, or refuse the pause"
        return Check(NAME, CheckState.FAIL, _left(left), how)

    def begun(self, plan: Plan, operation: str) -> None:
        """See :class:`console.operations.gate.Gate`."""
        service, _ = self._settings_of(plan.address)
        if not service.checklist:
            return
        try:
            walker = self.begin(plan.address, service.checklist, plan.target)
            walker.around(operation)
            self.refresh(walker)
        except QuarterdeckError:
            return  # the operation goes on without it: it has been permitted


def _begun(around: OperationRecord | None) -> frozenset[Phase]:
    """The phases that can be judged by now: after an operation has begun, and after it has ended."""
    if around is None:
        return FIRST
    begun = {*FIRST, Phase.DURING}
    if around.safe_at is not None or around.verdict is not None:
        begun.add(Phase.AFTER)
    if around.verdict not in (None, Verdict.SUCCEEDED, Verdict.BAKING, Verdict.NOTHING_CHANGED):
        begun.add(Phase.ISSUES)
    return frozenset(begun)


def _of_operation(around: OperationRecord | None) -> Facts:
    """What the operation tells that a walk is around."""
    ordered_at = around.ordered_at if around is not None else None
    return {"ordered_at": utc(ordered_at)} if ordered_at is not None else {}


def _left(left: tuple[ItemView, ...]) -> str:
    named = [f"{view.item.title} ({view.state.value})" for view in left[:_NAMED]]
    more = len(left) - len(named)
    return f"{len(left)} open: {', '.join(named)}" + (f" and {more} more" if more else "")
