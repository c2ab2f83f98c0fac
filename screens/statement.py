"""The dialog for what a person says of a service: a version is bad, a hold is over, the way back is tried."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.address import Address
from console.domain.text import plain
from console.ports import Clock
from screens.feeds import ask
from screens.messages import Answered, AskFailed, Statement, StatementMade
from screens.picks import Registry, Versions
from widgets import plan_dialog
from widgets.dialog import DialogPane
from widgets.glyphs import UNICODE, Glyphs
from widgets.header import NARROW
from widgets.keybar import KeyBar
from widgets.line import Line
from widgets.regions import wrapped

WIDE = 88


@dataclass(frozen=True)
class _Words:
    """What the dialog says of a statement."""

    title: str
    text: str
    order: str


_SAID = {
    Statement.MARK_BAD: _Words(
        "Mark a version of {name} bad",
        "No rollback goes to a version that is marked bad unless it is named. It is journalled, nothing is"
        " sent. A tag, digest or :N of what runs or ran; after it, if you like, why.",
        "mark it bad",
    ),
    Statement.CLEAR_BAD: _Words(
        "Clear a bad version of {name}",
        "The version may be the target of a rollback again: what was judged of it before counts no more."
        " It is journalled, nothing is sent. A tag, digest or :N of what runs or ran; after it, if you like,"
        " why.",
        "clear it",
    ),
    Statement.RELEASE: _Words(
        "Release the hold of {name}",
        "A rollback holds its service at what it went back to, and says so to everybody. The hold ends; it is"
        " journalled, nothing is sent, and nothing keeps the next deploy away.",
        "end the hold",
    ),
    Statement.REHEARSE: _Words(
        "Rehearse the way back of {name}",
        "Rolls back for real, waits until it is safe, and rolls forward again to what runs now. Both are"
        " journalled with their times, and plans of this service say from then on how long it took.",
        "roll back and forward again",
    ),
}


class StatementScreen(ModalScreen[None]):
    """Posts :class:`StatementMade` to the app, at most once.

    Args:
        registry: Lists versions to pick from.
        forbidden: Why it cannot be done there; empty when it can.
    """

    DEFAULT_CSS = """
    StatementScreen { align: center middle; background: $background 72%; }
    StatementScreen #dialog { width: 88; height: auto; background: $surface; }
    StatementScreen #answer { height: 1; border: none; padding: 0 1; margin: 0 4; width: 44;
        background: $selected; color: $strong; display: none; }
    StatementScreen.-asks #answer { display: block; }
    StatementScreen.-narrow { align: left top; background: $background 0%; }
    StatementScreen.-narrow #dialog { width: 100%; height: 1fr; margin: 2 0 1 0; background: $background; }
    StatementScreen.-narrow #answer { margin: 0 2; }
    """
    AUTO_FOCUS = ""
    """The field is there for some statements only."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="say.cancel", tooltip="Leave; nothing is said"),
        Binding("enter", "accept", "say it", id="say.accept", show=False, tooltip="Say it"),
        Binding("tab,right", "choose(1)", "next button", id="say.next", show=False),
        Binding("shift+tab,left", "choose(0)", "first button", id="say.first", show=False),
        Binding("down", "move(1)", "down", id="say.down", show=False),
        Binding("up", "move(-1)", "up", id="say.up", show=False),
    ]

    def __init__(
        self, statement: Statement, address: Address, registry: Registry, clock: Clock, forbidden: str = ""
    ) -> None:
        super().__init__()
        self.statement = statement
        self.address = address
        self._clock = clock
        self._versions = Versions(registry, address, known_only=True)
        self._note = ""
        self._row = -1
        self._forbidden = forbidden
        self.button = 0
        """0: cancel, 1: the order. Only where nothing has to be typed."""
        self._over = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield DialogPane(id="heading")
            answer = Input(placeholder="version, and why", id="answer", compact=True, select_on_focus=False)
            answer.cursor_blink = False
            yield answer
            yield DialogPane(id="foot")
        yield KeyBar()

    def on_mount(self) -> None:
        self.set_class(self.statement.asks_version, "-asks")
        if self.statement.asks_version:
            self._note = self._versions.waiting
            ask(self, self._versions.read, 1)
            self.query_one("#answer", Input).focus()
        self.show()

    def on_resize(self) -> None:
        self.show()

    def on_answered(self, message: Answered) -> None:
        message.stop()
        self._note = self._versions.take(message.value)
        self.show()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        self._note = f"{self._versions.unread}: {message.error.message}"
        self.show()

    # keys

    def action_cancel(self) -> None:
        self._over = True
        self.dismiss()

    def action_choose(self, button: int) -> None:
        self.button = button
        self.show()

    def action_move(self, step: int) -> None:
        rows = self._versions.count(self._version) if self.statement.asks_version else 0
        self._row = max(-1, min(rows - 1, self._row + step))
        self.show()

    def action_accept(self) -> None:
        if not self.statement.asks_version:
            self._say("", "") if self.button else self.action_cancel()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if 0 <= self._row < self._versions.count(self._version):
            self._say(self._versions.name(self._version, self._row), "")
        elif self._version:
            self._say(self._version, self._why)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._row = -1
        self.show()

    @property
    def _typed(self) -> str:
        return plain(self.query_one("#answer", Input).value).strip()

    @property
    def _version(self) -> str:
        return self._typed.partition(" ")[0]

    @property
    def _why(self) -> str:
        return self._typed.partition(" ")[2].strip()

    def _say(self, version: str, why: str) -> None:
        if self._over or self._forbidden:
            return
        self._over = True
        self.app.post_message(StatementMade(self.statement, self.address, version, why))
        self.dismiss()

    # drawing

    @property
    def _glyphs(self) -> Glyphs:
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE

    def show(self) -> None:
        """Draw everything anew, for the size there is now."""
        if not self.is_mounted:
            return
        narrow = self.size.width < NARROW
        self.set_class(narrow, "-narrow")
        column = 2 if narrow else 4
        width = (self.size.width if narrow else WIDE) - 2 * column
        said = _SAID[self.statement]
        title = f"{said.title.format(name=self.address.service)} in {self.address.environment}"
        head = [*plan_dialog.heading(title, ("", "muted"), column, width, narrow)]
        head += [Line().put(column, text, "text") for text in wrapped(said.text, width)]
        head.append(Line())
        if self._forbidden:
            head += plan_dialog.notice(self._glyphs.failed, self._forbidden, "bold warning", column, width)
            head.append(Line())
        rows = self._rows(column, width) if self.statement.asks_version else ()
        alive = not self._forbidden and (
            not self.statement.asks_version or bool(self._typed) or self._row >= 0
        )
        chosen = None if self.statement.asks_version else self.button
        foot = [*rows, *plan_dialog.buttons(said.order, alive, chosen, column, width, narrow)]
        for name, lines in (("#heading", head), ("#foot", foot)):
            pane = self.query_one(name, DialogPane)
            pane.paper = "background" if narrow else "surface"
            pane.lines = tuple(lines)
            pane.styles.height = len(lines)
        self.refresh_bindings()

    def _rows(self, column: int, width: int) -> tuple[Line, ...]:
        if self._note:
            return (Line(), Line().put(column, self._note, "muted", width), Line())
        now = self._clock.now()
        lines = self._versions.lines(self._version, self._row, now, column, width, self._glyphs)
        return (Line(), *lines, Line())
