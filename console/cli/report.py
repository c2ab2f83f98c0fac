"""How a headless operation reports: an object a line with ``--json``, else a clock and a sentence."""

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

from console.cli import plan as plans
from console.cli.output import say
from console.domain.group import GroupPlan
from console.domain.operation import OperationEvent, Plan, Verdict
from console.domain.text import plain
from console.domain.words import clock, utc
from console.journal.form import encode
from console.ports import Clock


class Report:
    """The lines of one run. A reader that goes away silences it and never ends the operation."""

    def __init__(self, clock: Clock, *, as_json: bool) -> None:
        self._clock = clock
        self._as_json = as_json
        self._zero: datetime | None = None
        self._silent = False
        self.operation: str | None = None
        self._known: dict[str, object] = {"from": None, "to": None, "mechanism": None}
        """What of the plan the last line repeats."""
        self.sent = False
        """Whether an order may have left; from then on only a verdict can end the run."""

    def planned(self, plan: Plan) -> None:
        """Show the plan, before anything else."""
        self._known = plans.outcome(plan)
        self._plan(f"{plan.verb.value} {plan.address}", plans.facts(plan), plans.lines(plan))

    def planned_group(self, plan: GroupPlan) -> None:
        """Show the plans of a group's members as one."""
        self._known = plans.group_outcome(plan)
        self._plan(f"{plan.verb.value} {plan.group}", plans.group_facts(plan), plans.group_lines(plan))

    def _plan(self, text: str, facts: Mapping[str, object], lines: Sequence[str]) -> None:
        if self._as_json:
            self._object("plan", self._clock.now(), text, facts)
            return
        for line in lines:
            self._write(plain(line))

    def happened(self, event: OperationEvent) -> None:
        """One event of the engine's."""
        self.operation = event.operation or self.operation
        self.sent = self.sent or event.event == "sent"
        begins = event.event == "confirmed" and "member" not in event.facts
        if begins or self._zero is None:
            self._zero = event.at
        if self._as_json:
            self._object(event.event, event.at, event.text, event.facts)
        elif event.text:
            elapsed = (event.at - self._zero).total_seconds()
            self._write(plain(f"{clock(elapsed):>5}  {event.text}"))

    def close(self, verdict: Verdict | None, reason: str, facts: Mapping[str, object] | None = None) -> None:
        """The last line of a run that the engine did not end: refused, dry, or interrupted."""
        if self._as_json:
            ending = {
                "verdict": verdict.value if verdict else None,
                "by": None,
                "reason": reason,
                **self._known,
                "ordered_s": None,
                "safe_s": None,
                "done_s": None,
            }
            self._object("verdict", self._clock.now(), reason, {**ending, **(facts or {})})
        else:
            self._write(plain(f"{verdict.words} · {reason}" if verdict else reason))

    def _object(self, event: str, at: datetime, text: str, facts: Mapping[str, object]) -> None:
        head = {"event": event, "at": utc(at), "operation": self.operation, "text": text}
        self._write(encode({**head, **{name: fact for name, fact in facts.items() if name not in head}}))

    def _write(self, line: str) -> None:
        if self._silent:
            return
        try:
            say(line)
        except BrokenPipeError:
            self._silent = True
            discard_output()


def discard_output() -> None:
    """Nobody reads standard output any more: let what is still buffered go nowhere, quietly."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
