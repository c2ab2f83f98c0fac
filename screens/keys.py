"""The keys of where you are, built from the live bindings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from console.domain.text import cell_width, cut_end
from widgets.keybar import KeyBar, KeyLabel
from widgets.line import Line
from widgets.lines import Pane

_PLACES = {"grid": "in the list", "app": "everywhere"}


def key_lines(keys: Sequence[KeyLabel], width: int) -> tuple[Line, ...]:
    """One line a key, grouped by where it works: keys of this place first, the app's last."""
    groups: dict[str, list[KeyLabel]] = {"": [], "grid": [], "app": []}
    keys = _merged(keys)
    for key in keys:
        prefix = key.id.split(".", 1)[0]
        groups[prefix if prefix in groups else ""].append(key)
    column = 4 + max((cell_width(key.key) for key in keys), default=0)
    lines: list[Line] = []
    for prefix, members in groups.items():
        if not members:
            continue
        if lines:
            lines.append(Line())
        lines.append(Line().put(2, _PLACES.get(prefix, "here"), "bold muted"))
        lines.extend(_key_line(key, column, width) for key in members)
    return tuple(lines)


def _merged(keys: Sequence[KeyLabel]) -> tuple[KeyLabel, ...]:
    """Keys that do the same, such as the numbers of tabs, on one line."""
    found: dict[str, KeyLabel] = {}
    for key in keys:
        said = key.tooltip or key.verb
        known = found.get(said)
        found[said] = replace(known, key=f"{known.key} {key.key}") if known else key
    return tuple(found.values())


def _key_line(key: KeyLabel, column: int, width: int) -> Line:
    ink = "bold accent" if key.enabled else "faint"
    said = key.tooltip or key.verb
    return Line().put(2, key.key, ink).put(column, cut_end(said, width - column - 2), "text")


class KeyList(Pane):
    """The lines of a key screen; as high as they are."""

    DEFAULT_CSS = "KeyList { height: auto; background: $surface; }"
    PAPER = "surface"

    def __init__(self, keys: Sequence[KeyLabel]) -> None:
        super().__init__()
        self._keys = tuple(keys)
        self.styles.height = len(key_lines(self._keys, 80)) + 2

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return (Line(), *key_lines(self._keys, width))


class KeysScreen(ModalScreen[None]):
    """A dialog with every key that works on the screen below; any of esc, enter, ? and q closes it."""

    DEFAULT_CSS = """
    KeysScreen { align: center middle; background: $background 60%; }
    KeysScreen > VerticalScroll {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; scrollbar-size: 0 0;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,question_mark,q", "close", "close", id="keys.close", tooltip="Close this list"),
        Binding("down,j", "scroll(1)", "down", id="keys.down", show=False),
        Binding("up,k", "scroll(-1)", "up", id="keys.up", show=False),
    ]

    def __init__(self, keys: Sequence[KeyLabel]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield KeyList(self._keys)
        yield KeyBar()

    def action_close(self) -> None:
        self.dismiss(None)

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)
