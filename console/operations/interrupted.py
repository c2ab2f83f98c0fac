"""What an interrupted operation had done already: whoever starts it again leaves that out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from console.domain.action import Action
from console.domain.operation import OperationRecord, Plan, Verdict
from console.domain.words import time_of_day
from console.errors import JournalError, RefusedError
from console.operations.reached import reached_in
from console.operations.resuming import plan_of
from console.ports import Journal

FRESH = timedelta(minutes=30)
"""A snapshot that is older is no snapshot before the migration: the data have gone on since."""
_OF_ITS_OWN = ("snapshot", "token")
"""Parameters in which two times of the same action differ."""
_LOOKED_AT = 5
"""How many operations of a member are looked at, newest first."""


def without_what_is_done(
    plan: Plan, operations: Iterable[OperationRecord], journal: Journal, now: datetime
) -> Plan:
    """The plan without the first actions that the newest operation on the service has done, if that one
    was to do the same and ended before its release was shipped; a remark says which."""
    done = _done(plan, next(iter(operations), None), journal, now)
    if done is None:
        return plan
    began, number = done
    left_out = "; ".join(action.said for action in plan.actions[:number])
    remark = f"done by the {plan.verb.value} that was interrupted, begun {time_of_day(began)}: {left_out}"
    return replace(plan, actions=plan.actions[number:], remarks=(*plan.remarks, remark))


def _done(
    plan: Plan, last: OperationRecord | None, journal: Journal, now: datetime
) -> tuple[datetime, int] | None:
    """When the operation was confirmed that did the first actions, and how many of them."""
    if last is None or last.verb is not plan.verb or last.verdict is not Verdict.FAILED:
        return None
    began = last.ordered_at or last.planned_at
    if now - began > FRESH:
        return None
    try:
        entries = journal.entries(last.id)
        before = plan_of(last, entries)
    except (JournalError, RefusedError):
        return None
    shipped = any("accepted" in entry.facts for entry in entries)
    if shipped or before.target.digests != plan.target.digests:
        return None
    number = 0
    for old, new in zip(before.actions[: reached_in(entries).number], plan.actions, strict=False):
        if not _same(old, new):
            break
        number += 1
    return (began, number) if number else None


def unless_done_for_its_group(plan: Plan, group: str, journal: Journal, now: datetime) -> Plan:
    """The plan of a group's member; nothing to do where the same was done a moment ago for the same group,
    which never got to its other members. Once all of them are through, the same command is a new wish.

    Raises:
        JournalError: when the journal cannot be read.
    """
    last = next(iter(journal.operations(str(plan.address))), None)
    if last is None or last.verb is not plan.verb or not _is_through(last) or plan.nothing_to_do:
        return plan
    began = last.ordered_at or last.planned_at
    tie = _ties(last, journal)[-1:]
    if not tie or tie[0].get("name") != group or now - began > FRESH:
        return plan
    members = tie[0].get("members")
    everybody = [str(item) for item in members] if isinstance(members, list) else []
    if all(_went_through(address, tie[0].get("group"), journal) for address in everybody):
        return plan
    said = f"{plan.verb.value} done at {time_of_day(began)}, before {group} was interrupted"
    return replace(plan, nothing_to_do=said)


def _went_through(address: str, group: object, journal: Journal) -> bool:
    """Whether a member is through with its part of one run of a group."""
    return any(
        _is_through(record) and any(tie.get("group") == group for tie in _ties(record, journal))
        for record in journal.operations(address)[:_LOOKED_AT]
    )


def _is_through(record: OperationRecord) -> bool:
    return record.verdict in (Verdict.SUCCEEDED, Verdict.NOTHING_CHANGED)


def _ties(record: OperationRecord, journal: Journal) -> list[Mapping[str, object]]:
    """To which runs of groups an operation belongs, the newest last."""
    return [entry.facts for entry in journal.entries(record.id) if entry.event == "group"]


def _same(old: Action, new: Action) -> bool:
    def told(action: Action) -> dict[str, object]:
        return {name: value for name, value in action.parameters.items() if name not in _OF_ITS_OWN}

    return old.kind is new.kind and told(old) == told(new)
