"""A running operation: against the clock, to its verdict. Leaving the screen stops nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from console.domain import words
from console.domain.address import Address
from console.domain.checklist import WalkView
from console.domain.guarded import GuardState
from console.domain.operation import NOT_SAFE, Mechanism, OperationEvent, Progress, Step, Verb, Verdict
from console.domain.signals import LogLine
from console.domain.version import Version
from console.domain.wish import Wish
from console.ports import Clock, LogSource
from screens.base import ConsoleScreen
from screens.feeds import LogFeed, ask
from screens.messages import (
    Answered,
    AskFailed,
    ChecklistRequested,
    LogsFailed,
    LogsRead,
    OperationWished,
    QuestionAnswered,
)
from screens.present import present_of
from screens.running import RunningOperation
from widgets.glyphs import ASCII, Glyphs
from widgets.operation_picture import OperationPicture, Present, state_words
from widgets.operation_view import OperationView
from widgets.outcome import outcome_lines

if TYPE_CHECKING:
    from console.checklists.door import Checklists

WALKED = (Verb.DEPLOY, Verb.MIGRATE)
"""Verbs around which a checklist is walked."""
WALK_S = 2.0
"""How often it is looked at."""
_BAD = frozenset({"unsafe", "contact_lost", "unanswered", "absent"})
"""Events that tell of something that went wrong."""
_WALK = 1


class OperationScreen(ConsoleScreen):
    """Draws the operation that it is told of.

    With a clock and a log source it also reads the logs of the service, as long as it is shown.
    """

    CSS_PATH = "operation.tcss"
    KEY_ORDER = (
        "operation.move_on",
        "operation.refuse",
        "operation.back",
        "operation.rollback",
        "app.logs",
        "operation.checklist",
        "operation.copy",
        "app.journal",
        "app.keys",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "leave, it goes on", id="operation.back", tooltip="Leave; it goes on"),
        Binding("y", "copy", "copy summary", id="operation.copy", tooltip="Copy a summary to paste"),
        Binding("R", "rollback", "plan the way back", id="operation.rollback", tooltip="Plan a rollback"),
        Binding("M", "move_on", "move on", id="operation.move_on", tooltip="It is so: go on"),
        Binding("N", "refuse", "no", id="operation.refuse", tooltip="It is not so: end the operation here"),
        Binding("c", "checklist", "checklist", id="operation.checklist", tooltip="The checklist around it"),
    ]

    operation: reactive[RunningOperation | None] = reactive(None)
    logs: reactive[tuple[LogLine, ...]] = reactive(())
    logs_missing: reactive[str] = reactive("")

    def __init__(
        self,
        operation: RunningOperation,
        clock: Clock | None = None,
        logs: LogSource | None = None,
        door: "Checklists | None" = None,
    ) -> None:
        super().__init__()
        self._clock, self._door = clock, door
        self._walk_asked_at: float | None = None
        self.walk: WalkView | None = None
        """The checklist around it, as it was last looked at."""
        self.set_reactive(OperationScreen.operation, operation)
        self._feed_logs = (logs, clock) if logs is not None and clock is not None else None
        self._feed: LogFeed | None = None

    @property
    def pointed_at(self) -> Address | None:
        """The service that is operated on."""
        return self.operation.address if self.operation is not None else None

    @property
    def watched(self) -> Address | None:
        """Its service once it has ended: from then on only the fleet tells how that is."""
        over = self.operation is not None and self.operation.over
        return self.operation.address if self.operation is not None and over else None

    def body(self) -> Iterable[Widget]:
        yield OperationView()

    def on_mount(self) -> None:
        self._start_logs()

    def on_screen_resume(self) -> None:
        self._start_logs()

    def on_screen_suspend(self) -> None:
        self._stop_logs()

    def on_unmount(self) -> None:
        self._stop_logs()

    def _start_logs(self) -> None:
        if self._feed_logs is not None and self._feed is None and self.operation is not None:
            source, clock = self._feed_logs
            self._feed = LogFeed(self, source, self.operation.address, clock)
            self._feed.start()

    def _stop_logs(self) -> None:
        if self._feed is not None:
            self._feed.stop()
            self._feed = None

    def _look_at_checklist(self) -> None:
        """Judge, now and then, what is due of the checklist around the operation."""
        door, clock, operation = self._door, self._clock, self.operation
        if door is None or clock is None or operation is None or operation.verb not in WALKED:
            return
        now, address = clock.monotonic(), operation.address
        if self._walk_asked_at is not None and now - self._walk_asked_at < WALK_S:
            return
        self._walk_asked_at = now
        ask(self, lambda: door.around(address), _WALK)

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if message.tag == _WALK and isinstance(message.value, WalkView | None):
            self.walk = message.value
            self.update_frame()

    def on_ask_failed(self, message: AskFailed) -> None:
        """A list that cannot be read is said on its own screen; the operation goes on."""
        message.stop()

    def on_logs_read(self, message: LogsRead) -> None:
        message.stop()
        self.logs, self.logs_missing = message.lines, ""

    def on_logs_failed(self, message: LogsFailed) -> None:
        message.stop()
        self.logs_missing = str(message.error)

    def watch_operation(self) -> None:
        self.update_frame()

    def watch_logs(self) -> None:
        self.update_frame()

    def watch_logs_missing(self) -> None:
        self.update_frame()

    def picture_changed(self) -> None:
        self._look_at_checklist()
        shown = self.picture()
        if shown is not None:
            self.query_one(OperationView).shown = shown
        self.refresh_bindings()

    def picture(self) -> OperationPicture | None:
        """What the view shows now; ``None`` before the time is known."""
        if self.operation is None or self.now is None:
            return None
        present = present_of(self.operation, self.snapshot, self.unsafe, self.now)
        return picture_of(self.operation, self.now, self.logs, self.logs_missing, self.walk, present)

    def key_labels(self) -> Mapping[str, str]:
        over = self.operation is not None and self.operation.over
        return {"operation.back": "leave" if over else "leave, it goes on"}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "rollback":
            return self.operation is not None and way_back_makes_sense(self.operation)
        if action == "checklist":
            return self.walk is not None
        if action == "refuse":
            return bool(self.operation and self.operation.question)
        if action == "move_on":
            return bool(self.operation and (self.operation.question or self.operation.pause))
        return True

    def action_back(self) -> None:
        self.dismiss()

    def action_checklist(self) -> None:
        if self.operation is not None:
            self.app.post_message(ChecklistRequested(self.operation.address))

    def action_rollback(self) -> None:
        if self.operation is not None:
            self.app.post_message(OperationWished(Wish(Verb.ROLLBACK, self.operation.address)))

    def action_move_on(self) -> None:
        """Say yes to what it asks, or plan to continue the deployment that is paused."""
        operation = self.operation
        if operation is None:
            return
        if operation.question:
            self.app.post_message(QuestionAnswered(operation.id, yes=True))
        elif operation.pause:
            self.app.post_message(OperationWished(Wish(Verb.CONTINUE, operation.address)))

    def action_refuse(self) -> None:
        if self.operation is not None and self.operation.question:
            self.app.post_message(QuestionAnswered(self.operation.id, yes=False))

    def action_copy(self) -> None:
        shown = self.picture()
        if shown is not None:
            self.app.copy_to_clipboard(summary(shown))
            self.say("summary copied")


def way_back_makes_sense(operation: RunningOperation) -> bool:
    """While a deploy runs, and after anything that did not succeed."""
    verdict = operation.progress.verdict if operation.progress else None
    if operation.over:
        return verdict is not Verdict.SUCCEEDED or operation.verb is Verb.DEPLOY
    return operation.doing is Verb.DEPLOY


def picture_of(
    operation: RunningOperation,
    now: datetime,
    logs: tuple[LogLine, ...] = (),
    logs_missing: str = "",
    walk: WalkView | None = None,
    present: Present | None = None,
) -> OperationPicture:
    """What is known of an operation, as its view draws it."""
    progress = _going_back(operation.progress)
    ending = _verdict_event(operation)
    facts = ending.facts if ending else {}
    said, own = str(facts.get("reason") or ""), _verdict(facts.get("verdict"))
    verdict: Verdict | None
    if ending is not None and ending.progress is None and own is not None:
        verdict, reason = own, said  # a rehearsal's last word, over the verdicts of its legs
    else:
        verdict = progress.verdict if progress and progress.verdict else own
        reason = (progress.reason if progress else "") or said
    last = operation.events[-1] if operation.events else None
    waited_s = operation.waited(now)
    steps = progress.steps if progress and progress.steps else _steps(operation)
    return OperationPicture(
        verb=operation.doing,
        address=operation.address,
        started_at=operation.started_at,
        now=now,
        plan=operation.plan if progress is operation.progress or progress is None else progress.plan,
        progress=progress,
        steps=tuple(_later(step, waited_s) for step in steps),
        verdict=verdict,
        by=str((progress.by if progress else None) or facts.get("by") or ""),
        reason=reason,
        journal=str(facts.get("journal") or ""),
        last=last.text if last else "",
        last_at=last.at if last else None,
        error=str(operation.error) if operation.error and verdict is None else "",
        ended_at=ending.at if ending else operation.ended_at,
        logs=logs,
        logs_missing=logs_missing,
        question=operation.question,
        pause=operation.pause,
        walk=walk,
        is_waiting=operation.is_waiting,
        waited_s=waited_s,
        present=present,
    )


def _going_back(progress: Progress | None) -> Progress | None:
    """Of a deploy whose guard goes back in another process only the deploy is known: what leaves and what
    arrives are then the other way round, and its estimate is of the way forward."""
    guard = progress.guard if progress is not None else None
    if progress is None or guard is None or guard.state is not GuardState.GOING_BACK:
        return progress
    plan = progress.plan
    if plan.verb is not Verb.DEPLOY or progress.verdict is not None:
        return progress
    target = plan.source
    if guard.back_to not in ("", target.version.label):
        target = replace(target, version=Version(None, guard.back_to), definition=None, images=())
    how = next((item for item in Mechanism if f"by {item.value}," in guard.plan), plan.mechanism)
    seen = progress.observation
    others = (item.id for item in seen.status.deployments) if seen is not None else ()
    return replace(
        progress,
        plan=replace(plan, source=plan.target, target=target, mechanism=how, estimate=None),
        arriving=frozenset(others) - progress.arriving,
    )


def _later(step: Step, waited_s: float) -> Step:
    """A step that is still to come, later by the time for which the operation stood still."""
    if step.state != "next" or step.at_s is None or not waited_s:
        return step
    return replace(step, at_s=step.at_s + waited_s)


def _verdict_event(operation: RunningOperation) -> OperationEvent | None:
    return next((event for event in reversed(operation.events) if event.event == "verdict"), None)


def _verdict(value: object) -> Verdict | None:
    return Verdict(value) if isinstance(value, str) and value in Verdict.__members__ else None


def _steps(operation: RunningOperation) -> tuple[Step, ...]:
    """What was said before there was a picture with steps; that safety is lost is told once."""
    told = (
        event
        for event in operation.events
        if event.text and not (event.event == "progress" and event.text.startswith(NOT_SAFE))
    )
    return tuple(
        Step(
            "failed" if _is_bad(event) else "done",
            max(0.0, (event.at - operation.started_at).total_seconds()),
            event.text,
        )
        for event in told
    )


def _is_bad(event: OperationEvent) -> bool:
    """Whether an event tells of something that went wrong."""
    if event.event == "verdict":
        verdict = _verdict(event.facts.get("verdict"))
        return verdict is not None and verdict.exit_code != 0
    return event.event in _BAD or (event.event == "guard" and event.text.startswith("guard tripped"))


def summary(shown: OperationPicture, glyphs: Glyphs = ASCII) -> str:
    """The operation in a few lines that can be pasted into a chat."""
    _, state, _ = state_words(shown, glyphs)
    lines = [f"{shown.verb.value} of {shown.address}: {state}"]
    if shown.plan is not None:
        source, target = shown.plan.source, shown.plan.target
        lines.append(f"from {source.version} ({source.digest}) to {target.version} ({target.digest})")
    lines.append(f"confirmed {words.utc(shown.began)}")
    lines += [
        f"{words.clock(step.at_s):>5}  {step.text}  {step.evidence}".rstrip()
        for step in shown.steps
        if step.at_s is not None and step.state in ("done", "failed")
    ]
    if shown.verdict is not None or shown.error:
        lines += [line.plain(100).strip() for line in outcome_lines(shown, 0, 100, glyphs)[1:]]
    return "\n".join(lines)
