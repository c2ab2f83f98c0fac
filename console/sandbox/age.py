"""Lengths of time in fleet files: ``34d``, ``18d4h``, ``6m31s``."""

import re

_PARTS = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


def seconds(text: str) -> float:
    """How many seconds that is.

    Raises:
        ValueError: when it is not of that form.
    """
    parts = _PARTS.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a length of time such as 18d4h")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
