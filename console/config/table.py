"""One table of the configuration file, read strictly.

Every complaint names the file, the full path of the key and what is wrong with it, so that it can
be mended without reading anything else.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from console.config.nearest import meant
from console.domain.text import plain
from console.domain.words import duration
from console.errors import ConfigError

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")
_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
REFERENCES = ("env:", "file:", "secretsmanager:")
"""What the place of a secret value begins with."""
_KINDS = {bool: "true or false", str: "text", list: "a list", dict: "a table", int: "a number"}


class Table:
    """A table whose keys are all known.

    ``keys`` is ``None`` for a table whose keys are names that the operator chooses.
    """

    def __init__(self, file: Path, path: str, value: object, keys: Iterable[str] | None) -> None:
        self._file = file
        self._path = path
        if not isinstance(value, dict):
            self.refuse("", f"is {_kind(value)}, not a table")
        self._values: dict[str, object] = value
        if keys is None:
            return
        known = tuple(keys)
        for key in self._values:
            if key not in known:
                where = f"in [{path}]" if path else "at the top of the file"
                self.refuse(key, f"is not a setting {where}", meant(key, known))

    def refuse(self, key: str, problem: str, remedy: str = "") -> NoReturn:
        """Raise the error that names this file and key."""
        path = ".".join(part for part in (self._path, _quoted(key)) if part)
        raise ConfigError(f"{self._file}: {path} {problem}", remedy)

    def require(self, key: str, remedy: str = "") -> None:
        """Insist on a key."""
        if key not in self._values:
            self.refuse(key, "is missing", remedy)

    def table(self, key: str, keys: Iterable[str] | None) -> "Table":
        """The table under a key; an empty one when it is not there."""
        path = ".".join(part for part in (self._path, _quoted(key)) if part)
        return Table(self._file, path, self._values.get(key, {}), keys)

    def names(self, longest: int = 64) -> Iterator[str]:
        """The keys, each checked to be a name."""
        for key in self._values:
            self._check_name(key, key, longest)
            yield key

    def text(self, key: str, default: str = "") -> str:
        """One line of text without control characters."""
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.refuse(key, f"is {_kind(value)}, not text", "put it in quotes" if _is_number(value) else "")
        if plain(value) != value or value.strip() != value:
            self.refuse(key, "has control characters, or spaces at its ends")
        return value

    def matching(self, key: str, pattern: str, what: str) -> str:
        """Text of a certain form; empty when it is not there."""
        value = self.text(key)
        if value and not re.fullmatch(pattern, value):
            self.refuse(key, f"is {value!r}, not {what}")
        return value

    def choice(self, key: str, options: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in options:
            self.refuse(key, f"is {value!r}, not {' or '.join(options)}", meant(value, options))
        return value

    def reference(self, key: str) -> str:
        """Where a value is kept that has no place in the file; empty when it is not there.

        What is written instead of one is not repeated: it may be the value itself.
        """
        value = self.text(key)
        if value and not value.startswith(REFERENCES):
            self.refuse(key, "is no reference", "write env:NAME, file:PATH or secretsmanager:NAME#KEY")
        return value

    @property
    def path(self) -> str:
        """Where it stands in the file: ``systems.NAME.environments``."""
        return self._path

    def flag(self, key: str) -> bool:
        """True or false; false when it is not there."""
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, f"is {_kind(value)}, not true or false")
        return value

    def flag_or_none(self, key: str) -> bool | None:
        """True, false, or ``None`` when it is not there."""
        return self.flag(key) if key in self._values else None

    def text_or_texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of different ones; at least one, none of them empty."""
        found = self.texts(key) if isinstance(self._values.get(key), list) else (self.text(key),)
        if not all(found) or not found:
            self.refuse(key, "is empty", "write a text, or leave the line out")
        return found

    def entries(self) -> tuple[str, ...]:
        """The keys of a table that may have any."""
        return tuple(self._values)

    def duration(self, key: str, default: timedelta) -> timedelta:
        """A length of time: ``90s``, ``30m``, ``1h``, ``1d``."""
        if key not in self._values:
            return default
        value = self.text(key)
        try:
            length = duration(value)
        except (ValueError, OverflowError):
            self.refuse(key, f"is {value!r}, not a duration", "write 90s, 30m, 1h or 1d")
        if length < timedelta(0):
            self.refuse(key, f"is {value!r}, less than nothing")
        return length

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of different texts; empty when it is not there."""
        value = self._values.get(key, [])
        if not isinstance(value, list):
            self.refuse(key, f"is {_kind(value)}, not a list", "put it in brackets")
        for item in value:
            if not isinstance(item, str) or not item or plain(item) != item:
                self.refuse(key, "holds something that is not text")
        if len(set(value)) < len(value):
            self.refuse(key, "names something twice")
        return tuple(value)

    def words(self, key: str) -> tuple[str, ...]:
        """A command: its words in their order, which may be alike; empty when it is not there."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.refuse(key, "is not a list of texts", "put each word of the command in quotes of its own")
        return tuple(value)

    def has(self, key: str) -> bool:
        """Whether it is there."""
        return key in self._values

    def rows(self, key: str, keys: Iterable[str]) -> tuple["Table", ...]:
        """A list of tables; empty when it is not there."""
        value = self._values.get(key, [])
        if not isinstance(value, list):
            self.refuse(key, f"is {_kind(value)}, not a list of tables", "put its name in double brackets")
        known, path = tuple(keys), f"{self._path}.{key}" if self._path else key
        return tuple(
            Table(self._file, f"{path}[{number}]", item, known) for number, item in enumerate(value, 1)
        )

    def texts_by_name(self, key: str) -> dict[str, str]:
        """A table of texts under names of any kind; empty when it is not there."""
        table = self.table(key, None)
        return {name: table.text(name) for name in table.entries()}

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number between two, these included."""
        value = self._values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, f"is {_kind(value)}, not a number")
        if not low <= value <= high:
            self.refuse(key, f"is {value:g}, not from {low:g} to {high:g}")
        return float(value)

    def numbers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """A whole number, or a list of them; empty when it is not there."""
        value = self._values.get(key, [])
        given = value if isinstance(value, list) else [value]
        found = tuple(item for item in given if isinstance(item, int) and not isinstance(item, bool))
        if len(found) < len(given):
            self.refuse(key, "is not a whole number, or a list of them")
        if not all(low <= item <= high for item in found):
            self.refuse(key, f"is not from {low} to {high}")
        return found

    def plain_value(self, key: str) -> object:
        """Anything that JSON has; ``None`` when it is not there."""
        value = self._values.get(key)
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            self.refuse(key, "holds something that JSON has not", "put dates in quotes")
        return value

    def duration_or_none(self, key: str) -> timedelta | None:
        """A length of time, or ``None`` when it is not there."""
        return self.duration(key, timedelta()) if key in self._values else None

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts; empty when it is not there."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, list) for item in value):
            self.refuse(key, "is not a list of lists", "put every wave in brackets of its own")
        for item in (text for part in value for text in part):
            if not isinstance(item, str) or not item:
                self.refuse(key, "holds something that is not text")
        return tuple(tuple(part) for part in value if part)

    def other_names(self, key: str) -> tuple[str, ...]:
        """A list of names; empty when it is not there."""
        names = self.texts(key)
        for name in names:
            self._check_name(key, name, 64)
        return names

    def file(self, key: str) -> Path | None:
        """A path, taken from the configuration's folder; ``None`` when it is not there."""
        text = self.text(key)
        if not text:
            return None
        try:
            return (self._file.parent / Path(text).expanduser()).absolute()
        except RuntimeError:
            self.refuse(key, f"is {text!r}, and nobody's home folder is that")

    def _check_name(self, key: str, name: str, longest: int) -> None:
        if not _NAME.match(name):
            self.refuse(key, f"has the name {name!r}", "names are lower case letters, digits and hyphens")
        if len(name) > longest:
            self.refuse(key, f"has the name {name!r} of {len(name)} characters", f"at most {longest}")


def _quoted(key: str) -> str:
    return key if not key or _BARE.match(key) else f'"{plain(key)}"'


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number" if _is_number(value) else "something else")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
