"""How a journalled operation looks in JSON: exports, ``journal --json`` and the last line of a run."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from console.domain.operation import Entry, OperationRecord
from console.domain.words import utc


def operation(record: OperationRecord) -> dict[str, object]:
    """One operation: times in RFC 3339 with ``Z``, durations in seconds from *confirmed*."""
    return {
        "id": record.id,
        "verb": record.verb.value,
        "address": str(record.address),
        "account": record.account,
        "region": record.region,
        "cluster": record.cluster,
        "service": record.service,
        "verdict": record.verdict.value if record.verdict else None,
        "by": record.by,
        "reason": record.reason,
        "mechanism": record.mechanism.value,
        "from": dict(record.source),
        "to": dict(record.target),
        "actor": record.actor,
        "caller": record.caller,
        "host": record.host,
        "pid": record.pid,
        "heartbeat_at": utc(record.heartbeat_at),
        "planned_at": utc(record.planned_at),
        "ordered_at": _time(record.ordered_at),
        "onset_at": _time(record.onset_at),
        "accepted_at": _time(record.accepted_at),
        "safe_at": _time(record.safe_at),
        "unsafe_since": _time(record.unsafe_since),
        "unsafe_why": record.unsafe_why,
        "done_at": _time(record.done_at),
        "ended_at": _time(record.ended_at),
        "ordered_s": record.seconds_to(record.accepted_at),
        "safe_s": record.seconds_to(record.safe_at),
        "done_s": record.seconds_to(record.done_at),
    }


def entry(line: Entry) -> dict[str, object]:
    """One entry; its facts under ``facts``, since their names are the event's own."""
    return {
        "number": line.number,
        "event": line.event,
        "at": utc(line.at),
        "text": line.text,
        "facts": dict(line.facts),
    }


def encode(value: object) -> str:
    """One line of JSON of anything that an event may carry."""
    return json.dumps(value, default=_encode)


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def _time(moment: datetime | None) -> str | None:
    return utc(moment) if moment else None
