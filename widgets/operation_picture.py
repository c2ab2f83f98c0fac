"""What the view of an operation draws from, and the words for the state that it is in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.address import Address
from console.domain.checklist import WalkView
from console.domain.guarded import GuardState, GuardView
from console.domain.operation import NOT_SAFE, Mechanism, Plan, Progress, Safety, Step, Verb, Verdict
from console.domain.signals import LogLine
from console.domain.words import age, clock, time_of_day
from widgets.glyphs import Glyphs
from widgets.plan_view import PROMISE_S

_VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.SUCCEEDED: ("passed", "bold text"),
    Verdict.NOTHING_CHANGED: ("open", "bold text"),
    Verdict.FAILED: ("failed", "bold critical"),
    Verdict.ROLLED_BACK: ("back", "bold warning"),
    Verdict.BAKING: ("forward", "bold deploying"),
    Verdict.MIXED: ("warning", "bold critical"),
    Verdict.BOUNCED: ("failed", "bold critical"),
    Verdict.REFUSED: ("failed", "bold warning"),
    Verdict.UNKNOWN: ("unknown", "bold stale"),
    Verdict.PAUSED: ("paused", "bold warning"),
    Verdict.STUCK: ("stuck", "bold critical"),
    Verdict.TIMED_OUT: ("warning", "bold critical"),
    Verdict.REPLACED: ("replaced", "bold warning"),
}

_IN_MOTION = {
    Verb.ROLLBACK: ("back", "ROLLING BACK"),
    Verb.DEPLOY: ("forward", "DEPLOYING"),
    Verb.RESTART: ("forward", "RESTARTING"),
    Verb.SCALE: ("forward", "SCALING"),
    Verb.DRAIN: ("draining", "DRAINING"),
    Verb.UNDRAIN: ("forward", "BRINGING BACK"),
    Verb.MIGRATE: ("forward", "MIGRATING"),
    Verb.CONTINUE: ("forward", "MOVING ON"),
    Verb.RESTORE: ("back", "RESTORING"),
    Verb.REHEARSE: ("back", "REHEARSING"),
}


class PresentKind(StrEnum):
    """What became of the service since its operation ended."""

    UNREAD = "unread"
    """Nobody has read it since, or it could not be read."""
    CALM = "calm"
    OPEN = "open"
    """Something is to be seen to, or moves: it does not speak against what was achieved."""
    BROKEN = "broken"
    """What the operation achieved is not so any more."""


@dataclass(frozen=True)
class Present:
    """The service of an operation that has ended, as the fleet shows it now."""

    kind: PresentKind
    words: str
    """``now FAILING``"""
    why: str = ""
    ink: str = "text"


@dataclass(frozen=True)
class OperationPicture:
    """All that the view draws from; what is not known yet is ``None`` or empty."""

    verb: Verb
    address: Address
    started_at: datetime
    now: datetime
    plan: Plan | None = None
    progress: Progress | None = None
    steps: tuple[Step, ...] = ()
    verdict: Verdict | None = None
    by: str = ""
    reason: str = ""
    journal: str = ""
    """What the verdict says of the journal: ``written``, or why it could not be."""
    last: str = ""
    """The last thing that happened, for when contact is lost."""
    last_at: datetime | None = None
    error: str = ""
    """Why it ended without a verdict."""
    ended_at: datetime | None = None
    logs: tuple[LogLine, ...] = ()
    logs_missing: str = ""
    question: str = ""
    """What it asks a person."""
    pause: str = ""
    """The pause that nobody has decided about."""
    walk: WalkView | None = None
    """The checklist that is walked around it."""
    is_waiting: bool = False
    """It stands still until somebody decides."""
    waited_s: float = 0.0
    """Seconds for which it has stood still, all waits together: no estimate counts them."""
    present: Present | None = None
    """How its service is now, once it has ended: its own pictures are of before."""

    @property
    def began(self) -> datetime:
        """The clock's zero: when it was confirmed."""
        return self.progress.confirmed_at if self.progress else self.started_at

    def seconds(self, moment: datetime | None) -> float | None:
        """Seconds from confirmed to a moment."""
        return max(0.0, (moment - self.began).total_seconds()) if moment else None

    @property
    def safe_s(self) -> float | None:
        """Seconds from confirmed to safe; ``None``: not reached."""
        return self.seconds(self.progress.safe_at) if self.progress else None

    @property
    def safety(self) -> Safety:
        """Whether it is safe now."""
        return self.progress.safety if self.progress else Safety()

    @property
    def is_over(self) -> bool:
        """It has ended: what it shows is of then, and not of now."""
        return self.verdict is not None or bool(self.error)

    @property
    def is_undone(self) -> bool:
        """It had become safe, and the service is not what it left any more."""
        is_broken = self.present is not None and self.present.kind is PresentKind.BROKEN
        return (
            is_broken and self.safe_s is not None and self.verdict is not None and self.verdict.exit_code == 0
        )

    @property
    def ago(self) -> str:
        """``40 s ago``: how long it has been over; empty while it is not, or where nothing tells."""
        if not self.is_over or self.ended_at is None:
            return ""
        return f"{age(max(0.0, (self.now - self.ended_at).total_seconds()))} ago"

    @property
    def stays_safe(self) -> bool:
        """It is open and safe, and neither its targets nor its guard say otherwise."""
        is_doubted = self.tripped is not None or bool(self.safety.trouble)
        return self.safe_s is not None and not self.is_over and not is_doubted

    @property
    def done_s(self) -> float | None:
        """Seconds from confirmed to done; ``None``: not reached."""
        return self.seconds(self.progress.done_at) if self.progress else None

    @property
    def elapsed_s(self) -> float:
        """Seconds from confirmed to now, or to the end once there is one."""
        ended = self.ended_at if self.verdict or self.error else None
        end = (self.progress.done_at if self.progress else None) or ended or self.now
        return self.seconds(end) or 0.0

    @property
    def estimate_s(self) -> float | None:
        """Seconds from confirmed until it is expected to be safe, its waits added; ``None``: no estimate."""
        estimate = self.plan.estimate if self.plan else None
        return estimate.safe_s + self.waited_s if estimate else None

    @property
    def limit_s(self) -> float | None:
        """What the big clock is measured against: only a rollback has a promise."""
        return PROMISE_S if self.verb is Verb.ROLLBACK else None

    @property
    def walks(self) -> bool:
        """It ships nothing: one thing is done after another."""
        return self.plan is not None and self.plan.mechanism is Mechanism.ACTIONS

    @property
    def guard(self) -> GuardView | None:
        """What its guard says; ``None``: nobody guards it."""
        return self.progress.guard if self.progress else None

    @property
    def tripped(self) -> GuardView | None:
        """Its guard while it asks or goes back; ``None`` where nothing stands against *safe*, and where the
        picture is the rollback's own."""
        guard = self.guard
        if guard is None or self.verdict is not None or not guard.has_tripped:
            return None
        own = guard.state is GuardState.GOING_BACK and self.verb is Verb.ROLLBACK
        return None if own else guard

    @property
    def lost_s(self) -> float | None:
        """How long nobody has answered; ``None``: in contact."""
        since = self.progress.contact_lost_since if self.progress else None
        return (self.now - since).total_seconds() if since and self.verdict is None else None


def state_words(shown: OperationPicture, glyphs: Glyphs, *, short: bool = False) -> tuple[str, str, str]:
    """Mark, word and style of the state that the title begins with; of one that has ended with its date.

    Args:
        short: With a date only where the word would claim the present without it.
    """
    if shown.error:
        return glyphs.unknown, "NOT WATCHED", "bold stale"
    if shown.verdict is not None and (shown.is_undone or shown.safety.is_lost):
        return glyphs.failed, NOT_SAFE, "bold critical"
    if shown.verdict is not None:
        return _dated(shown, shown.verdict, glyphs, short)
    if shown.lost_s is not None:
        return glyphs.unknown, "UNKNOWN", "bold stale"
    if shown.question or shown.pause:
        return glyphs.paused, "PAUSED", "bold warning"
    if shown.tripped is not None:
        return tripped_words(shown.tripped, glyphs)
    if shown.safety.is_lost:
        return glyphs.failed, NOT_SAFE, "bold critical"
    if shown.safety.trouble:
        return glyphs.unknown, "SAFETY UNKNOWN", "bold stale"
    if shown.safe_s is not None:
        return glyphs.passed, f"SAFE in {clock(shown.safe_s)}", "bold steady"
    return motion_words(shown.verb, glyphs)


def _dated(shown: OperationPicture, verdict: Verdict, glyphs: Glyphs, short: bool) -> tuple[str, str, str]:
    """The state of an operation that has ended: never in the colour of what is well now."""
    safe_at = shown.progress.safe_at if shown.progress else None
    if verdict is Verdict.SUCCEEDED and safe_at is not None:
        at = "" if short else "at "
        return glyphs.passed, f"SAFE {at}{time_of_day(safe_at)}", "bold text"
    mark, word, ink = verdict_words(verdict, glyphs)
    return mark, word if short else f"{word} {shown.ago}".rstrip(), ink


def tripped_words(guard: GuardView, glyphs: Glyphs) -> tuple[str, str, str]:
    """Mark, word and style of an operation whose guard has tripped: never those of one that is safe."""
    if guard.state is GuardState.GOING_BACK:
        return motion_words(Verb.ROLLBACK, glyphs)
    return (
        glyphs.failed,
        "GUARD ASKS" if guard.rolls_back_at is None else "GUARD COUNTS DOWN",
        "bold critical",
    )


def motion_words(verb: Verb, glyphs: Glyphs) -> tuple[str, str, str]:
    """Mark, word and style of a verb under way."""
    mark, word = _IN_MOTION.get(verb, ("forward", verb.value.upper()))
    return getattr(glyphs, mark), word, "bold deploying"


def verdict_words(verdict: Verdict, glyphs: Glyphs) -> tuple[str, str, str]:
    """Mark, word and style of a verdict."""
    mark, words = _VERDICTS[verdict]
    return getattr(glyphs, mark), verdict.words, words
