"""The steps of an operation, read off what is observed: each is noted once, when it is first seen.

Whoever takes an operation over reads from the journal when its steps happened; of what is not written there
it can only say when it was seen.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from console.domain.operation import Entry, Estimate, Step
from console.domain.service import Observation
from console.domain.tasks import Task
from console.operations.safe import Sight

NAMED_TASKS = 4
"""Up to so many arriving tasks are told one by one."""


class Timeline:
    """Steps in the order in which they were seen; times are seconds from confirmed."""

    def __init__(self, confirmed_at: datetime) -> None:
        self._confirmed_at = confirmed_at
        self._seen: set[str] = set()
        self._done: list[Step] = []
        self._is_resumed = False
        self._resumed_at: datetime | None = None
        """The moment of the first look after it was taken over: what it shows may be older."""
        self._left_at: datetime | None = None

    def resume(self, entries: Sequence[Entry], actions: Sequence[str]) -> None:
        """Note what the journal tells of the steps so far, each at its own time.

        Args:
            entries: The operation's, oldest first.
            actions: What each action of its plan does, in their order.
        """
        self._is_resumed = True
        for key, at, text, evidence in _written(entries, actions):
            self.mark(key, at, text, evidence)
        for entry in entries:
            if "others" in entry.facts:
                gone = entry.facts["others"] == 0
                self._left_at = (self._left_at or entry.at) if gone else None

    def mark(
        self,
        key: str,
        at: datetime,
        text: str,
        evidence: str = "",
        *,
        failed: bool = False,
        is_late: bool = False,
    ) -> bool:
        """Note a step once; whether it was new.

        Args:
            at: When it happened or, at the first look after the operation was taken over, was seen.
            is_late: It was only seen then, and happened nobody knows when.
        """
        if key in self._seen:
            return False
        self._seen.add(key)
        if is_late or (self._resumed_at is not None and at == self._resumed_at):
            text = f"{text} · seen at {at.astimezone(UTC):%H:%M}"
        seconds = (at - self._confirmed_at).total_seconds()
        self._done.append(Step("failed" if failed else "done", max(0.0, seconds), text, evidence))
        self._done.sort(key=lambda step: step.at_s or 0.0)
        return True

    def observe(self, observation: Observation, good: frozenset[str], arriving: str, sight: Sight) -> None:
        """Note what an observation shows of the tasks that arrive and of those that leave."""
        if self._is_resumed and self._resumed_at is None:
            self._resumed_at = observation.at
        new = [
            task
            for task in observation.tasks
            if task.deployment in good and task.created_at and task.created_at >= self._confirmed_at
        ]
        for task in new[:NAMED_TASKS]:
            self._observe_task(task, observation, arriving)
        if sight.bad == 0 and "tasks" not in observation.missing and "targets" not in observation.missing:
            evidence = "no new traffic" if observation.status.target_groups else "none is running"
            self.mark("left", self._left_at or observation.at, "old tasks out of service", evidence)

    def _observe_task(self, task: Task, observation: Observation, arriving: str) -> None:
        name = f"{arriving} task {task.id[:4]}"
        if task.created_at:
            self.mark(f"start {task.id}", task.created_at, f"{name} starting", task.zone)
        if task.started_at and task.created_at:
            took = (task.started_at - task.created_at).total_seconds()
            self.mark(f"run {task.id}", task.started_at, f"{name} running", f"{took:.0f} s to start")
        states = [target.state for target in observation.targets if target.ip and target.ip == task.ip]
        if states and all(state == "healthy" for state in states) and not task.is_stopped:
            self.mark(f"healthy {task.id}", observation.at, f"{name} healthy", "target group")
        if task.has_failed:
            at = task.stopped_at or observation.at
            self.mark(f"stop {task.id}", at, f"{name} stopped", task.stopped_reason, failed=True)

    def walked(self, actions: Sequence[str], *, over: bool) -> tuple[Step, ...]:
        """Everything noted, then the actions of a walk that are still to come, the first of them now.

        Args:
            actions: What each action does, in their order; marked as ``action N`` once it has ended.
            over: The operation has ended: nothing is to come.
        """
        return (*self._done, *(() if over else self._left(actions)))

    def _left(self, actions: Sequence[str]) -> list[Step]:
        left = [said for n, said in enumerate(actions) if f"action {n}" not in self._seen]
        return [Step("next" if place else "now", None, said) for place, said in enumerate(left)]

    def steps(
        self, now: str, estimate: Estimate | None, *, safe: bool, done: bool, first: Sequence[str] = ()
    ) -> tuple[Step, ...]:
        """Everything noted, then what is waited for, then what is to come with its estimate.

        Args:
            first: What each action before the order does, as long as that is not accepted.
        """
        ahead = self._left(first)
        if now:
            ahead.append(Step("now", None, now))
        if not safe:
            ahead.append(Step("next", estimate.safe_s if estimate else None, "safe"))
        if not done:
            ahead.append(Step("next", estimate.done_s if estimate else None, "done"))
        return (*self._done, *ahead)


_WRITTEN = {"safe": "safe", "capacity": "capacity whole", "settled": "ECS has finished", "done": "done"}
"""Events of the journal that are steps, as the timeline calls them."""


def _written(entries: Sequence[Entry], actions: Sequence[str]) -> Iterator[tuple[str, datetime, str, str]]:
    """Key, time, text and evidence of every step that was journalled."""
    for entry in entries:
        number = entry.facts.get("action")
        if entry.event in _WRITTEN:
            text = _WRITTEN[entry.event]
            evidence = entry.text.removeprefix(f"{entry.event}: ")
            yield entry.event, entry.at, text, "" if evidence == text else evidence
        elif entry.event == "reached" and isinstance(number, int) and 0 <= number < len(actions):
            yield f"action {number}", entry.at, actions[number], ""
