"""The field in which a phrase is typed to confirm: what is still to come stands faint in it."""

from textual import events
from textual.message import Message
from textual.reactive import reactive

from console.domain.text import plain
from console.domain.words import count
from widgets.dialog import DialogPane
from widgets.line import Line

WIDTH = 40
_CURSOR = "background on muted"


class ConfirmField(DialogPane, can_focus=True):
    """Takes letters and pasted text; says how far it is. It confirms nothing itself."""

    DEFAULT_CSS = "ConfirmField { height: 3; }"

    phrase: reactive[str] = reactive("")
    value: reactive[str] = reactive("")
    column: reactive[int] = reactive(4)
    waiting: reactive[str] = reactive("")
    """Why ``enter`` is dead although the phrase matches; empty when it is not."""

    class Changed(Message):
        """Something was typed, pasted or taken away."""

    @property
    def matches(self) -> bool:
        """Whether the phrase stands there, whole and nothing else."""
        return bool(self.phrase) and self.value == self.phrase

    def clear(self) -> None:
        """Empty the field without saying so."""
        self.value = ""

    def content(self) -> tuple[Line, ...]:
        prompt = Line().put(self.column, f"Type {self.phrase} to confirm", "text")
        field = self._field(Line())
        return (prompt, field) if self.size.height < 3 else (prompt, Line(), field)

    def _field(self, line: Line) -> Line:
        size = max(WIDTH, len(self.phrase) + 4)
        shown = self.value[-(size - 3) :]
        rest = self.phrase[len(self.value) :] if self.phrase.startswith(self.value) else ""
        wrong = not self.phrase.startswith(self.value)
        at = line.run(
            self.column,
            (self.glyphs.selected, "accent on selected"),
            (" ", "on selected"),
            (shown, "bold critical on selected" if wrong else "bold strong on selected"),
            ((rest or " ")[:1], _CURSOR if self.has_focus else "faint on selected"),
            (rest[1:], "faint on selected"),
        )
        end = self.column + size
        line.put(at, " " * max(0, end - at), "on selected")
        line.put(max(at, end) + 2, *self._said())
        return line

    def _said(self) -> tuple[str, str]:
        if self.matches:
            return (self.waiting, "warning") if self.waiting else ("it matches", "steady")
        if not self.phrase.startswith(self.value):
            return "does not match", "warning"
        return f"{count(len(self.phrase) - len(self.value), 'letter')} to go", "muted"

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        if event.key == "backspace":
            self._edit(self.value[:-1])
        elif event.key == "ctrl+u":
            self._edit("")
        elif event.is_printable and event.character:
            self._edit(self.value + plain(event.character))
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        first = event.text.strip().splitlines()
        self._edit(self.value + plain(first[0].strip() if first else ""))

    def _edit(self, value: str) -> None:
        self.value = value[:200]
        self.post_message(self.Changed())
