"""What we do to a service: planned, confirmed, ordered, observed to a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from console.domain.action import Action
from console.domain.address import Address, Tier
from console.domain.guarded import GuardTerms, GuardView
from console.domain.release import Release
from console.domain.service import Observation
from console.domain.words import time_of_day


class Verb(StrEnum):
    """What an operation does."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RELEASE = "release"
    RESTART = "restart"
    SCALE = "scale"
    DRAIN = "drain"
    UNDRAIN = "undrain"
    MIGRATE = "migrate"
    CONTINUE = "continue"
    """A paused deployment, by anybody, is told to go on."""
    RESTORE = "restore"
    """The guided way back of a database."""
    MARK = "mark"
    """A person says that a version is bad, or no longer: nothing is sent."""
    REHEARSE = "rehearse"
    """A rollback for real and forward again, outside of production: it proves the way back."""
    WATCH = "watch"
    """The figures of a deploy are judged for a while after its success: nothing is sent by itself."""
    WALK = "walk"
    """A checklist is walked through: nothing is sent by itself."""

    @property
    def goes_back(self) -> bool:
        """It brings back what was: nothing that is merely broken around it may hold it up."""
        return self in (Verb.ROLLBACK, Verb.UNDRAIN)


class Mechanism(StrEnum):
    """By which call the change is made."""

    UPDATE_SERVICE = "update_service"
    FORCE_NEW_DEPLOYMENT = "force_new_deployment"
    STOP_SERVICE_DEPLOYMENT = "stop_service_deployment"
    CONTINUE_SERVICE_DEPLOYMENT = "continue_service_deployment"
    """A paused deployment is told to roll back."""
    STOP_DEPLOYMENT = "stop_deployment"
    """CodeDeploy stops with automatic rollback."""
    CREATE_DEPLOYMENT = "create_deployment"
    """CodeDeploy ships the target as a deployment of its own."""
    ACTIONS = "actions"
    """The plan's actions, one after another."""
    WATCH = "watch"
    NONE = "none"

    @property
    def is_codedeploys(self) -> bool:
        return self in (Mechanism.STOP_DEPLOYMENT, Mechanism.CREATE_DEPLOYMENT)

    @property
    def stops_rollout(self) -> bool:
        """It turns the rollout under way around, instead of beginning another."""
        return self in (
            Mechanism.STOP_SERVICE_DEPLOYMENT,
            Mechanism.CONTINUE_SERVICE_DEPLOYMENT,
            Mechanism.STOP_DEPLOYMENT,
        )

    @property
    def ships_images(self) -> bool:
        """It takes a definition that pins its images."""
        return self in (Mechanism.UPDATE_SERVICE, Mechanism.CREATE_DEPLOYMENT)


class Verdict(StrEnum):
    """How an operation ended, or why it never began. There is no *stable*."""

    SUCCEEDED = "SUCCEEDED"
    NOTHING_CHANGED = "NOTHING_CHANGED"
    BAKING = "BAKING"
    FAILED = "FAILED"
    ROLLED_BACK = "ROLLED_BACK"
    BOUNCED = "BOUNCED"
    MIXED = "MIXED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    PAUSED = "PAUSED"
    STUCK = "STUCK"
    TIMED_OUT = "TIMED_OUT"
    REPLACED = "REPLACED"

    @property
    def exit_code(self) -> int:
        """The exit code of a headless run that ends so."""
        return _EXIT_CODES[self]

    @property
    def leaves_open(self) -> bool:
        """It ends the watch, and not what was ordered."""
        return self in (Verdict.UNKNOWN, Verdict.BAKING, Verdict.PAUSED)

    @property
    def words(self) -> str:
        """As the screen spells it."""
        return self.value.replace("_", " ")


_EXIT_CODES = {
    Verdict.SUCCEEDED: 0,
    Verdict.NOTHING_CHANGED: 0,
    Verdict.BAKING: 0,
    Verdict.FAILED: 1,
    Verdict.ROLLED_BACK: 1,
    Verdict.BOUNCED: 1,
    Verdict.MIXED: 1,
    Verdict.REFUSED: 3,
    Verdict.UNKNOWN: 4,
    Verdict.PAUSED: 5,
    Verdict.STUCK: 6,
    Verdict.TIMED_OUT: 6,
    Verdict.REPLACED: 7,
}


class CheckState(StrEnum):
    """Outcome of one preflight check; ``unknown`` is amber and never a pass."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One thing that preflight looked at."""

    name: str
    state: CheckState
    evidence: str
    remedy: str = ""


@dataclass(frozen=True)
class Difference:
    """One setting that is not the same in two releases."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Estimate:
    """Seconds from confirmed to *safe*: the figure, its range, and where it comes from."""

    safe_s: float
    low_s: float
    high_s: float
    samples: int
    """Observed starts that it rests on; 0: computed from settings alone."""
    dominated_by: str
    """The part that takes longest, in words with its seconds."""
    done_s: float
    limit: str = ""
    """The setting that makes five minutes impossible, in words; empty where none does."""


@dataclass(frozen=True)
class Basis:
    """What a plan was made from, and is compared with right before the order is sent.

    The desired count is not part of it: autoscaling moves that.
    """

    deployment: str
    """Id of the PRIMARY deployment."""
    definition: str
    release: str | None
    rollout: str | None
    in_flight: bool
    """Whether that rollout was still under way."""


@dataclass(frozen=True)
class Candidate:
    """A release that a rollback could go to, and what is known of it."""

    release: Release
    proven: bool
    doubt: str = ""
    """Why it is not proven; empty when it is."""
    since: datetime | None = None
    """When it began to serve."""
    served_s: float = 0.0
    """How long it served, all its times together."""


@dataclass(frozen=True)
class Sizing:
    """Settings that a deploy may ship beside the images; ``None``: as they are."""

    memory_mb: int | None = None
    """The task's memory; the main container's own limit moves by the same amount."""
    cpu: int | None = None
    """The task's CPU units, 1024 a vCPU."""
    grace_s: int | None = None
    """The service's grace period for health checks, in seconds."""
    container: str = ""
    """The main container."""

    @property
    def changes_definition(self) -> bool:
        """It takes a definition of its own, whatever the images."""
        return self.memory_mb is not None or self.cpu is not None


AS_IT_IS = Sizing()
"""Nothing but images changes."""


@dataclass(frozen=True)
class Plan:
    """Everything that the operator sees before confirming; nothing has been sent."""

    verb: Verb
    address: Address
    tier: Tier
    account: str
    region: str
    cluster: str
    service: str
    mechanism: Mechanism
    basis: Basis
    source: Release
    target: Release
    effect: str
    made_at: datetime
    confirm: str
    """What has to be typed; empty where nothing has to."""
    proven: bool = True
    doubt: str = ""
    served_s: float | None = None
    """How long the target served before; ``None`` for a version that never did."""
    candidates: tuple[Candidate, ...] = ()
    """Other releases that could be chosen, best first (rollback)."""
    differences: tuple[Difference, ...] = ()
    checks: tuple[Check, ...] = ()
    estimate: Estimate | None = None
    remarks: tuple[str, ...] = ()
    """What it will not bring back, what would undo it, what else to know."""
    healthy: int = 0
    """Healthy tasks of any release when it was planned."""
    nothing_to_do: str = ""
    """Why nothing would be sent (nothing changed); empty when something would."""
    actions: tuple[Action, ...] = ()
    """What is done one after another; with another mechanism than ``actions``, before its order."""
    after: tuple[Action, ...] = ()
    """What is done once the release serves, before the verdict: smoke tests, settings put back."""
    before: Mapping[str, object] = field(default_factory=dict)
    """What taking it back needs, as it was: counts, limits, suspensions; plain JSON values."""
    sizing: Sizing = AS_IT_IS
    """Deploy: what it ships beside the images."""

    asked: Mapping[str, object] = field(default_factory=dict)
    """The members of the wish that it carries out, without verb and address; plain JSON values."""
    onset_at: datetime | None = None
    """Rollback: when the trouble began, by the first evidence there is."""
    onset: str = ""
    """That evidence in words."""
    rehearsed_at: datetime | None = None
    """When this way back was last gone for real; ``None``: never, as far as the journal knows."""
    rehearsed_s: float | None = None
    """Seconds to *safe* then."""
    configuration: Mapping[str, object] = field(default_factory=dict)
    """The deployment configuration that its order ships with; empty: the live one stays."""
    choices: tuple[str, ...] = ()
    """Members of the wish that would make it another plan here, and that are worth offering: ``direct``,
    ``capacity``, ``migrate``."""
    instant_until: datetime | None = None
    """Until then the old version stands beside the new one, and going back only moves the traffic."""
    guard: GuardTerms | None = None
    """Deploy: how it is guarded; ``None``: nothing judges figures here."""
    by: str = "operator"
    """Who orders it: a person, or the ``guard`` of a deploy."""
    rehearses: bool = False
    """Rollback: gone only to prove the way; it judges nothing bad and holds nothing."""

    @property
    def returns(self) -> bool:
        """It brings back what stood before the rollout under way: by turning that around, or by watching
        somebody else do so."""
        watched = self.mechanism is Mechanism.WATCH and self.verb is Verb.ROLLBACK
        return self.mechanism.stops_rollout or watched

    @property
    def stopping(self) -> str:
        """What it means to stop watching, or to kill the process, once something was sent."""
        if self.mechanism is Mechanism.NONE or self.nothing_to_do:
            return ""
        steps = len(self.actions) + len(self.after) + (self.mechanism is not Mechanism.ACTIONS)
        guard = "; its guard ends with the watch" if self.guard is not None and self.guard.is_on else ""
        if steps > 1:
            return (
                f"stopping the watch undoes nothing: the step under way goes on, and those of the {steps}"
                f" that were not sent stay undone{guard}"
            )
        said = "stopping the watch stops nothing: what was sent goes on, and the same command follows it"
        return f"{said}{guard}"

    @property
    def blockers(self) -> tuple[Check, ...]:
        """Failed checks. They block a deploy; a rollback only says them."""
        return tuple(check for check in self.checks if check.state is CheckState.FAIL)


@dataclass(frozen=True)
class Order:
    """The one write of an operation, complete before it is sent."""

    address: Address
    mechanism: Mechanism
    basis: Basis
    base_definition: str
    """Definition whose configuration is shipped."""
    images: Mapping[str, str]
    """Container -> digest to pin it to."""
    release: str | None
    """Release whose service-level settings are restored; ``None``: the live ones stay."""
    definition: str | None = None
    """The definition to run, once it is known or registered."""
    sizing: Sizing = AS_IT_IS
    """Settings that change with it."""
    configuration: Mapping[str, object] = field(default_factory=dict)
    """The deployment configuration that is shipped with it; empty: the live one stays."""
    direct: bool = False
    """CodeDeploy: all traffic at once, whatever the group is configured to do."""


@dataclass(frozen=True)
class Accepted:
    """What the platform answered to an order, or what was found out of one."""

    deployment: str | None
    """Id of the deployment that now is PRIMARY."""
    rollout: str | None
    """Id of the service deployment that carries the change, where already known."""
    found_out: bool = False
    """No answer said so: it was lost, or was an error. A look found that it was carried out."""


@dataclass(frozen=True)
class Step:
    """One line of an operation's timeline."""

    state: str
    """done, now, next or failed."""
    at_s: float | None
    """Seconds from confirmed; for a step to come an estimate, or ``None``."""
    text: str
    evidence: str = ""


class SafetyState(StrEnum):
    """Whether every request is served by the good version, as far as anybody has read."""

    AWAITED = "awaited"
    """Not yet."""
    SAFE = "safe"
    UNREAD = "unread"
    """It was, and cannot be read now: neither safe nor unsafe."""
    LOST = "lost"
    """It was, and is not any more."""


NOT_SAFE = "NOT SAFE ANY MORE"


@dataclass(frozen=True)
class Safety:
    """*Safe*, as it stands now."""

    state: SafetyState = SafetyState.AWAITED
    since: datetime | None = None
    """Since when it stands so; ``None`` while it is awaited."""
    why: str = ""
    """What is missing, or could not be read; empty while it is safe."""

    @property
    def is_safe(self) -> bool:
        return self.state is SafetyState.SAFE

    @property
    def is_lost(self) -> bool:
        return self.state is SafetyState.LOST

    @property
    def trouble(self) -> str:
        """What is said of safety that was lost, or cannot be read; empty for any other."""
        since = f" since {time_of_day(self.since)} UTC" if self.since is not None else ""
        if self.is_lost:
            return f"{NOT_SAFE}{since}: {self.why}"
        if self.state is SafetyState.UNREAD:
            return f"safety unknown{since}: {self.why}"
        return ""


@dataclass(frozen=True)
class Progress:
    """A running operation as its screen draws it."""

    operation: str
    """ULID."""
    plan: Plan
    confirmed_at: datetime
    steps: tuple[Step, ...] = ()
    observation: Observation | None = None
    arriving: frozenset[str] = frozenset()
    """Ids of the deployments that run the target."""
    ordered_at: datetime | None = None
    safe_at: datetime | None = None
    done_at: datetime | None = None
    contact_lost_since: datetime | None = None
    verdict: Verdict | None = None
    by: str | None = None
    reason: str = ""
    running: Release | None = None
    """What serves now, once there is a verdict."""
    guard: GuardView | None = None
    """The guard of a deploy; ``None``: nobody guards it."""
    safety: Safety = Safety()
    """Whether it is safe now; ``safe_at`` stays the first time."""


@dataclass(frozen=True)
class OperationEvent:
    """One thing that happened in an operation: a line for a person, facts for a program."""

    event: str
    """planned, confirmed, compared, registered, sent, accepted, progress, safe, done, verdict …"""
    at: datetime
    operation: str | None
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)
    progress: Progress | None = None
    """The picture for a screen; never journalled or printed."""


@dataclass(frozen=True)
class OperationRecord:
    """One row of the journal: an operation by anybody."""

    id: str
    verb: Verb
    address: Address
    account: str
    region: str
    cluster: str
    service: str
    actor: str
    caller: str
    """ARN that AWS knows us by."""
    host: str
    pid: int
    heartbeat_at: datetime
    planned_at: datetime
    mechanism: Mechanism
    source: Mapping[str, object] = field(default_factory=dict)
    """``from``: :meth:`Release.facts`."""
    target: Mapping[str, object] = field(default_factory=dict)
    """``to``: :meth:`Release.facts`."""
    ordered_at: datetime | None = None
    """When it was confirmed: the clock's zero."""
    onset_at: datetime | None = None
    accepted_at: datetime | None = None
    safe_at: datetime | None = None
    """When it was safe for the first time."""
    unsafe_since: datetime | None = None
    """Since when it is not safe any more; ``None``: it is, or never was."""
    unsafe_why: str = ""
    """What is missing since then."""
    done_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    by: str | None = None
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Nobody knows yet how it ended: it is under way, or was only watched so far."""
        return self.verdict is None or self.verdict.leaves_open

    @property
    def safety(self) -> Safety:
        """*Safe* as it was written last."""
        if self.unsafe_since is not None:
            return Safety(SafetyState.LOST, self.unsafe_since, self.unsafe_why)
        return Safety(SafetyState.SAFE, self.safe_at) if self.safe_at is not None else Safety()

    def seconds_to(self, moment: datetime | None) -> float | None:
        """Seconds from confirmed to ``moment``; ``None`` when either is not known."""
        if moment is None or self.ordered_at is None:
            return None
        return round((moment - self.ordered_at).total_seconds(), 3)


@dataclass(frozen=True)
class Entry:
    """One appended line of an operation's history."""

    number: int
    operation: str
    event: str
    at: datetime
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """A service kept at what a rollback went back to, until the next deploy or a release."""

    address: Address
    version: str
    digest: str | None
    by: str
    at: datetime
    reason: str
    operation: str
