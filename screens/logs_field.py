"""The field over a log: what it is asked for, and how that is written."""

from textual.message import Message
from textual.widgets import Input

from screens.logs_time import HELP

FILTERS = ("include", "exclude", "find")
"""What the log follows while it is being typed; the others are given as a whole."""
_HELP = {
    "include": 'words, "several words", /expression/, -not: all of them in a line',
    "exclude": "words or /expressions/ of which none is in a line",
    "find": "words or /expressions/ to mark; n and N go from one to the next",
    "since": f"{HELP}, or deploy; empty shows everything",
    "time": HELP,
    "save": "a new file",
}


class LogField(Input):
    """A field for one thing at a time, hidden while nothing is asked."""

    class Typed(Message):
        """A part of a filter was typed."""

        def __init__(self, what: str, text: str) -> None:
            super().__init__()
            self.what, self.text = what, text

    class Given(Message):
        """Somebody is done typing."""

        def __init__(self, what: str, text: str) -> None:
            super().__init__()
            self.what, self.text = what, text

    def __init__(self) -> None:
        super().__init__(id="field", compact=True)
        self.what = ""
        """What is being asked for; empty: nothing."""

    def on_mount(self) -> None:
        self.cursor_blink = False
        self.display = False

    def begin(self, what: str, value: str) -> None:
        """Ask for something that begins with a value."""
        self.what = what
        self.placeholder = f"{what}: {_HELP[what]}"
        with self.prevent(Input.Changed):
            self.value = value
        self.cursor_position = len(value)
        self.display = True
        self.screen.set_focus(self)  # now: what is typed next is meant for it

    def end(self) -> None:
        """Ask for nothing more."""
        self.what = ""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.what in FILTERS:
            self.post_message(self.Typed(self.what, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.what:
            self.post_message(self.Given(self.what, event.value.strip()))
