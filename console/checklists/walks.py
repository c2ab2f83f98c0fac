"""Walks in the journal: begun, ticked, taken up again by anybody, ended.

A walk is an operation of its own that sends nothing, so that it is listed, printed and kept like any other.
What it has to do with a deployment is in its entries and in those of the deployment.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.checklist import Checklist, ItemState, Tick
from console.domain.operation import Entry, Mechanism, OperationRecord, Verb, Verdict
from console.operations import ulid
from console.operations.lives import host
from console.ports import Journal

TICKED = "ticked"
"""Event of an entry with a tick: ``item``, ``state``, ``value``, ``evidence``, ``by``, ``reason``."""
DONE = "done"
"""Event of an entry before and after something is done about an item: its id, ``verb``, ``said``, ``by``."""
BOUND = "operation"
"""Event of an entry that names the operation around which it is walked."""


def begin(
    journal: Journal,
    checklist: Checklist,
    settings: ServiceSettings,
    environment: EnvironmentSettings,
    actor: str,
    now: datetime,
    version: Mapping[str, object] | None = None,
) -> OperationRecord:
    """A new walk, written down.

    Args:
        version: What is released, as :meth:`console.domain.release.Release.facts` has it; ``None`` for a
            runbook.
    """
    place = environment.environment
    record = OperationRecord(
        id=ulid.new(now),
        verb=Verb.WALK,
        address=settings.address,
        account=place.account,
        region=place.region,
        cluster=settings.cluster,
        service=settings.service,
        actor=actor,
        caller="",
        host=host(),
        pid=os.getpid(),
        heartbeat_at=now,
        planned_at=now,
        mechanism=Mechanism.NONE,
        target={"checklist": checklist.id, "title": checklist.title, **(version or {})},
        ordered_at=now,
    )
    journal.begin(record)
    return record


def open_walk(records: Iterable[OperationRecord], checklist: str) -> OperationRecord | None:
    """The first walk of a list that has not ended."""
    for record in records:
        if record.verb is Verb.WALK and record.is_open and record.target.get("checklist") == checklist:
            return record
    return None


def is_about(record: OperationRecord, version: Mapping[str, object]) -> bool:
    """Whether a walk is about a version: the same digest, or the same name. One that was begun without is
    about any; and whoever does not say means the one that is open."""
    known = {name: record.target.get(name) for name in ("digest", "version")}
    told = {name: version.get(name) for name in known}
    if not any(known.values()) or not any(told.values()):
        return True
    return any(known[name] and known[name] == told[name] for name in known)


def note(journal: Journal, walk: str, tick: Tick, title: str) -> None:
    """Write a tick down."""
    said = f"{title}: {tick.state.value}"
    text = " · ".join(part for part in (said, tick.value, tick.reason) if part)
    facts = {
        "item": tick.item,
        "state": tick.state.name,
        "value": tick.value,
        "evidence": tick.evidence,
        "by": tick.by,
        "reason": tick.reason,
    }
    journal.append(walk, TICKED, tick.at, text, facts)


def done(journal: Journal, walk: str, item: str, verb: str, said: str, by: str, at: datetime) -> None:
    """Write down that something is done about an item: before it is sent, and how it ended."""
    text = f"{verb} by {by}: {said}"
    journal.append(walk, DONE, at, text, {"item": item, "verb": verb, "said": said, "by": by})


def ticks(entries: Iterable[Entry]) -> tuple[Tick, ...]:
    """The ticks among a walk's entries, oldest first; what this version cannot read is left out."""
    found = (_tick(entry) for entry in entries if entry.event == TICKED)
    return tuple(tick for tick in found if tick is not None)


def _tick(entry: Entry) -> Tick | None:
    facts = {name: str(value) for name, value in entry.facts.items()}
    if facts.get("state") not in ItemState.__members__:
        return None
    return Tick(
        facts.get("item", ""),
        ItemState[facts["state"]],
        entry.at,
        facts.get("by", ""),
        facts.get("value", ""),
        facts.get("evidence", ""),
        facts.get("reason", ""),
    )


def bind(journal: Journal, walk: str, operation: str, now: datetime) -> None:
    """Say that an operation is what a walk is about."""
    journal.append(walk, BOUND, now, f"around operation {operation}", {"operation": operation})


def bound_to(entries: Iterable[Entry]) -> str:
    """Id of the operation that a walk is around; empty without one."""
    named = [str(entry.facts.get("operation", "")) for entry in entries if entry.event == BOUND]
    return named[-1] if named else ""


def end(journal: Journal, record: OperationRecord, verdict: Verdict, reason: str, now: datetime) -> None:
    """End a walk: SUCCEEDED when everything required is settled, FAILED when it is given up."""
    journal.update(replace(record, ended_at=now, done_at=now, verdict=verdict, by="operator", reason=reason))
