"""The last row: the keys that do something here, read from the live bindings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual.binding import Binding
from textual.reactive import reactive
from textual.screen import Screen

from console.domain.text import cell_width
from widgets.header import NARROW
from widgets.line import Line
from widgets.lines import Pane

LAST = "app.keys"
"""The key that leads to all others: it is never dropped."""

PALETTE = "app.palette"

_NAMES = {
    "escape": "esc",
    "slash": "/",
    "question_mark": "?",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "pagedown": "page down",
    "pageup": "page up",
    "shift+tab": "shift tab",
}


@dataclass(frozen=True)
class KeyLabel:
    """One key and what it does here."""

    id: str
    key: str
    verb: str
    tooltip: str = ""
    enabled: bool = True


def key_name(binding: Binding) -> str:
    """A key as it is written on screen: ``R``, ``esc``, ``ctrl+p``."""
    first = binding.key_display or binding.key.split(",")[0]
    return _NAMES.get(first, first)


def live_keys(screen: Screen[Any], shown_only: bool = True) -> tuple[KeyLabel, ...]:
    """The keys that work on a screen now, one an action: the focused widget's, the screen's, the app's.

    Args:
        shown_only: Those of the key bar, with the first key of each; else every key of ours.
    """
    found: dict[str, KeyLabel] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        name = PALETTE if binding.action.endswith("command_palette") else binding.id
        if name is None or not binding.description or (shown_only and not (binding.show and binding.id)):
            continue
        if name not in found:
            said = binding.description, binding.tooltip, active.enabled
            found[name] = KeyLabel(name, key_name(binding), *said)
        elif not shown_only:
            found[name] = replace(found[name], key=f"{found[name].key} {key_name(binding)}")
    return tuple(found.values())


def in_order(keys: Sequence[KeyLabel], order: Sequence[str]) -> tuple[KeyLabel, ...]:
    """Keys by their place in ``order`` (binding ids), then the others, then ``LAST``."""
    places = {name: place for place, name in enumerate(order)} | {LAST: len(order) + 1}
    return tuple(sorted(keys, key=lambda key: places.get(key.id, len(order))))


def key_line(keys: Sequence[KeyLabel], labels: Mapping[str, str], note: tuple[str, str], width: int) -> Line:
    """As many keys as there is room for, the last one always, and a note at the right.

    Args:
        keys: In the order in which they are dropped, last first; the one that leads to all others stays.
        labels: Binding id -> what to say in place of the verb: the consequence.
        note: Text and style words; empty text for none.
    """
    line = Line()
    gap = 2 if width < NARROW else 3
    end = width - 2
    if note[0]:
        end -= cell_width(note[0]) + gap
        line.put(end + gap, note[0], note[1])
    said = [(key, labels.get(key.id, key.verb)) for key in keys]
    sizes = [cell_width(key.key) + 1 + cell_width(verb) for key, verb in said]
    column, last = 2, len(said) - 1
    for place, (key, verb) in enumerate(said):
        reserve = gap + sizes[last] if place != last and keys[last].id == LAST else 0
        if column + sizes[place] + reserve > end:
            continue
        inks = ("bold accent", "muted") if key.enabled else ("faint", "faint")
        column = line.run(column, (key.key, inks[0]), (f" {verb}", inks[1])) + gap
    return line


class KeyBar(Pane):
    """Shows the keys of the screen that it is on.

    ``order`` says which come first, ``labels`` what some of them would do right now.
    """

    DEFAULT_CSS = "KeyBar { height: 1; dock: bottom; background: $surface; }"
    PAPER = "surface"

    order: reactive[tuple[str, ...]] = reactive(())
    labels: reactive[Mapping[str, str]] = reactive(dict)
    note: reactive[tuple[str, str]] = reactive(("", "muted"))

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def _keys_changed(self, _screen: Screen[Any]) -> None:
        self.refresh()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        keys = in_order(live_keys(self.screen), self.order)
        return (key_line(keys, self.labels, self.note, width),)
