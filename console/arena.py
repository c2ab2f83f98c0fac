"""How the C library hands out memory."""

import contextlib

_M_ARENA_MAX = -8
"""glibc's malloc.h."""


def share_one_arena() -> None:
    """Let all threads allocate from one arena; before they start. Elsewhere than with glibc nothing happens.

    Else each thread that reads gets an arena of its own, and what an answer of half a megabyte leaves
    behind in one is of no use to the others: with fifteen of them that took a tenth of all memory. Only one
    thread runs Python at a time, so they hardly wait for each other.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
