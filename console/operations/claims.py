"""What an open operation claims of its service: what no other verb may change meanwhile."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, auto

from console.domain.operation import Entry, OperationRecord, Verb, Verdict
from console.operations.resuming import is_recent

_ONLY_LOOKS = frozenset({Verb.WATCH, Verb.WALK})
_SENDS_BY_OTHERS = frozenset({Verb.REHEARSE})
"""What it sends is in the journal of operations of its own."""
_BEFORE_SENDING = frozenset(
    {"confirmed", "group", "compared", "preparing", "registered", "throttled", "resumed"}
)
"""Events of an operation that has sent nothing which changes its service."""


class Claim(Enum):
    """How much of a service an operation claims."""

    NOTHING = auto()
    VERSION = auto()
    """What runs there; how many tasks of it may change."""
    EVERYTHING = auto()


def claims(record: OperationRecord, now: datetime) -> Claim:
    """What an operation claims at that moment.

    One whose watch was ended early by ``--until`` claims nothing: it stays open, and can be followed. Nor
    does a deploy that is done, and only judged.
    """
    if not record.is_open or not is_recent(record, now) or record.verb in _ONLY_LOOKS:
        return Claim.NOTHING
    if record.verdict is Verdict.BAKING or (record.verb is Verb.DEPLOY and record.done_at is not None):
        return Claim.NOTHING
    return Claim.VERSION if record.verdict is Verdict.PAUSED else Claim.EVERYTHING


def has_sent_nothing(record: OperationRecord, entries: Iterable[Entry]) -> bool:
    """Whether the journal proves that an operation without a verdict has sent nothing: every intent is
    written before its call."""
    is_begun = record.verdict is None and record.verb not in _ONLY_LOOKS | _SENDS_BY_OTHERS
    return is_begun and all(entry.event in _BEFORE_SENDING for entry in entries)
