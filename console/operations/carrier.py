"""One operation under way: its plan, its log, what it has reached; nothing decides here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from console.domain.codec import encode
from console.domain.guarded import GuardView
from console.domain.operation import (
    Accepted,
    Mechanism,
    OperationEvent,
    OperationRecord,
    Order,
    Plan,
    Progress,
    Step,
    Verb,
    Verdict,
)
from console.domain.release import Release
from console.domain.words import utc
from console.operations.log import OperationLog
from console.operations.performer import Performer
from console.operations.timeline import Timeline
from console.ports import Clock, Platform


@dataclass(frozen=True)
class Limits:
    """How long an operation is followed."""

    timeout_s: float | None = None
    """From confirmed to giving up the watch; ``None``: never."""
    no_check_healthy_after: timedelta = timedelta(seconds=40)
    until: str = "done"
    """``safe`` or ``bake`` end the watch early, as BAKING: the rest goes on, and the operation stays open."""
    hooks: str = "wait"
    """What a pause hook of ours meets: ``wait`` for somebody at the console, ``stop`` as PAUSED, or
    ``continue``."""
    asks: str = "wait"
    """What a question to a person meets: ``wait`` for an answer, or ``stop`` as PAUSED."""


class TakenUpError(Exception):
    """A failure that does not end the operation; with what is said of it."""

    def __init__(self, event: OperationEvent) -> None:
        super().__init__(event.text)
        self.event = event


class Carrier:
    """The state of one operation; every change of it is an event, and every event is journalled."""

    def __init__(
        self,
        plan: Plan,
        platform: Platform,
        log: OperationLog,
        clock: Clock,
        limits: Limits,
        performer: Performer | None = None,
    ) -> None:
        self.plan = plan
        self.platform = platform
        self.performer = performer or Performer(platform, clock)
        self.log = log
        self.clock = clock
        self.limits = limits
        self.confirmed_at = log.record.ordered_at or clock.now()
        self.watched_since = self.confirmed_at
        """When this process began to watch; its limits count from then."""
        self.timeline = Timeline(self.confirmed_at)
        self.order: Order | None = None
        self.accepted: Accepted | None = None
        self.ended = False
        self.resumed = False
        """Another process began it: from now on it is only watched …"""
        self.goes_on = False
        """… unless somebody has told it to go on with what is left."""
        self.in_contact = True
        self.running: Release | None = None
        self.safety = log.record.safety
        """Whether it is safe, by the newest look."""
        self.guard: GuardView | None = None
        """Its guard, as it was judged last; ``None``: it has none."""
        self.takes_up: Callable[[str], OperationEvent | None] | None = None
        """Is told of a failure before it ends the operation: with an event of its own it goes on."""
        self.progress = Progress(log.record.id, plan, self.confirmed_at)
        self.timeline.mark("confirmed", self.confirmed_at, "confirmed", log.record.actor)

    @property
    def is_overdue(self) -> bool:
        """Whether the time for which this process watches is up."""
        limit = self.limits.timeout_s
        return limit is not None and (self.clock.now() - self.watched_since).total_seconds() >= limit

    def event(
        self,
        name: str,
        text: str,
        facts: Mapping[str, object] | None = None,
        journal_only: Mapping[str, object] | None = None,
    ) -> OperationEvent:
        """Journal what happens, and say it. ``journal_only`` facts are what a resume needs.

        Raises:
            JournalError: when it cannot be written and must be.
        """
        said = dict(facts or {})
        self.log.note(name, text, {**said, **(journal_only or {})})
        return OperationEvent(name, self.clock.now(), self.log.record.id, text, said, self.picture())

    def picture(self) -> Progress:
        """The newest picture, with the steps as they stand."""
        record = self.log.record
        self.progress = replace(
            self.progress,
            steps=self._steps(),
            ordered_at=record.accepted_at,
            safe_at=record.safe_at,
            safety=self.safety,
            done_at=record.done_at,
            verdict=record.verdict,
            by=record.by,
            reason=record.reason,
            running=self.running,
            guard=self.guard,
        )
        return self.progress

    def _steps(self) -> tuple[Step, ...]:
        if self.plan.mechanism is Mechanism.ACTIONS:
            return self.timeline.walked([action.said for action in self.plan.actions], over=self.ended)
        record = self.log.record
        if self.plan.verb is Verb.WATCH:
            return self.timeline.walked((), over=self.ended)
        return self.timeline.steps(
            "",
            self.plan.estimate,
            safe=record.safe_at is not None or self.ended,
            done=record.done_at is not None or self.ended,
            first=[action.said for action in self.plan.actions] if self._is_before_order else (),
        )

    @property
    def _is_before_order(self) -> bool:
        """What comes first is not done yet, or the order is on its way."""
        return self.accepted is None and not self.ended

    def accept(self, order: Order, accepted: Accepted) -> None:
        """The platform has taken the order."""
        self.order, self.accepted = order, accepted
        now = self.clock.now()
        is_new = self.log.record.accepted_at is None
        if is_new:
            self.log.change(accepted_at=now)
        call = "nothing to send" if order.mechanism is Mechanism.WATCH else "order accepted"
        at, late = self.log.record.accepted_at or now, is_new and self.resumed
        self.timeline.mark("accepted", at, call, self.plan.mechanism.value, is_late=late)

    def end(
        self, verdict: Verdict, by: str | None, reason: str, done_at: datetime | None = None
    ) -> OperationEvent:
        """Close the operation. A journal that fails here cannot take the verdict back.

        The verdict is told before the operation is closed: killed in between, it is found open, with
        its verdict, and only closed.

        Raises:
            TakenUpError: when it failed, and goes on to be judged all the same.
        """
        if verdict is Verdict.FAILED and self.takes_up is not None:
            taken = self.takes_up(reason)
            if taken is not None:
                raise TakenUpError(taken)
        by = self.plan.by if by == "operator" else by
        self.ended = True
        self.log.forgive()
        now = self.clock.now()
        record = self.log.record
        closing: dict[str, Any] = {
            "verdict": verdict,
            "by": by,
            "reason": reason,
            "done_at": record.done_at or done_at,
            "ended_at": now,
            "target": {**record.target, **self._target_facts()},
        }
        text, facts = _told(replace(record, **closing)), self._facts(replace(record, **closing))
        self.log.note("verdict", text, facts)
        self.log.change(**closing)
        self.timeline.mark("verdict", now, verdict.words, reason, failed=verdict.exit_code != 0)
        return OperationEvent("verdict", now, record.id, text, facts, self.picture())

    def _target_facts(self) -> dict[str, object]:
        """``to`` as it came out: a pinned copy has a definition and a revision of its own."""
        facts: dict[str, object] = {}
        if self.order is not None and self.order.definition is not None:
            facts["task_definition"] = self.order.definition
        if self.running is not None and self.running.digests == self.plan.target.digests:
            facts["service_revision"] = self.running.id
        return facts

    def _facts(self, record: OperationRecord) -> dict[str, object]:
        """What a verdict tells a program."""
        return {
            "verdict": record.verdict.value if record.verdict else None,
            "by": record.by,
            "reason": record.reason,
            "verb": record.verb.value,
            "address": str(record.address),
            "from": dict(record.source),
            "to": dict(record.target),
            "running": self.running.facts() if self.running else None,
            "mechanism": record.mechanism.value,
            "ordered_s": record.seconds_to(record.accepted_at),
            "safe_s": record.seconds_to(record.safe_at),
            "unsafe_since": utc(record.unsafe_since) if record.unsafe_since else None,
            "done_s": record.seconds_to(record.done_at),
            "confirmed_at": utc(self.confirmed_at),
            "onset_at": utc(record.onset_at) if record.onset_at else None,
            "onset": self.plan.onset or None,
            "estimate_s": self.plan.estimate.safe_s if self.plan.estimate else None,
            "journal": self.log.trouble or "written",
        }


def _told(record: OperationRecord) -> str:
    """A verdict in one line."""
    words = [record.verdict.words if record.verdict else "", f"by {record.by}" if record.by else ""]
    return " ".join(filter(None, words)) + (f" · {record.reason}" if record.reason else "")


def stored(plan: Plan) -> object:
    """The plan as the journal keeps it for a resume."""
    return encode(replace(plan, candidates=()))
