"""Pause hooks of a deployment that we carry: told, waited for, or continued where that was asked for."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from console.domain.action import Action, ActionKind
from console.domain.operation import Entry, OperationEvent, Verb, Verdict
from console.domain.rollout import Hook, Rollout
from console.domain.stages import stage_words
from console.domain.words import time_of_day
from console.errors import JournalError, QuarterdeckError
from console.operations.carrier import Carrier


class Pauses:
    """Meets each waiting hook once, in the way that the operation's limits say."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._met: set[str] = set()

    def meet(self, rollout: Rollout) -> Iterator[OperationEvent]:
        """Say that a hook waits, and do about it what was confirmed with the plan.

        A rollback continues its hooks: it was confirmed as a whole, and every minute counts.
        """
        hook = rollout.waiting
        if hook is None or hook.id in self._met or rollout.status.is_over:
            return
        self._met.add(hook.id)
        carrier = self._carrier
        yield carrier.event("paused", said(hook), {"hook": hook.id, "stage": hook.stage})
        if carrier.limits.hooks == "continue" or carrier.plan.verb is Verb.ROLLBACK:
            yield from self._continue(rollout, hook)
        elif carrier.limits.hooks == "stop":
            how = f"quarterdeck continue {carrier.plan.address} goes on, --refuse rolls back"
            yield carrier.end(Verdict.PAUSED, None, f"{said(hook)} · {how}")

    def _continue(self, rollout: Rollout, hook: Hook) -> Iterator[OperationEvent]:
        carrier = self._carrier
        action = continuing(rollout, hook, "CONTINUE")
        try:
            yield carrier.event("continuing", action.said, {"hook": hook.id})
            carrier.platform.perform(carrier.plan.address, action)
        except JournalError:
            raise
        except QuarterdeckError as error:
            self._met.discard(hook.id)  # it still waits, unless the next look says otherwise
            yield carrier.event("not_continued", f"{action.said}: {error}", {"hook": hook.id})


def continuing(rollout: Rollout, hook: Hook, choice: str) -> Action:
    """The action that continues a paused deployment, or rolls it back.

    Args:
        choice: ``CONTINUE`` or ``ROLLBACK``.
    """
    done = "continued" if choice == "CONTINUE" else "refused: ECS rolls back"
    return Action(
        ActionKind.CONTINUE_HOOK,
        f"pause {stage_words(hook.stage).pause} {done}",
        {"rollout": rollout.id, "hook": hook.id, "action": choice},
    )


def said(hook: Hook) -> str:
    """One line about a hook that waits: where, until when, what then."""
    parts = [f"paused {stage_words(hook.stage).pause}"]
    if hook.expires_at is not None:
        then = "rolls back" if hook.on_timeout == "ROLLBACK" else "continues"
        parts.append(f"at {time_of_day(hook.expires_at)} UTC ECS {then}")
    return " · ".join(parts)


_ENDS = {"paused": ("continuing", "settled", "verdict"), "asked": ("reached", "verdict")}
"""What begins a wait for a person, and what ends it."""


def waits_in(entries: Iterable[Entry]) -> tuple[float, datetime | None]:
    """For how many seconds an operation stood still until somebody decided, all ended waits together, and
    since when it does now; ``None``: it does not, as far as the journal tells.

    Args:
        entries: The operation's, oldest first.
    """
    waited_s, began, kind = 0.0, None, ""
    for entry in entries:
        if began is None and entry.event in _ENDS:
            began, kind = entry.at, entry.event
        elif began is not None and entry.event in _ENDS[kind]:
            waited_s, began = waited_s + (entry.at - began).total_seconds(), None
    return waited_s, began
