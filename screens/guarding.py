"""What the app does about alerts, and about guards that have tripped: it asks on every screen, until
somebody answers."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from console.domain.alerts import AlertBook
from console.domain.fleet import FleetSnapshot
from console.domain.guarded import GuardAnswer, GuardState, GuardView
from screens import messages
from screens.base import ConsoleScreen
from screens.feeds import ask
from screens.operating import OperatingApp
from screens.running import RunningOperation
from widgets.guard_panel import GuardAsked, PanelKeys
from widgets.keybar import key_name

if TYPE_CHECKING:
    from console.runtime import Runtime

GUARD = -4
"""Tag of the answer to a guard."""
UNREAD_S = 1.0
"""A question is on screen that long before a key answers it: what was pressed just then meant something
else, and still does that."""

_Asked = tuple[int, str, str]
"""Token of the operation, when it tripped, its state: one question."""


class GuardingApp(OperatingApp):
    """The part of the console that asks whether to roll back.

    The keys come before those of the screen, but only while they answer what can be read, and never
    while a field or a dialog has them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "guard_back", "roll back", id="guard.back", priority=True, tooltip="Roll back now"),
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

    _sent: tuple[_Asked, GuardAnswer] | None = None
    _on_top: _Asked | None = None
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
        """The newest trip that waits for an answer; ``None``: nothing is asked."""
        waiting = self.under_way.asking()
        if not waiting:
            self._on_top = None
            return None
        operation, view = waiting[0]
        question = _question(operation, view)
        if question != self._on_top:
            self._on_top, self._since = question, self.runtime.clock.monotonic()
        new, old = _revisions(operation)
        return GuardAsked(
            view,
            self.runtime.clock.now(),
            operation.address.service,
            operation.plan.tier.value if operation.plan else operation.address.environment,
            new,
            old,
            more=len(waiting) - 1,
            sent=self._sent[1] if self._sent is not None and self._sent[0] == question else None,
            keys=self._panel_keys(),
        )

    def tend_guard(self) -> None:
        """Ring for what has tripped since, once a trip; let the keys know when they begin to answer."""
        trips = frozenset((item.token, str(view.tripped_at)) for item, view in self.under_way.asking())
        if trips - self._rung and self.runtime.settings.console.bell:
            self.bell()
        self._rung |= trips
        answerable = self._can_answer()
        if answerable is not self._answerable:
            self._answerable = answerable
            self.refresh_bindings()

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
        """Whether a key pressed now is an answer."""
        if self._on_top is None or not isinstance(self.screen, ConsoleScreen):
            return False
        if isinstance(self.focused, Input | TextArea) or self.screen.has_class("-too-small"):
            return False
        was_sent = self._sent is not None and self._sent[0] == self._on_top
        return not was_sent and self.runtime.clock.monotonic() - self._since >= UNREAD_S

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action.startswith("guard_"):
            waiting = self.under_way.asking()
            if not waiting or not self._can_answer():
                return False
            counts_down = waiting[0][1].state is GuardState.COUNTDOWN
            return action == "guard_back" or counts_down is (action == "guard_cancel")
        return super().check_action(action, parameters)

    # -- answers ------------------------------------------------------------------------------

    def action_guard_back(self) -> None:
        self._answer_guard(GuardAnswer.BACK)

    def action_guard_wait(self) -> None:
        self._answer_guard(GuardAnswer.WAIT)

    def action_guard_ignore(self) -> None:
        self._answer_guard(GuardAnswer.IGNORE)

    def action_guard_cancel(self) -> None:
        self._answer_guard(GuardAnswer.WAIT)

    def _answer_guard(self, answer: GuardAnswer) -> None:
        """Answer the question that is on screen, no other one."""
        waiting = self.under_way.asking()
        if not waiting or self._on_top != _question(*waiting[0]):
            return
        engine, operation = self.runtime.engine, waiting[0][0].id
        self._sent = self._on_top, answer
        ask(self, lambda: engine.answer_guard(operation, answer), GUARD)
        self.told()
        self.refresh_bindings()

    @on(messages.Answered)
    def _guard_answered(self, message: messages.Answered) -> None:
        if message.tag == GUARD and message.value is False:
            self._sent = None
            self.notify("the guard asks nothing any more", markup=False, timeout=5)

    @on(messages.AskFailed)
    def _guard_not_answered(self, message: messages.AskFailed) -> None:
        """The panel asks again; why it was refused is said like every other refusal."""
        if message.tag == GUARD:
            self._sent = None
            self.told()


def _question(operation: RunningOperation, view: GuardView) -> _Asked:
    return operation.token, str(view.tripped_at), view.state.value


def _revisions(operation: RunningOperation) -> tuple[str, str]:
    """What new and old are called: by revision, or by label where that is the same for both."""
    if operation.plan is None:
        return "new", "old"
    new, old = operation.plan.target, operation.plan.source
    if new.revision and old.revision and new.revision != old.revision:
        return new.revision, old.revision
    return new.version.label, old.version.label
