"""The guard of one operation as a screen draws it, and what a person may answer it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.guard import Blame, GuardMode, JudgedState
from console.domain.series import Measure, Scope, SeriesPicture


class GuardState(StrEnum):
    """What the guard does now."""

    ARMED = "armed"
    """It waits for figures of the new version."""
    JUDGING = "judging"
    """Figures come in, and none has tripped it."""
    TRIPPED = "tripped"
    """It asks: nothing is sent without a person."""
    COUNTDOWN = "countdown"
    """It goes back when the countdown ends, unless a person stops it."""
    GOING_BACK = "going back"
    """Its rollback is under way, or about to be ordered."""
    OFF = "off"
    """It does nothing; ``why`` says why."""


class GuardPhase(StrEnum):
    """How far the deploy is that it watches."""

    ROLLOUT = "rollout"
    BAKE = "bake"
    WATCH = "watch"
    """The timed watch after success."""


@dataclass(frozen=True)
class GuardTerms:
    """How one deploy is guarded: part of its plan, so that whoever takes it over guards it likewise."""

    mode: GuardMode
    bake_s: float
    """How long it goes on judging once the deploy is done."""
    countdown_s: float
    """From a trip to the rollback."""
    watch_s: float
    """How long the figures are watched after success; 0: not at all."""
    is_asked: bool = False
    """Somebody asked for the guard, or for its bake: it is waited for, also where nobody looks on."""

    @property
    def is_on(self) -> bool:
        return self.mode is not GuardMode.OFF


class GuardAnswer(StrEnum):
    """What a person may say to a trip."""

    BACK = "back"
    """Roll back now."""
    WAIT = "wait"
    """Stop the countdown and go on judging; it asks again when it gets worse, or lasts."""
    IGNORE = "ignore"
    """Switch the guard off for this operation."""


@dataclass(frozen=True)
class GuardFigure:
    """One figure that the guard judges."""

    name: str
    """As the configuration calls it: errors, p95."""
    measure: Measure
    state: JudgedState
    value: float | None
    """Newest one, in the measure's unit; ``None``: no data."""
    baseline: float | None
    """Before the order; ``None``: there is none."""
    limit: float | None
    """The critical limit it is held against; ``None``: a state, or none could be made."""
    source: str
    scope: Scope
    age_s: float | None
    """Seconds since the end of the newest period; ``None``: no data."""
    evidence: str
    """One line: the figure, its source, scope and baseline; or why there is no data."""
    subject: str = ""
    """What it is about: database, cache; empty: the service."""
    periods_bad: int = 0
    periods_needed: int = 2
    period_s: int = 60
    """Resolution of its source."""
    as_of: datetime | None = None


@dataclass(frozen=True)
class GuardView:
    """The guard at one moment."""

    state: GuardState
    mode: GuardMode
    """What is armed: ``ask`` or ``rollback``."""
    phase: GuardPhase = GuardPhase.ROLLOUT
    figures: tuple[GuardFigure, ...] = ()
    """In the order of the triggers."""
    headline: str = ""
    """What tripped it, in one line; before that, the trouble if there is some; empty: none."""
    question: str = ""
    """What a person is asked; empty: nothing."""
    countdown_s: float | None = None
    """Seconds until it goes back; ``None``: no countdown runs."""
    rolls_back_at: datetime | None = None
    asks_because: str = ""
    """Why it asks although ``rollback`` is armed; empty where it does not."""
    blame: Blame | None = None
    """Is it the deploy? ``None``: nothing is bad."""
    why: str = ""
    """Off: why it does nothing."""
    until: datetime | None = None
    """When the bake or the timed watch ends; ``None``: not known yet."""
    tripped_at: datetime | None = None
    back_to: str = ""
    """Label of the version that the armed rollback goes to."""
    plan: str = ""
    """The armed rollback in one line."""
    picture: SeriesPicture | None = None
    """The series behind the figures, for charts; ``None``: nothing was gathered yet."""
    answered_by: str = ""
    """Who has answered what it asks, as long as it has not taken that up; empty: nobody."""

    @property
    def has_tripped(self) -> bool:
        """It asks, or goes back: what it guards is nothing to rely on, however healthy its tasks are."""
        return self.state in (GuardState.TRIPPED, GuardState.COUNTDOWN, GuardState.GOING_BACK)

    @property
    def wants_answer(self) -> bool:
        """A person is asked, or may stop a countdown."""
        return self.state in (GuardState.TRIPPED, GuardState.COUNTDOWN) and not self.answered_by
