"""Text from outside, made safe to draw, and cut to the width there is.

Log lines, events, reasons, tags and configuration are text, never markup and never terminal
control: everything that could move a cursor or hide a character is taken out here, once, before
anything is stored.
"""

import re
import unicodedata
from functools import lru_cache

_CONTROL = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[@-Z\\\\-_])?"  # escape sequences
    "|[\x00-\x1f\x7f-\x9f]"  # C0, DEL and C1
    "|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"  # invisible and bidi controls
    "|[\ud800-\udfff]"  # lone surrogates
)


def plain(text: str) -> str:
    """Return the text without escape sequences, control, invisible and direction characters.

    Tabs and line breaks become one space, so that words do not run together.
    """
    if text.isprintable() and text.isascii():
        return text
    return _CONTROL.sub(lambda match: " " if match[0] in "\t\n\r" else "", text)


def cell_width(text: str) -> int:
    """Cells that a terminal needs for the text: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


@lru_cache(maxsize=1024)
def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cut_end(text: str, width: int, ellipsis: str = "…") -> str:
    """Return the text in at most ``width`` cells, cut at its end."""
    if cell_width(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += _char_width(char)
        if used > width - len(ellipsis):
            break
        kept.append(char)
    return "".join(kept) + ellipsis if width >= len(ellipsis) else ""


def cut_middle(text: str, width: int, front: int = 7, ellipsis: str = "…") -> str:
    """Return the text in at most ``width`` cells, cut in the middle, keeping ``front`` characters.

    Long service names differ at their end, so the end is what is kept.
    """
    if cell_width(text) <= width:
        return text
    back = width - front - len(ellipsis)
    if back < 1:
        return cut_end(text, width, ellipsis)
    head, tail = cut_end(text, front, ""), cut_end(text[::-1], back, "")[::-1]
    return head + ellipsis + tail
