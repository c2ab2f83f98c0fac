"""The whole fleet in one frozen picture: what the store holds and the screens draw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from console.domain import words
from console.domain.address import Address, Environment, Identity
from console.domain.by_version import of_worse_version
from console.domain.error_reading import NO_LIMITS, UNREAD, ErrorLimits, ErrorReading, read_errors
from console.domain.guard import DEFAULT_ALERTS, Blame, Judgement, ServiceSignals, Trigger
from console.domain.operation import Hold
from console.domain.release import Release
from console.domain.rollout import Deployment
from console.domain.series import Measure
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.serving import Serving, serving
from console.domain.signals import Figures
from console.domain.standing import BudgetUse, Standing
from console.domain.tasks import Task
from console.domain.version import Version

TARGETS_VALID = timedelta(minutes=2)
"""Targets that were read longer before the status than that say nothing of now."""


@dataclass(frozen=True)
class Problem:
    """Why a picture is old: an error in the three words of :mod:`console.errors`."""

    title: str
    message: str
    remedy: str
    since: datetime
    part: str = "status"
    """What cannot be read: ``status``, ``figures``, ``identity``, ``holds``, or a service's address."""


class Basis(StrEnum):
    """What the state of a service rests on."""

    READ = "read"
    """Its tasks, targets and rollout, as far as it has them, were read lately."""
    COUNTS = "counts"
    """Only what ECS counts: that a task runs does not tell that it answers."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a service, from evidence: cause first, joined by `` · ``."""

    state: ServiceState
    line: str = ""
    """One sentence of facts, at most 110 characters; empty when there is nothing to say."""
    remedy: str = ""
    apart_from_alerts: ServiceState | None = None
    """What it would be without its alerts; ``None``: it has none."""
    basis: Basis = Basis.READ
    """What it was judged by."""


@dataclass(frozen=True)
class Deletion:
    """When a service went: ECS does not say it, so that only two readings do."""

    seen_at: datetime
    """First reading that showed it deleted."""
    there_at: datetime | None = None
    """Last reading that showed it there; ``None``: there was none."""
    cause: str = ""
    """What else than the service itself was deleted; empty: nothing."""

    def ago(self, now: datetime, *, narrow: bool = False) -> str:
        """``3 min ago``; a span where nobody has looked in between; empty where nothing tells.

        Args:
            narrow: Only the age, as short as it gets; empty for a span.
        """
        if self.there_at is None:
            return ""
        seen = words.age((now - self.seen_at).total_seconds(), narrow=narrow)
        if self.seen_at - self.there_at <= _READ_IN_TURN:
            return seen if narrow else f"{seen} ago"
        return "" if narrow else f"between {seen} and {words.age((now - self.there_at).total_seconds())} ago"


_READ_IN_TURN = timedelta(minutes=2)
"""So far apart two readings may be for the second one to tell the time."""


@dataclass(frozen=True)
class WayBack:
    """The rollback that would run now, as it was last proved."""

    at: datetime
    """When it was proved: that is how old it is."""
    version: str = ""
    """Label of its target; empty where there is none."""
    safe_s: float | None = None
    """Estimated seconds to *safe*; ``None`` where nothing would have to start, or nothing is known."""
    proven: bool = False
    """The target ran clean for long enough."""
    doubt: str = ""
    """Why there is none, or why it is not proven."""
    failed: tuple[str, ...] = ()
    """Preflight checks that fail today, in words."""
    deployment: str = ""
    """Id of the PRIMARY deployment that it leads away from: with another one it is no longer true."""
    instant_until: datetime | None = None
    """Until then the old version stands beside the new one, and going back only moves the traffic."""
    rehearsed_at: datetime | None = None
    """When it was last gone for real; ``None``: never, as far as our journal knows."""
    rehearsed_s: float | None = None
    """Seconds to *safe* then."""
    serving: str = ""
    """:func:`console.domain.way_back.serving_key` of the service when it was proved: with another one it is
    no longer true."""
    leads_to: str = ""
    """:func:`console.domain.way_back.release_key` of its target; empty: its digests are not known."""
    leaves: str = ""
    """The same of what it leads away from."""


@dataclass(frozen=True)
class ServicePicture:
    """One row of the fleet. What was not read is ``None``."""

    address: Address
    environment: Environment
    as_of: datetime | None
    """When ``status`` was read; ``None``: never."""
    status: ServiceStatus | None = None
    observation: Observation | None = None
    diagnosis: Diagnosis = Diagnosis(ServiceState.UNKNOWN)
    release: Release | None = None
    """What the PRIMARY deployment runs."""
    figures: Figures | None = None
    hold: Hold | None = None
    deployed_at: datetime | None = None
    version: Version | None = None
    """What the PRIMARY deployment runs, as people call it; known before ``release`` is."""
    tasks: tuple[Task, ...] | None = None
    """Its running tasks by the last list of the whole cluster; ``None``: not listed yet."""
    tasks_as_of: datetime | None = None
    deployed_by: str = ""
    """Who shipped the PRIMARY deployment, where something tells: our journal; empty: unknown."""
    way_back: WayBack | None = None
    signals: ServiceSignals | None = None
    """Its figures over time, judged; ``None``: nobody looked at them, as long as all is calm."""
    deletion: Deletion | None = None
    """When it was deleted; ``None``: it is not."""
    alert_limits: tuple[Trigger, ...] = field(default=DEFAULT_ALERTS, repr=False)
    """What its figures are held against, as it is configured, whoever judges them."""
    drained_by: str = ""
    """Who of us took all work away from it and has not given any back; empty: nobody, by our journal."""
    remembered: bool = False
    """Taken from the last run's picture; nothing of it was read since."""
    cadence_s: float | None = None
    """How often it is read at present: that decides from when on it is old; ``None``: as usual."""

    @property
    def state(self) -> ServiceState:
        return self.diagnosis.state

    @property
    def reserve(self) -> str:
        """What a steady state rests on where that is too little to call it well; empty: it was read."""
        if self.state is not ServiceState.STEADY:
            return ""
        if self.diagnosis.basis is Basis.READ:
            return self.error_reading.words if self.error_reading.is_of_before else ""
        if self.status is not None and self.status.classic_balancers:
            return "by ECS's counts, its Classic Load Balancer not read"
        has_targets = self.status is not None and self.status.groups
        return "by ECS's counts, targets not read" if has_targets else "by ECS's counts alone"

    @property
    def why(self) -> str:
        """The diagnosis, with what a steady state rests on where that is too little; may be empty."""
        return " · ".join(filter(None, (self.diagnosis.line, self.reserve)))

    @property
    def primary_version(self) -> Version | None:
        """What the PRIMARY deployment runs, as soon as anything tells."""
        return self.version or (self.release.version if self.release else None)

    @property
    def is_drained_by_us(self) -> bool:
        """Nothing of it runs because one of us wanted it so: what its figures say is no alert."""
        return bool(self.drained_by) and self.status is not None and self.status.desired == 0

    @property
    def is_gone(self) -> bool:
        """Deleted, or being deleted: no figure tells anything of it any more."""
        return self.status is not None and self.status.is_gone

    @cached_property
    def serving(self) -> Serving:
        """Since when it is served by what serves it now: figures of before are not of that."""
        return serving(self.status, self.observation)

    @cached_property
    def alerts(self) -> tuple[Judgement, ...]:
        """What its figures say against their limits, of what serves now; of a deleted service nothing."""
        found = self.signals.alerts if self.signals and not self.is_gone else ()
        return tuple(item for item in found if self.serving.judges(item))

    @cached_property
    def blame(self) -> Blame | None:
        """Whether a deploy is to blame for the trouble of now; ``None``: there is none, or it was that of
        what served before."""
        signals = self.signals
        if signals is None or self.is_gone:
            return None
        bad = [item for item in (*signals.judgements, *signals.alerts) if item.periods_bad]
        if bad and not signals.evidence and not any(map(self.serving.judges, bad)):
            return None
        return signals.blame

    @cached_property
    def error_reading(self) -> ErrorReading:
        """Its errors, judged once for every place: against the limits of its alert, where that is known."""
        if self.is_gone:
            return UNREAD
        return read_errors(
            self.worst_figures,
            self._error_limits,
            desired=self.status.desired if self.status else None,
            healthy=self.answering_targets,
            serves=self._serves,
        )

    @property
    def replaced_by(self) -> Deployment | None:
        """The task set that is about to become PRIMARY; ``None``: there is none, or its deployment goes back.
        ECS's own deployments are PRIMARY from the beginning."""
        status, seen = self.status, self.observation
        arriving = status.arriving if status else None
        if status is None or arriving is None or arriving.is_primary:
            return None
        rollout = seen.rollout if seen is not None else None
        goes_back = rollout is not None and rollout.id == status.rollout_id and rollout.status.is_going_back
        return None if goes_back else arriving

    @property
    def _serves(self) -> str:
        """What its figures have to be of: the task set that is about to become PRIMARY, else what the PRIMARY
        deployment runs; empty: not known."""
        arriving = self.replaced_by
        if arriving is None:
            return self.primary_version.label if self.primary_version else ""
        release = self.observation.release_of(arriving.id) if self.observation else None
        return release.version.label if release else "the new version"

    @property
    def healthy_targets(self) -> int | None:
        """Its tasks' healthy targets now, in the reached group that has fewest; ``None``: not read lately, or
        no load balancer serves it."""
        return self._targets(lambda seen: seen.healthy_targets)

    @property
    def answering_targets(self) -> int | None:
        """The same in the group that has most: with 0 nobody answers anywhere."""
        return self._targets(lambda seen: seen.answering_targets)

    def _targets(self, counted: Callable[[Observation], int | None]) -> int | None:
        status, seen = self.status, self.observation
        if status is None or not status.target_groups or self.remembered:
            return None
        if status.running == 0:
            return 0
        if seen is None or self.as_of is None or self.as_of - seen.at > TARGETS_VALID:
            return None
        return counted(seen)

    @cached_property
    def worst_figures(self) -> Figures | None:
        """Its figures, or those of the worse version while two serve and a source tells them apart: what is
        shown of it wherever there is room for one figure. Of a deleted service ``None``; of before, without
        what was measured then."""
        if self.is_gone:
            return None
        gathered = self.signals.picture if self.signals else None
        return of_worse_version(self.figures, gathered, self._error_limits, self.serving)

    @property
    def _error_limits(self) -> ErrorLimits:
        trigger = next((item for item in self.alert_limits if item.measure is Measure.ERRORS), None)
        return ErrorLimits.of(trigger) if trigger is not None else NO_LIMITS

    @property
    def traffic_share(self) -> float | None:
        """Per cent of production traffic that the new release gets while it is being shifted; ``None``
        where none is, or nothing tells."""
        status, seen = self.status, self.observation
        if status is None or seen is None or seen.rollout is None or seen.rollout.status.is_over:
            return None
        return seen.rollout.share if seen.rollout.id == status.rollout_id else None


@dataclass(frozen=True)
class EnvironmentPicture:
    """One environment: its services, or why there are none."""

    environment: Environment
    as_of: datetime | None = None
    """When it was last read whole; ``None``: never."""
    services: tuple[ServicePicture, ...] = ()
    identity: Identity | None = None
    problem: Problem | None = None
    standing: Standing | None = None
    budget: BudgetUse | None = None
    cadence_s: float = 15.0
    """How often calm services are read at present; longer for large fleets, idle consoles, throttling."""

    @cached_property
    def held(self) -> int:
        """Services that are kept at the version that a rollback went back to."""
        return sum(1 for row in self.services if row.hold)

    @cached_property
    def alarms(self) -> frozenset[str]:
        """Alarms that watch a deployment under way and have gone off."""
        seen = (row.observation.rollout for row in self.services if row.observation is not None)
        watched = (item for item in seen if item is not None and item.alarms is not None)
        return frozenset(
            name
            for item in watched
            if item.alarms is not None and not item.status.is_over
            for name in item.alarms.triggered
        )

    @cached_property
    def waits(self) -> bool:
        """Something of it is still to be read for the first time in this run."""
        return self.as_of is None or any(row.remembered for row in self.services)


@dataclass(frozen=True)
class FleetSnapshot:
    """Everything that the console knows, by environment key."""

    environments: Mapping[str, EnvironmentPicture] = field(default_factory=dict)

    def services(self) -> tuple[ServicePicture, ...]:
        """Every service of every environment, in the configuration's order."""
        return tuple(row for picture in self.environments.values() for row in picture.services)

    def find(self, address: Address) -> ServicePicture | None:
        """The picture of one service."""
        return next((row for row in self.services() if row.address == address), None)


EMPTY_FLEET = FleetSnapshot()
