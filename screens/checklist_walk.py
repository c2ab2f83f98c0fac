"""What a checklist's screen knows, asks and says: one walk of one list, on threads of questions."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input

from console.domain.address import Address
from console.domain.checklist import ItemView, Phase, WalkView
from console.domain.operation import Verb
from console.domain.rollout import Hook
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from console.ports import Clock
from screens.base import ConsoleScreen
from screens.feeds import ask
from screens.messages import Answered, AskFailed, OperationWished
from widgets.checklist_top import FIRST
from widgets.glyphs import UNICODE, Glyphs
from widgets.grid import GridView

if TYPE_CHECKING:
    from console.checklists.door import Checklists
    from console.checklists.walker import Walker

PERIOD_S = 1.0
"""How often the checks that are due are begun while the list is looked at."""
_WORDS = {
    "tick": "what was seen (may be empty) · enter ticks it",
    "waive": "why it may be left · enter waives it",
    "skip": "why there is nothing of the kind · enter",
    "end": "why it is given up · enter ends the walk",
    "act": "a comment · enter sends it",
    "begin": "the version that is released (may be empty) · enter begins",
}
"""What is asked for in the field -> what stands in it before anything is typed."""


class WalkedScreen(ConsoleScreen):
    """Looks at one list of a service, and writes down what a person says of it; drawn by its subclass.

    Args:
        door: Loads, begins and judges lists, on threads of questions.
        name: The list that is shown first; empty: the one of the service's releases.
    """

    def __init__(self, address: Address, door: "Checklists", clock: Clock, name: str = "") -> None:
        super().__init__()
        self.address = address
        self._door = door
        self._clock = clock
        self.name_of_list = name
        self.names: tuple[str, ...] = door.names(address)
        self.view: WalkView | None = None
        self.error: QuarterdeckError | None = None
        self.phase: Phase | None = None
        self.full = False
        """One item is shown in full, in place of the list; only where there is no room for both."""
        self._walker: Walker | None = None
        self._tags = count(1)
        self._asked = 0
        self._said_tags: set[int] = set()
        """Questions that say something: their answers, and their failures, are never passed over."""
        self._asked_at: float | None = None
        self._asking_for = ""

    @property
    def pointed_at(self) -> Address | None:
        return self.address

    @property
    def watched(self) -> Address | None:
        return self.address

    # -- reading ------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._look()

    def on_screen_resume(self) -> None:
        self._look()

    def _look(self) -> None:
        """Judge what is due, and see how the list stands."""
        door, address, name, walker = self._door, self.address, self.name_of_list, self._walker
        self._asked_at = self._clock.monotonic()

        def look() -> "tuple[Walker, WalkView]":
            found = walker
            if found is None:
                found = door.look(address, name)
            else:
                door.refresh(found)
            found.judge()
            return found, found.view()

        self._ask(look)

    def _ask(self, question: "Callable[[], tuple[Walker, WalkView]]", *, says: bool = False) -> None:
        tag = next(self._tags)
        if says:
            self._said_tags.add(tag)
        else:
            self._asked = tag
        ask(self, question, tag)

    def _is_awaited(self, tag: int) -> bool:
        is_said = tag in self._said_tags
        self._said_tags.discard(tag)
        return is_said or tag == self._asked

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if not self._is_awaited(message.tag) or not isinstance(message.value, tuple):
            return
        self._walker, view = message.value
        first = self.view is None or self.view.id != view.id
        before, self.view, self.error = self.view, view, None
        self._go_on(before, view)
        if self.phase not in view.checklist.phases or (first and view.phase is not None):
            self.phase = view.phase or view.checklist.phases[0]
        self.update_frame()

    def _go_on(self, before: WalkView | None, view: WalkView) -> None:
        """With the last required item of a paused deployment's stage, offer to continue it."""
        was_open = before is not None and before.id == view.id and bool(before.blockers(*FIRST))
        if was_open and view.id and not view.blockers(*FIRST) and self._hook is not None and self.is_current:
            self.action_move_on()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        is_said = message.tag in self._said_tags
        if not self._is_awaited(message.tag):
            return
        if is_said and self.view is not None:
            self.say(str(message.error), "warning")
            return
        self.error = message.error
        self.update_frame()

    @property
    def _time(self) -> datetime:
        return self.now or self._clock.now()

    @property
    def _glyphs(self) -> Glyphs:
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE

    @property
    def grid(self) -> GridView:
        """The items of the phase."""
        return self.query_one("#items", GridView)

    @property
    def selected(self) -> ItemView | None:
        """The item under the cursor."""
        key = self.grid.cursor_key
        items = self.view.items if self.view is not None else ()
        return next((view for view in items if view.item.id == key), None)

    @property
    def _hook(self) -> Hook | None:
        """The pause that waits for somebody."""
        picture = self.snapshot.find(self.address)
        rollout = picture.observation.rollout if picture and picture.observation else None
        return rollout.waiting if rollout is not None and not rollout.status.is_over else None

    def action_move_on(self) -> None:
        """Plan to let the deployment go on: what is required of its stage has to be settled."""
        self.app.post_message(OperationWished(Wish(Verb.CONTINUE, self.address)))

    def action_refuse(self) -> None:
        """Plan to refuse the pause: ECS rolls the deployment back."""
        self.app.post_message(OperationWished(Wish(Verb.CONTINUE, self.address, refuse=True)))

    # -- saying -------------------------------------------------------------------------------

    def _say(self, what: "Callable[[Walker, str], WalkView]") -> None:
        """Have something said of an item, on a thread: the journal is written, or a check runs."""
        door, address, walker = self._door, self.address, self._walker
        if walker is None:
            return

        def say() -> "tuple[Walker, WalkView]":
            what(walker, door.actor(address))
            walker.judge()
            return walker, walker.view()

        self._ask(say, says=True)

    def _begin(self, version: str) -> None:
        door, address, name = self._door, self.address, self.name_of_list

        def begin() -> "tuple[Walker, WalkView]":
            walker = door.begin(address, name, version=version)
            walker.judge()
            return walker, walker.view()

        self._ask(begin, says=True)

    def _open_field(self, asking_for: str) -> None:
        self._asking_for = asking_for
        field = self.query_one("#words", Input)
        field.value = self._door.planned(self.address) if asking_for == "begin" else ""
        field.placeholder = _WORDS[asking_for]
        field.display = True
        field.focus()

    def _close_field(self) -> None:
        self._asking_for = ""
        self.query_one("#words", Input).display = False
        self.grid.focus()

    @on(Input.Submitted, "#words")
    def _said(self, event: Input.Submitted) -> None:
        event.stop()
        words, asked, item = event.value.strip(), self._asking_for, self.selected
        if not words and asked in ("waive", "skip", "end", "act"):
            self.say("words are needed", "warning")
            return
        self._close_field()
        if asked == "begin":
            self._begin(words)
        elif asked == "end":
            self._say(lambda walker, who: walker.end(who, words))
        elif item is not None:
            name = item.item.id
            if asked == "act":
                self._say(lambda walker, who: walker.act(name, who, words))
            elif asked == "waive":
                self._say(lambda walker, who: walker.waive(name, who, words))
            elif asked == "skip":
                self._say(lambda walker, who: walker.not_applicable(name, who, words))
            else:
                self._say(lambda walker, who: walker.tick(name, who, words))
