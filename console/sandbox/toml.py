"""Writing TOML: the standard library only reads it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def document(table: Mapping[str, Any]) -> str:
    """The TOML text of nested tables with strings, numbers, booleans and lists of those or of tables.

    Members that are ``None`` are left out. A table's own members come before its tables.
    """
    return "\n\n".join(_sections(table, ())) + "\n"


def _sections(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    own = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if v is not None and not _is_table(v)]
    if own:
        header = [f"[{'.'.join(map(_key, path))}]"] if path else []
        yield "\n".join(header + own)
    for key, value in table.items():
        if _is_table(value):
            yield from _sections(value, (*path, key))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):  # within a list
        return f"{{{', '.join(f'{_key(k)} = {_value(v)}' for k, v in value.items() if v is not None)}}}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too, except that DEL must be escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
