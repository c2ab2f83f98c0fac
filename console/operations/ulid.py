"""Names of operations that sort by the time they were planned."""

import secrets
from datetime import datetime
from threading import Lock

from console.domain.words import milliseconds

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80

_lock = Lock()
_last = 0


def new(moment: datetime) -> str:
    """A ULID of 26 characters: 48 bits of milliseconds, 80 bits of chance.

    Two of one process sort in the order they were made, also within a millisecond and when the
    clock has been set back.
    """
    global _last
    value = (milliseconds(moment) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        if value >> _RANDOM_BITS <= _last >> _RANDOM_BITS:
            value = _last + 1
        _last = value
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
