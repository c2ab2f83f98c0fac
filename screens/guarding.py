"""What the app does about alerts, and about guards that have tripped, here or in another process on the same
journal: it asks on every screen, one question after the other, until somebody answers."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from console.domain.address import Address
from console.domain.alerts import AlertBook
from console.domain.fleet import FleetSnapshot
from console.domain.guarded import GuardAnswer
from console.domain.operation import Plan
from console.errors import JournalError
from screens import messages
from screens.base import ConsoleScreen
from screens.feeds import OperationFeed, ask
from screens.guard_queue import GuardQuestion, GuardQueue, settled_words
from screens.operating import OperatingApp
from screens.running import RunningOperation
from widgets.guard_panel import GuardAsked, PanelKeys
from widgets.keybar import key_name

if TYPE_CHECKING:
    from console.runtime import Runtime

GUARD = -4
"""Tag of the answer to a guard."""
UNREAD_S = 1.0
"""A question is on screen that long before a key that answers it at once does so: what was pressed just then
meant something else, and still does that. The key that only opens the plan waits for nothing."""

_Turn = tuple[int, str, str]
"""Token of the operation, when it tripped, its state: what an answer is the answer to."""


class GuardingApp(OperatingApp):
    """The part of the console that asks whether to roll back.

    The keys come before those of the screen, but only while they answer what can be read, and never
    while a field or a dialog has them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "R",
            "guard_back",
            "roll back",
            id="guard.back",
            priority=True,
            tooltip="Review the rollback plan",
        ),
        Binding("w", "guard_wait", "wait", id="guard.wait", priority=True, tooltip="Go on, and ask again"),
        Binding(
            "i", "guard_ignore", "ignore", id="guard.ignore", priority=True, tooltip="Let this rollout be"
        ),
        Binding(
            "escape",
            "guard_cancel",
            "stop the countdown",
            id="guard.cancel",
            priority=True,
            tooltip="Do not roll back by itself",
        ),
    ]

    def __init__(self, runtime: "Runtime") -> None:
        super().__init__(runtime)
        self.alert_book = AlertBook()

    _queue = GuardQueue()
    _sent: tuple[_Turn, GuardAnswer] | None = None
    """The answer that was given last, and what it was the answer to."""
    _confirmed: messages.GuardRollbackConfirmed | None = None
    """The rollback that was confirmed last."""
    _turn: _Turn | None = None
    _since: float = 0.0
    _rung: frozenset[tuple[int, str]] = frozenset()
    _answerable = False

    # -- alerts -------------------------------------------------------------------------------

    def look_for_alerts(self, fleet: FleetSnapshot) -> None:
        """See which alerts there are now, and ring once for each that is critical."""
        self.alert_book.update(fleet, self.runtime.clock.now())
        if self.alert_book.began and self.runtime.settings.console.bell:
            self.bell()

    @on(messages.AlertsSeen)
    def _alerts_seen(self, message: messages.AlertsSeen) -> None:
        self.alert_book.acknowledge(message.address)
        self.told()

    # -- what is asked ------------------------------------------------------------------------

    def guard_asked(self) -> GuardAsked | None:
        """The question that is asked now: the same until it is settled; ``None``: nothing is asked."""
        self._queue = self._queue.after(self.under_way.asking())
        current = self._queue.current
        turn = current.turn if current is not None else None
        if turn != self._turn:
            self._turn, self._since = turn, self.runtime.clock.monotonic()
        if current is None:
            return None
        operation, now = current.operation, self.runtime.clock.now()
        new, old = _revisions(operation)
        return GuardAsked(
            current.view,
            now,
            operation.address,
            operation.plan.tier.value if operation.plan else operation.address.environment,
            new,
            old,
            more=len(self._queue.waiting),
            next_back=_next_back(self._queue.waiting, now),
            sent=self._sent[1] if self._sent is not None and self._sent[0] == turn else None,
            keys=self._panel_keys(),
        )

    def tend_guard(self) -> None:
        """Ring for what has tripped since, once a trip; let the keys know when they begin to answer."""
        trips = frozenset(item.trip for item in self._queue.questions)
        if trips - self._rung and self.runtime.settings.console.bell:
            self.bell()
        self._rung |= trips
        answerable = self._is_read()
        if answerable is not self._answerable:
            self._answerable = answerable
            self.refresh_bindings()

    @on(messages.GuardTripsRead)
    def _trips_read(self, message: messages.GuardTripsRead) -> None:
        """Ask here too what the guards of other processes ask, and follow what they guard: whoever carries
        it finds the answer in the journal, and a process that is gone is stood in for."""
        now = self.runtime.clock.now()
        for trip in message.trips:
            if not self.under_way.knows(trip.record.id, now):
                operation = self.under_way.follow_trip(trip)
                follows = partial(self.runtime.engine.resume, trip.record.id)
                OperationFeed(self, operation.token, follows).start()
                self.told()

    def _panel_keys(self) -> PanelKeys:
        held = self._bindings.key_to_bindings
        keys = {binding.id: key_name(binding) for every in held.values() for binding in every}
        usual = PanelKeys()
        return PanelKeys(
            keys.get("guard.back", usual.back),
            keys.get("guard.wait", usual.wait),
            keys.get("guard.ignore", usual.ignore),
            keys.get("guard.cancel", usual.cancel),
        )

    def _can_answer(self) -> bool:
        """Whether a key pressed now is about the question on screen."""
        if self._turn is None or not isinstance(self.screen, ConsoleScreen):
            return False
        if isinstance(self.focused, Input | TextArea) or self.screen.has_class("-too-small"):
            return False
        return self._sent is None or self._sent[0] != self._turn

    def _is_read(self) -> bool:
        """Whether it has been on screen long enough for a key that answers at once."""
        return self._can_answer() and self.runtime.clock.monotonic() - self._since >= UNREAD_S

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        current = self._queue.current
        if action == "guard_back":
            return current is not None and self._can_answer()
        if action.startswith("guard_"):
            if current is None or not self._is_read():
                return False
            return current.counts_down is (action == "guard_cancel")
        return super().check_action(action, parameters)

    # -- answers ------------------------------------------------------------------------------

    def action_guard_back(self) -> None:
        """Open the armed plan of the service that the panel names: nothing is sent before it is confirmed."""
        from screens.guard_confirm import GuardPlanScreen

        question = self._queue.current
        if question is None:
            return
        address, runtime = question.address, self.runtime
        connection = self.connection(address)
        dialog = GuardPlanScreen(
            runtime.engine,
            runtime.clock,
            question,
            self._settled,
            connection.platform if connection is not None else None,
            self._forbidden(address.place),
        )
        self._ask_to_confirm(dialog)

    def _settled(self, question: GuardQuestion) -> str:
        """How a question was settled; empty while it is open."""
        if GuardQueue().after(self.under_way.asking()).holds(question):
            return ""
        return settled_words(self.under_way.operations[question.operation.token])

    @on(messages.GuardRollbackConfirmed)
    def _guard_confirmed(self, message: messages.GuardRollbackConfirmed) -> None:
        self._confirmed = message
        self._answer_guard(message.question, GuardAnswer.BACK, message.plan, message.typed)
        self.show_operation(message.question.operation.token)

    def action_guard_wait(self) -> None:
        self._answer_current(GuardAnswer.WAIT)

    def action_guard_ignore(self) -> None:
        self._answer_current(GuardAnswer.IGNORE)

    def action_guard_cancel(self) -> None:
        self._answer_current(GuardAnswer.WAIT)

    def _answer_current(self, answer: GuardAnswer) -> None:
        if self._queue.current is not None:
            self._answer_guard(self._queue.current, answer)

    def _answer_guard(
        self, question: GuardQuestion, answer: GuardAnswer, plan: Plan | None = None, typed: str | None = None
    ) -> None:
        """Answer that question, no other one."""
        engine, operation, tripped_at = self.runtime.engine, question.operation.id, question.view.tripped_at
        self._sent = question.turn, answer
        ask(self, lambda: engine.answer_guard(operation, answer, plan, typed, tripped_at), GUARD)
        self.told()
        self.refresh_bindings()

    @on(messages.Answered)
    def _guard_answered(self, message: messages.Answered) -> None:
        if message.tag == GUARD and message.value is True and self._sent is not None:
            (token, *_), answer = self._sent
            if answer is GuardAnswer.IGNORE and token in self.under_way.operations:
                address = self.under_way.operations[token].address
                said = f"{address}: ignored for this rollout, its guard asks nothing more"
                self.notify(said, markup=False, timeout=8)
        if message.tag == GUARD and message.value is False:
            self._sent = None
            said = "Nothing sent: the guard's question is already settled."
            self.notify(said, markup=False, timeout=8)

    @on(messages.AskFailed)
    def _guard_not_answered(self, message: messages.AskFailed) -> None:
        """The panel asks again; why it was refused is said like every other refusal. A journal that cannot
        be written is in no rollback's way: it is carried out here, as an operation of its own."""
        if message.tag != GUARD:
            return
        sent, confirmed = self._sent, self._confirmed
        self._sent = self._confirmed = None
        is_back = sent is not None and sent[1] is GuardAnswer.BACK and confirmed is not None
        if is_back and confirmed is not None and isinstance(message.error, JournalError):
            self.post_message(messages.OperationConfirmed(confirmed.plan, confirmed.typed))
        self.told()


def _next_back(waiting: tuple[GuardQuestion, ...], now: datetime) -> tuple[Address, float] | None:
    """Which of those that wait goes back by itself first, and in how many seconds."""
    ends = [(item.view.rolls_back_at, item.address) for item in waiting if item.counts_down]
    timed = [(at, address) for at, address in ends if at is not None]
    if not timed:
        return None
    at, address = min(timed, key=lambda item: item[0])
    return address, max(0.0, (at - now).total_seconds())


def _revisions(operation: RunningOperation) -> tuple[str, str]:
    """What new and old are called: by revision, or by label where that is the same for both."""
    if operation.plan is None:
        return "new", "old"
    new, old = operation.plan.target, operation.plan.source
    if new.revision and old.revision and new.revision != old.revision:
        return new.revision, old.revision
    return new.version.label, old.version.label
