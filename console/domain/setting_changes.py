"""Which settings differ between two releases, by name; never a value that could be secret."""

from collections.abc import Iterator
from dataclasses import dataclass

from console.domain.release import Release

LISTS = (
    "environment",
    "secrets",
    "ports",
    "subnets",
    "security groups",
    "capacity providers",
    "target groups",
    "service registries",
    "volumes",
)
"""Settings that are lists of names: what was added and what is gone is shown, not the whole."""
HIDDEN = "other settings"
"""Stands for settings that differ and of which not even a name is told."""


@dataclass(frozen=True)
class SettingChange:
    """One setting that differs: a value that may be shown, names of a list, or only that it differs."""

    name: str
    before: str = ""
    after: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Names in both lists whose values, which are never shown, are not the same."""
    differs: bool = False
    """Its value is never shown; ``before`` and ``after`` are empty."""


def setting_changes(older: Release, newer: Release) -> tuple[SettingChange, ...]:
    """The settings that differ, in the order of their names; last, that others do which nobody names."""
    found = tuple(_changes(older, newer))
    if not found and older.configuration != newer.configuration:
        return (SettingChange(HIDDEN, differs=True),)
    return found


def _changes(older: Release, newer: Release) -> Iterator[SettingChange]:
    marked = older.marks and newer.marks  # those of an older console have none
    hidden = set(older.marks) | set(newer.marks) if marked else set()
    names = {name for name in older.settings.keys() | newer.settings.keys() if not is_list(name)}
    lists = {name for name in older.settings.keys() | newer.settings.keys() if is_list(name)}
    inside = {mark for mark in hidden if any(mark.startswith(f"{name} ") for name in lists)}
    for name in sorted(names | lists | (hidden - inside)):
        if name in lists:
            change = _list_change(name, older, newer)
            if change.added or change.removed or change.changed:
                yield change
        elif name in names:
            before, after = older.settings.get(name, ""), newer.settings.get(name, "")
            if before != after:
                yield SettingChange(name, before, after)
        elif older.marks.get(name) != newer.marks.get(name):
            yield SettingChange(name, differs=True)


def _list_change(name: str, older: Release, newer: Release) -> SettingChange:
    was = {_key(part): part for part in parts_of(older.settings.get(name, ""))}
    now = {_key(part): part for part in parts_of(newer.settings.get(name, ""))}
    return SettingChange(
        name,
        added=tuple(part for key, part in now.items() if key not in was),
        removed=tuple(part for key, part in was.items() if key not in now),
        changed=tuple(
            part
            for key, part in now.items()
            if key in was and (was[key] != part or _is_marked_otherwise(f"{name} {key}", older, newer))
        ),
    )


def _is_marked_otherwise(mark: str, older: Release, newer: Release) -> bool:
    both = mark in older.marks and mark in newer.marks
    return both and older.marks[mark] != newer.marks[mark]


def _key(part: str) -> str:
    """Of ``KEY from secretsmanager api`` the name."""
    return part.partition(" from ")[0]


def is_list(name: str) -> bool:
    """Whether a setting is a list of names."""
    return any(name == item or name.endswith(f" {item}") for item in LISTS)


def parts_of(value: str) -> tuple[str, ...]:
    """The names of a list as a release keeps them."""
    return tuple(part for part in value.split(", ") if part)
