"""The dialog before leaving while an operation runs."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from console.domain.guarded import GuardState
from console.domain.text import cut_end
from screens.running import RunningOperation
from screens.running_group import RunningGroup
from screens.under_way import Running
from widgets.keybar import KeyBar
from widgets.line import Line
from widgets.lines import Pane

WIDTH = 76
WATCHED_HERE = "ECS continues; nobody will be watching."
WATCHED_ELSEWHERE = "Other processes keep watching and guarding it."


class LeavePane(Pane):
    """What goes on without us, and the two answers."""

    DEFAULT_CSS = "LeavePane { background: $surface; }"
    PAPER = "surface"

    def __init__(self, running: Sequence[Running]) -> None:
        super().__init__()
        self.leaves = False
        self._operations = tuple(running)
        self.styles.width = WIDTH
        here = [item for item in self._operations if not _is_carried_elsewhere(item)]
        self._is_watched_here = bool(here)
        self._is_guarded = any(map(_is_guarded, here))
        self.styles.height = len(self._operations) + 9 + self._is_guarded

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return (
            Line(),
            Line().put(3, "leave while an operation is running", "bold strong"),
            Line(),
            *(self._operation(item, width) for item in self._operations),
            Line(),
            Line().put(3, WATCHED_HERE if self._is_watched_here else WATCHED_ELSEWHERE, "text"),
            *self._guard(),
            Line().put(3, "The next start of the console takes the watch up again.", "muted"),
            Line(),
            self._answers(),
        )

    def _guard(self) -> tuple[Line, ...]:
        said = "The guard ends with the console: nobody goes back by the figures."
        return (Line().put(3, said, "warning"),) if self._is_guarded else ()

    def _operation(self, item: Running, width: int) -> Line:
        ink = "bold deploying"
        said = f"{item.verb.value} of {item.address}"
        line = Line().put(3, self.glyphs.forward if item.verb == "deploy" else self.glyphs.back, ink)
        return line.put(5, cut_end(said, width - 8, self.glyphs.ellipsis), "text")

    def _answers(self) -> Line:
        inks = ("reverse bold accent", "muted")
        stay, leave = inks if not self.leaves else inks[::-1]
        line = Line()
        column = line.run(3, (" stay ", stay)) + 3
        line.run(column, (" leave ", leave))
        return line


def _is_carried_elsewhere(item: Running) -> bool:
    return isinstance(item, RunningOperation) and item.is_carried_elsewhere


def _is_guarded(item: Running) -> bool:
    """Whether its figures are judged, or those of a member."""
    members = item.members.values() if isinstance(item, RunningGroup) else (item,)
    views = [one.progress.guard for one in members if one.progress is not None and not one.over]
    return any(view is not None and view.state is not GuardState.OFF for view in views)


class LeaveScreen(ModalScreen[bool]):
    """Asks whether to leave; the answer that is chosen first is *stay*."""

    DEFAULT_CSS = "LeaveScreen { align: center middle; background: $background 60%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", "stay", id="leave.stay", tooltip="Stay and go on watching"),
        Binding("enter", "answer", "answer", id="leave.answer", tooltip="Do what is chosen"),
        Binding("tab,left,right,shift+tab", "other", "other answer", id="leave.other"),
    ]

    def __init__(self, running: Sequence[Running]) -> None:
        super().__init__()
        self._operations = tuple(running)

    def compose(self) -> ComposeResult:
        yield LeavePane(self._operations)
        bar = KeyBar()
        bar.order = ("leave.stay", "leave.other", "leave.answer")
        yield bar

    def action_stay(self) -> None:
        self.dismiss(False)

    def action_answer(self) -> None:
        self.dismiss(self.query_one(LeavePane).leaves)

    def action_other(self) -> None:
        pane = self.query_one(LeavePane)
        pane.leaves = not pane.leaves
        pane.refresh()
