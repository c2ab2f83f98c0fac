"""The operator's own keys, checked against every binding there is before the console starts.

Textual itself accepts unknown key names, and lets a remapped key silently take away a binding that
has it by default; so nothing is handed to it that was not checked here.
"""

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key, key_to_character
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

import screens
import widgets
from console.config.nearest import meant, nearest
from console.domain.text import plain
from console.errors import ConfigError
from screens.base import GUARD_KEYS
from screens.changing import ChangingScreen

CHANGES_THE_WORLD = ChangingScreen.CHANGING | {"rollback", "guard_back"}
"""Actions whose order ends up at AWS, after a plan and its confirmation."""

_TAKEN = {
    "ctrl+c": "the terminal's own",
    "ctrl+z": "the terminal's own",
    "ctrl+i": "the same as tab for a terminal",
    "ctrl+m": "the same as enter for a terminal",
    "ctrl+j": "the same as enter for a terminal",
    "ctrl+h": "the same as backspace for a terminal",
}
_NAMED = frozenset(key.value for key in Keys if not key.value.startswith("<"))


@dataclass(frozen=True)
class Place:
    """Bindings that can be met together: a screen's, those of what is on it, and the app's."""

    name: str
    is_dialog: bool
    owned: tuple[tuple[str, Binding], ...]
    """Each binding with the widget that has it; empty for those of the screen and the app."""

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return tuple(binding for _, binding in self.owned)


def changes_the_world(binding: Binding) -> bool:
    """Whether the key of a binding begins something that is not only read."""
    return binding.action.partition("(")[0].rpartition(".")[2] in CHANGES_THE_WORLD


def keymap(asked: Mapping[str, tuple[str, ...]], app: type[App[int]], file: Path) -> dict[str, str]:
    """What :meth:`textual.app.App.set_keymap` takes, from the table ``[keys]`` of a configuration.

    Raises:
        ConfigError: an id that no binding has, a key that no terminal sends, two actions on one key, or
            a key too easy to hit for what it does; one line that names file, setting and remedy.
    """
    if not asked:
        return {}
    found = places(app)
    known = {str(binding.id): binding for binding in remappable(found)}
    fixed = {str(binding.id) for place in found for binding in place.bindings} - set(known)
    chosen: dict[str, tuple[str, ...]] = {}
    for name, keys in asked.items():
        if name in fixed:
            _refuse(file, name, "belongs to a dialog", "the keys of dialogs stay as they are; leave it out")
        if name not in known:
            near = meant(name, known) or "? shows the keys, docs/configuration.md their names"
            _refuse(file, name, "is not the name of a key binding", near)
        chosen[name] = tuple(_checked(file, known[name], key) for key in keys)
    for place in found:
        _clashes(file, place, chosen)
    return {name: ",".join(keys) for name, keys in chosen.items()}


def places(app: type[App[int]]) -> tuple[Place, ...]:
    """Every screen of the console with all bindings that can work on it.

    What a widget binds is counted to every screen that is no dialog: which screen it stands on is
    nobody's to know here, and one key has one meaning everywhere.
    """
    classes = sorted(_classes(), key=lambda item: item.__name__)
    everywhere = [("", binding) for binding in _own_bindings(app)]
    for item in classes:
        if not issubclass(item, Screen):
            everywhere += [(item.__name__, binding) for binding in _own_bindings(item)]
    return tuple(
        Place(
            item.__name__,
            issubclass(item, ModalScreen),
            (
                *(("", binding) for binding in _own_bindings(item)),
                *(() if issubclass(item, ModalScreen) else everywhere),
            ),
        )
        for item in classes
        if issubclass(item, Screen)
    )


def remappable(found: Iterable[Place]) -> tuple[Binding, ...]:
    """Every binding with an id, each once, except those of dialogs: what confirms has one key for all."""
    free = {binding.id: binding for place in found if not place.is_dialog for binding in place.bindings}
    return tuple(free.values())


def _classes() -> Iterator[type[DOMNode]]:
    """Screens and widgets of ours, all modules loaded: only who remaps keys waits for that."""
    for package in (screens, widgets):
        for module in pkgutil.iter_modules(package.__path__):
            loaded = import_module(f"{package.__name__}.{module.name}")
            for item in vars(loaded).values():
                is_ours = isinstance(item, type) and item.__module__ == loaded.__name__
                if is_ours and issubclass(item, Widget):
                    yield item


def _own_bindings(item: type[DOMNode]) -> tuple[Binding, ...]:
    """The bindings with an id of a class and its bases, one a key."""
    merged: BindingsMap = item._merge_bindings()
    return tuple(
        binding for bindings in merged.key_to_bindings.values() for binding in bindings if binding.id
    )


def _checked(file: Path, binding: Binding, written: str) -> str:
    """A key as Textual calls it."""
    name = str(binding.id)
    key = _character_to_key(written) if len(written) == 1 else written
    shown = plain(written)
    if key in _TAKEN:
        _refuse(file, name, f"is {shown!r}, {_TAKEN[key]}", "choose another key")
    if not _is_key(key):
        near = nearest(shown.lower(), _NAMED)
        forms = "write one character, f1 to f24, or ctrl+ and a letter"
        _refuse(file, name, f"is {shown!r}, which is no key", f"did you mean {near}?" if near else forms)
    is_ctrl = key.startswith("ctrl+")
    if changes_the_world(binding) and not (is_ctrl or (len(key) == 1 and key.isupper())):
        remedy = "take an upper case letter, or ctrl+ and a letter"
        _refuse(file, name, f"is {shown!r}, too easy to hit for what changes a service", remedy)
    if binding.priority and key_to_character(key) is not None:
        remedy = "take ctrl+ and a letter, or f1 to f12"
        _refuse(file, name, f"is {shown!r}, which is also typed into fields", remedy)
    return key


def _is_key(key: str) -> bool:
    if key in _NAMED:
        return True
    if len(key) == 1:
        return key.isprintable() and not key.isspace()
    return "+" not in key and "," not in key and key_to_character(key) is not None and key.islower()


def _clashes(file: Path, place: Place, chosen: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse what a chosen key would hide, or could be mistaken for, in one place."""
    held = [
        (owner, key, binding)
        for owner, binding in place.owned
        for key in chosen.get(str(binding.id), (binding.key,))
    ]
    for owner, key, binding in held:
        if binding.id not in chosen:
            continue
        for other_owner, other_key, other in held:
            never_together = owner != other_owner and owner and other_owner  # only one has the focus
            if other.id == binding.id or never_together:
                continue
            if key == other_key and not {binding.id, other.id} & set(GUARD_KEYS):  # these go first, then
                remedy = f"choose another key, or move {other.id} as well"
                _refuse(file, str(binding.id), f"is {key!r}, and so is {other.id}", remedy)
            if key.lower() == other_key.lower() and changes_the_world(binding) != changes_the_world(other):
                problem = f"is {key!r}, which differs from {other.id} only by its case"
                _refuse(file, str(binding.id), problem, "choose another letter: one changes a service")


def _refuse(file: Path, name: str, problem: str, remedy: str) -> NoReturn:
    raise ConfigError(f'{file}: keys."{plain(name)}" {problem}', remedy)
