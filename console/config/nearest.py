"""What somebody probably meant: one spelling of the hint for keys, addresses and values."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like ``word``; empty when none is like it."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""


def meant(word: str, known: Iterable[str]) -> str:
    """A remedy: the nearest known word, or all of them when they are few enough to read."""
    options = list(known)
    if near := nearest(word, options):
        return f"did you mean {near}?"
    return f"known are {', '.join(options)}" if 0 < len(options) <= 12 else ""
