"""An operation as this console knows it: built up from the engine's events, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from console.domain import words
from console.domain.address import Address
from console.domain.guarded import GuardState
from console.domain.operation import OperationEvent, Plan, Progress, Verb, Verdict
from console.errors import QuarterdeckError
from widgets.glyphs import Glyphs
from widgets.header import Chip
from widgets.operation_picture import Present, PresentKind

SAFE_LIMIT_S = 300.0
"""A rollback is to be safe within five minutes of being confirmed."""


@dataclass(frozen=True)
class RunningOperation:
    """The newest picture of one operation; a new object for every event."""

    token: int
    """Number of its feed, unique in this process."""
    address: Address
    verb: Verb
    started_at: datetime
    plan: Plan | None = None
    """``None`` for one that was found at the start, until its first picture."""
    id: str = ""
    """ULID, once it is known."""
    progress: Progress | None = None
    events: tuple[OperationEvent, ...] = ()
    """Oldest first."""
    error: QuarterdeckError | None = None
    """Why it ended without a verdict."""
    over: bool = False
    ended_at: datetime | None = None
    """When its feed ended."""
    was_found: bool = False
    """It was under way already when this console started."""
    group: int = 0
    """Number of the feed of its group; 0: it is on its own."""
    began_elsewhere: bool = False
    """Another process has begun it."""
    waited_s: float = 0.0
    """Seconds for which it stood still until somebody decided, without the wait that lasts now."""
    waits_since: datetime | None = None
    """Since when it stands still now; ``None``: it does not."""

    @property
    def doing(self) -> Verb:
        """What is done now: a deploy whose guard goes back is a rollback for that long."""
        back = self.plan is not None and self.plan.verb is Verb.ROLLBACK
        return Verb.ROLLBACK if back and self.verb is Verb.DEPLOY else self.verb

    @property
    def is_carried_elsewhere(self) -> bool:
        """Another process carries it, and this console only follows: until it has taken it over."""
        return self.began_elsewhere and not any(event.event == "resumed" for event in self.events)

    @property
    def ending_at(self) -> datetime | None:
        """When it ended: by its verdict, else by its feed; ``None`` while it is open."""
        if not self.over:
            return None
        verdicts = (event.at for event in reversed(self.events) if event.event == "verdict")
        return next(verdicts, self.ended_at)

    @property
    def question(self) -> str:
        """What it asks a person, and nobody has answered yet; empty without a question."""
        return self._waiting_for("asked", ("reached", "verdict"), "question")

    @property
    def is_watched_on(self) -> bool:
        """It was deployed, and its figures are judged for some time to come."""
        guard = self.plan.guard if self.plan is not None else None
        verdict = self.progress.verdict if self.progress is not None else None
        is_well = self.verb is Verb.DEPLOY and verdict is Verdict.SUCCEEDED
        return is_well and guard is not None and guard.is_on and guard.watch_s > 0

    @property
    def pause(self) -> str:
        """The pause of its deployment that nobody has decided about; empty without one, and as soon as ECS
        waits no longer, whoever let it go on."""
        seen = self.progress.observation if self.progress else None
        if seen is not None and seen.rollout is not None and seen.rollout.waiting is None:
            return ""
        return self._waiting_for("paused", ("continuing", "settled", "verdict"), "")

    def _waiting_for(self, began: str, ended: tuple[str, ...], fact: str) -> str:
        """What the newest event of that name says, unless one that ends it came after it."""
        for event in reversed(self.events):
            if event.event in ended:
                return ""
            if event.event == began:
                return str(event.facts.get(fact) or event.text)
        return ""

    @property
    def is_waiting(self) -> bool:
        """It stands still until somebody decides: it asks, or a hook of its deployment waits, whoever is to
        answer that."""
        if self.over:
            return False
        seen = self.progress.observation if self.progress else None
        hook = seen.rollout.waiting if seen is not None and seen.rollout is not None else None
        return bool(hook or self.question or self.pause)

    def waited(self, now: datetime) -> float:
        """Seconds for which it has stood still until now, all waits together."""
        lasts = (now - self.waits_since).total_seconds() if self.waits_since is not None else 0.0
        return self.waited_s + max(0.0, lasts)

    def after(self, event: OperationEvent) -> "RunningOperation":
        """The operation once that has happened."""
        progress = event.progress or self.progress
        newer = replace(
            self,
            id=event.operation or self.id,
            progress=progress,
            plan=progress.plan if progress else self.plan,
            events=(*self.events, event),
            over=self.over or (event.event == "verdict" and self.verb is not Verb.REHEARSE),
        )
        if event.event == "resumed":
            return newer.with_waits(event.facts)
        if newer.is_waiting:
            return replace(newer, waits_since=self.waits_since or event.at)
        if self.events and self.events[-1].event == "resumed":
            return replace(newer, waits_since=None)  # it ended while nobody watched: nobody knows when
        return replace(newer, waits_since=None, waited_s=self.waited(event.at))

    def with_waits(self, facts: Mapping[str, object]) -> "RunningOperation":
        """With the waits that the journal tells of, from before this process took it over."""
        waited_s, since = facts.get("waited_s"), facts.get("waits_since")
        return replace(
            self,
            waited_s=float(waited_s) if isinstance(waited_s, int | float) else 0.0,
            waits_since=datetime.fromisoformat(since) if isinstance(since, str) else None,
        )

    def begun_at(self, at: datetime) -> "RunningOperation":
        """With that moment as its beginning, unless something has happened already."""
        return self if self.events else replace(self, started_at=at)

    def ended(self, error: QuarterdeckError | None, at: datetime) -> "RunningOperation":
        """The operation once its feed has come to an end."""
        return replace(self, error=error, over=True, ended_at=at)


def chip_of(
    operation: RunningOperation, now: datetime, glyphs: Glyphs, present: Present | None = None
) -> Chip:
    """The operation in a few words, for the header of every screen.

    Args:
        present: How its service is now, once it has ended.
    """
    going_back = operation.doing is Verb.ROLLBACK
    name, progress = operation.address.service, operation.progress
    glyph = glyphs.back if going_back else glyphs.forward
    if operation.over:
        return _ended(operation, name, now, glyphs, present)
    if progress is None:
        return Chip(f"{name} {operation.verb.value} begins", glyph)
    if progress.contact_lost_since is not None:
        return Chip(f"{name} UNKNOWN, asking again", glyphs.unknown, "stale")
    guard = progress.guard
    if guard is not None and guard.has_tripped and operation.verb is not Verb.WATCH:
        if guard.state is not GuardState.GOING_BACK:
            does = "counts down" if guard.state is GuardState.COUNTDOWN else "asks"
            return Chip(f"{name} guard {does}", glyphs.failed, "critical")
        if not going_back:  # another process carries it: of the way back itself nothing is known here
            return Chip(f"{name} goes back", glyphs.back, "deploying")
    if progress.safety.is_lost:
        return Chip(f"{name} NOT SAFE ANY MORE", glyphs.failed, "critical")
    if progress.safety.trouble:
        return Chip(f"{name} safety unknown", glyphs.unknown, "stale")
    if progress.safe_at is not None:
        since = progress.safety.since
        if since is not None and since > progress.safe_at:  # it was lost, or not read, meanwhile
            return Chip(f"{name} safe since {words.time_of_day(since)} UTC", glyphs.passed, "steady")
        safe = words.clock((progress.safe_at - progress.confirmed_at).total_seconds())
        return Chip(f"{name} safe in {safe}", glyphs.passed, "steady")
    elapsed = (now - progress.confirmed_at).total_seconds()
    if operation.verb is Verb.WATCH:
        whole = progress.plan.guard.watch_s if progress.plan.guard is not None else 0.0
        asks = progress.guard is not None and progress.guard.wants_answer
        said = f"{name} watched {words.clock(elapsed)} of {words.clock(whole)}"
        return Chip(said, glyphs.warning if asks else glyph, "critical" if asks else "steady")
    if operation.question or operation.pause:
        return Chip(f"{name} PAUSED {words.clock(elapsed)}", glyphs.paused, "warning")
    late = going_back and elapsed > SAFE_LIMIT_S
    limit = f" of {words.clock(SAFE_LIMIT_S)}" if going_back else ""
    return Chip(f"{name} {words.clock(elapsed)}{limit}", glyph, "critical" if late else "deploying")


def _ended(
    operation: RunningOperation, name: str, now: datetime, glyphs: Glyphs, present: Present | None
) -> Chip:
    verdict = operation.progress.verdict if operation.progress else None
    if verdict is None:
        title = operation.error.title if operation.error else "ended"
        return Chip(f"{name} {title}", glyphs.unknown, "warning")
    good = verdict.exit_code == 0
    if good and present is not None and present.kind is PresentKind.BROKEN:
        return Chip(f"{name} {present.words}", glyphs.failed, "critical")
    return ended_chip(name, verdict, operation.ending_at, now, glyphs)


def ended_chip(name: str, verdict: Verdict, ended: datetime | None, now: datetime, glyphs: Glyphs) -> Chip:
    """A verdict with its age, and never in the colour of what is well now."""
    good = verdict.exit_code == 0
    word = verdict.words.lower() if good else verdict.words
    ago = f" {words.age(max(0.0, (now - ended).total_seconds()))} ago" if ended is not None else ""
    return Chip(
        f"{name} {word}{ago}", glyphs.passed if good else glyphs.failed, "text" if good else "critical"
    )
