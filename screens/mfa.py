"""The dialog for the code of an MFA device, and the thread-safe question that opens it."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.text import cut_middle, plain
from console.errors import CredentialsError
from widgets.keybar import KeyBar
from widgets.line import Line
from widgets.lines import LinesView

DIGITS = 6
"""Of a code: STS API reference, AssumeRole, TokenCode."""
ANSWER_WITHIN_S = 300.0
"""When nobody answers, the thread that needs the credentials goes on without."""
_WIDTH = 64


class CodeAsked(Message):
    """A thread needs the code of an MFA device; ``answer`` takes it, empty for none."""

    def __init__(self, serial: str, answer: Callable[[str | None], None]) -> None:
        super().__init__()
        self.serial = serial
        self.answer = answer


class CodeQuestion:
    """Asks whoever sits at the console; called on feed threads, one waits while another is answered."""

    def __init__(self, post: Callable[[Message], object], within_s: float = ANSWER_WITHIN_S) -> None:
        self._post = post
        self._within_s = within_s

    def __call__(self, serial: str) -> str:
        """The code.

        Raises:
            CredentialsError: when the dialog was left without one, or nobody answered in time.
        """
        answers: SimpleQueue[str | None] = SimpleQueue()
        self._post(CodeAsked(plain(serial), answers.put))
        try:
            code = answers.get(timeout=self._within_s)
        except Empty:
            code = None
        if not code:
            raise CredentialsError(
                f"no code of the MFA device {plain(serial)} was given", "ctrl+r asks for it again"
            )
        return code


class Prompt(LinesView):
    """What is asked for."""

    DEFAULT_CSS = "Prompt { height: 4; background: $surface; }"
    PAPER = "surface"


class CodeScreen(ModalScreen[str]):
    """One field for digits, which are drawn as dots and kept nowhere."""

    DEFAULT_CSS = f"""
    CodeScreen {{ align: center middle; background: $background 60%; }}
    CodeScreen > Vertical {{
        width: {_WIDTH}; max-width: 100%; height: 9; background: $surface; padding: 1 3;
    }}
    CodeScreen Input {{ height: 1; width: 16; padding: 0 1; background: $selected; color: $text; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "without a code", id="code.cancel", tooltip="Go on without this role"),
    ]

    def __init__(self, serial: str) -> None:
        super().__init__()
        self._serial = serial

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Prompt()
            yield Input(password=True, restrict=f"[0-9]{{0,{DIGITS}}}", select_on_focus=False, compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Prompt).lines = (
            Line().put(0, "the role asks for the code of your MFA device", "bold strong"),
            Line().put(0, cut_middle(self._serial, _WIDTH - 8), "muted"),
            Line(),
            Line().put(0, f"{DIGITS} digits, then enter", "text"),
        )
        field = self.query_one(Input)
        field.cursor_blink = False
        field.focus()

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if len(message.value) == DIGITS:
            self.dismiss(message.value)

    def action_cancel(self) -> None:
        self.dismiss("")
