"""What the guard judges by, what it found, and what it makes of it.

Everything here is a picture: :mod:`console.signals.judge` and :mod:`console.signals.guarding` make them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from console.domain.series import Measure, Scope, SeriesPicture

MINIMUM_REQUESTS = 50
"""Under that many requests a share or a percentile says nothing."""


class GuardMode(StrEnum):
    """What a trip does."""

    ASK = "ask"
    """A red panel with the plan armed; nothing is sent without a person."""
    ROLLBACK = "rollback"
    """Goes back after a countdown that a person can stop."""
    OFF = "off"


class ServiceKind(StrEnum):
    """What a service does decides which figures mean something."""

    BALANCED = "behind a load balancer"
    WORKER = "worker"
    """No load balancer sends it requests: it takes jobs, or runs on its own."""


class JudgedState(StrEnum):
    """What is thought of one figure."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    NODATA = "nodata"
    """Nothing is known: neither well nor bad."""


@dataclass(frozen=True)
class Trigger:
    """One figure and its limits. States (health, dependencies) are bad at 0 and need no limit."""

    name: str
    """``errors``, ``p95``: what the configuration calls it."""
    measure: Measure
    warning: float | None = None
    """Above that it is a warning; ``None``: none."""
    critical: float | None = None
    """Above that it is bad; ``None``: no absolute limit."""
    relative: float | None = None
    """Above that many times the baseline it is bad; ``None``: not compared."""
    minimum_requests: int = MINIMUM_REQUESTS
    periods: int = 2
    """So many in a row have to be bad."""
    baseline_min_points: int = 5
    """So many periods before the order make a baseline."""
    worse_than_baseline: bool = True
    """A figure that was as bad before the order is not held against the new version."""
    kind: ServiceKind | None = None
    """Only services of that kind are held against it; ``None``: any."""

    def applies_to(self, kind: ServiceKind) -> bool:
        return self.kind in (None, kind)


DEFAULT_TRIGGERS = (
    Trigger("health", Measure.HEALTH),
    Trigger("errors", Measure.ERRORS, warning=0.01, critical=0.05),
    Trigger("p95", Measure.P95, relative=2.0),
    Trigger("dependency", Measure.DEPENDENCY),
)
"""Health checks failing, more than five per cent of errors, twice the response time of before, something
critical that the service needs is down."""

TAIL_REQUESTS = 200
"""Under that many requests their slowest two decide the 99th percentile."""

DEFAULT_ALERTS = (
    Trigger("health", Measure.HEALTH),
    Trigger("errors", Measure.ERRORS, warning=0.01, critical=0.05, kind=ServiceKind.BALANCED),
    Trigger("p95", Measure.P95, warning=1.0, kind=ServiceKind.BALANCED),
    Trigger("p99", Measure.P99, critical=5.0, minimum_requests=TAIL_REQUESTS, kind=ServiceKind.BALANCED),
    Trigger("queue-depth", Measure.QUEUE_DEPTH, warning=500.0, kind=ServiceKind.WORKER),
    Trigger("dependency", Measure.DEPENDENCY),
    Trigger("cpu", Measure.CPU, warning=85.0),
    Trigger("memory", Measure.MEMORY, warning=85.0),
    Trigger("disk", Measure.DISK, warning=80.0),
)
"""What is worth a look (warning) and what is worth waking somebody (critical), deploy or not. How long a
job takes says nothing of a worker: what waits for it does."""


@dataclass(frozen=True)
class Baseline:
    """What was usual before the order."""

    value: float | None
    """Errors: of all requests together; else the median. ``None``: too few points."""
    points: int
    """Periods that it is made of."""
    requests: int | None = None
    """Requests in all of them; ``None`` where nothing tells."""
    spread: float = 0.0
    """Robust standard deviation of the values' logarithms: how noisy it was; 0 for shares."""
    values: tuple[float, ...] = ()
    """Of every window: how bad it was at times, although nothing was wrong."""
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    scope: Scope = Scope.SERVICE
    bad: str = ""
    """Why it is not to be trusted as what is usual (an incident was under way); empty: it is."""


NO_BASELINE = Baseline(None, 0)


@dataclass(frozen=True)
class Judgement:
    """One trigger, judged at one moment."""

    trigger: Trigger
    state: JudgedState
    value: float | None
    """Newest figure that was judged; ``None``: no data."""
    baseline: Baseline
    limit: float | None
    """The critical limit that it was held against, in the measure's unit; ``None``: none could be made."""
    source: str
    scope: Scope
    periods_bad: int
    """Newest periods in a row that are bad."""
    evidence: str
    """One line: figure, source, scope, baseline; or why there is no data."""
    as_of: datetime | None
    """End of the newest period that was judged."""
    since: datetime | None = None
    """Start of the first of the bad periods; ``None`` where none is."""
    subject: str = ""
    """What it is about: database, cache; empty: the service."""
    requests: int | None = None
    """Requests that the newest figure stands for."""
    beside_old: bool = False
    """The old version was measured at the same time."""
    periods_needed: int = 0
    """In a row, to be bad: more than the trigger says where the baseline had such too; 0: as it says."""
    equally_old: bool = False
    """It would be bad, but the old version is as bad at the same time."""
    period_s: int = 60
    """Resolution of its source."""
    asks: str = ""
    """Why it must not roll back by itself, although it is bad: a bad baseline, or none; empty: nothing."""
    note: str = ""
    """How the figure was counted, where that has to be known."""

    @property
    def is_bad(self) -> bool:
        """Bad in enough periods in a row."""
        return self.state is JudgedState.CRITICAL and self.periods_bad >= self.needed

    @property
    def needed(self) -> int:
        """How many periods in a row it takes."""
        return self.periods_needed or self.trigger.periods


@dataclass(frozen=True)
class Hard:
    """Evidence that needs neither periods nor requests: a task or a target of the new version failed."""

    kind: str
    """``targets`` or ``tasks``."""
    at: datetime
    count: int
    line: str


class Happens(StrEnum):
    """What happened to a service that may explain its trouble."""

    DEPLOY = "deploy"
    SCALING = "scaling"
    SECRET = "secret"
    """A secret that it reads was rotated."""
    ALARM = "alarm"
    DEPENDENCY = "dependency"
    """A database, a cache or the like stopped being well."""
    RESTART = "restart"


@dataclass(frozen=True)
class Happening:
    """One thing that happened, at one moment."""

    at: datetime
    kind: Happens
    what: str
    """``database``, ``2 to 4 tasks``, ``v1.4.3``."""
    foreign: bool = False
    """Of a deploy: another one than the one that is judged."""


@dataclass(frozen=True)
class Blame:
    """Is it the deploy? One line, and what a rollback would not cure."""

    is_deploy: bool | None
    """``None``: cannot be told."""
    line: str
    """``began 02:51, 40 s after the deploy``."""
    uncured: str = ""
    """What going back would not change; empty: nothing of the kind is known."""
    cause: str = ""
    """What it is instead: ``database``, ``cache``, ``scaling``, ``secret`` …; empty: nothing is known."""


@dataclass(frozen=True)
class Trip:
    """The guard has had enough."""

    at: datetime
    mode: GuardMode
    """What this trip does: never more than the guard's own mode."""
    reason: str
    """One line: which figure, from which source, against which baseline."""
    judgements: tuple[Judgement, ...] = ()
    evidence: tuple[Hard, ...] = ()
    asks_because: str = ""
    """Why it asks although the mode is ``rollback``; empty where it does not."""
    blame: Blame | None = None


@dataclass(frozen=True)
class GuardPolicy:
    """``[….guard]``: what the configuration says of the guard of one service."""

    mode: GuardMode = GuardMode.ASK
    bake: timedelta = timedelta(minutes=10)
    """How long it goes on judging after the rollout."""
    countdown: timedelta = timedelta(seconds=15)
    """Time to stop a rollback that nobody ordered."""
    watch: timedelta = timedelta(minutes=30)
    """How long the figures are watched after success."""
    triggers: tuple[Trigger, ...] = DEFAULT_TRIGGERS
    alerts: tuple[Trigger, ...] = DEFAULT_ALERTS
    """Thresholds that are shown in the fleet, whatever is being shipped."""


@dataclass(frozen=True)
class ServiceSignals:
    """Everything that the figures of one service say, at one moment."""

    picture: SeriesPicture
    alerts: tuple[Judgement, ...] = ()
    """Its thresholds against the newest figures, deploy or not."""
    judgements: tuple[Judgement, ...] = ()
    """The guard's triggers against the time before the last deploy; empty long after it."""
    evidence: tuple[Hard, ...] = ()
    blame: Blame | None = None
    """``None`` while nothing is bad."""

    @property
    def worst(self) -> JudgedState:
        """The worst alert; NODATA only where nothing at all is known."""
        return worst_of(self.alerts)


def worst_of(judgements: Iterable[Judgement]) -> JudgedState:
    """The worst of several; NODATA only where nothing at all is known."""
    states = {item.state for item in judgements}
    ranked = (JudgedState.CRITICAL, JudgedState.WARNING, JudgedState.OK)
    return next((state for state in ranked if state in states), JudgedState.NODATA)
