"""A verb about a group without a screen: its members in waves, one plan, one confirmation, one verdict."""

import argparse
from collections.abc import Iterator
from typing import Protocol

from console.cli.operate import DRY_RUN, follow, refuse
from console.cli.report import Report
from console.domain.group import GroupEvent, GroupPlan, GroupWish
from console.domain.operation import OperationEvent, Verb


class GroupEngine(Protocol):
    """What a group needs of :class:`console.operations.engine.Engine`."""

    def plan_group(self, wish: GroupWish) -> GroupPlan: ...

    def execute_group(self, plan: GroupPlan, typed: str | None = None) -> Iterator[GroupEvent]: ...


def carry_group(engine: GroupEngine, wish: GroupWish, arguments: argparse.Namespace, report: Report) -> int:
    """Plan, confirm and carry out; members that are under way already are followed."""
    plan = engine.plan_group(wish)
    report.planned_group(plan)
    against = _speaks_against(plan, wish, arguments)
    if against is not None:
        return refuse(report, *against)
    if arguments.dry_run:
        nothing = f"; nothing would be: {plan.nothing_to_do}" if plan.nothing_to_do else ""
        report.close(None, DRY_RUN + nothing)
        return 0
    return follow(_told(engine.execute_group(plan, arguments.confirm)), report)


def _speaks_against(
    plan: GroupPlan, wish: GroupWish, arguments: argparse.Namespace
) -> tuple[str, str] | None:
    """Why it is refused, and what helps; ``None`` where nothing speaks against it."""
    if plan.blockers and not plan.verb.goes_back:
        failed = "; ".join(f"{address}: {check.name}: {check.evidence}" for address, check in plan.blockers)
        return f"a required check fails: {failed}", plan.blockers[0][1].remedy
    doubtful = [item for item in plan.members if not item.proven and not item.nothing_to_do]
    if plan.verb is Verb.ROLLBACK and doubtful and not wish.to:
        said = "; ".join(f"{p.address}: {p.target.version.label}, but {p.doubt}" for p in doubtful)
        return f"no proven way back: {said}", "roll those back one by one, with --to VERSION"
    what_to_pass = f"pass --confirm {plan.confirm or plan.group}"
    typed = arguments.confirm
    if typed is not None and typed not in (plan.confirm, plan.group.place, str(plan.group)):
        return f"--confirm {typed} is not this group", what_to_pass
    if plan.confirm and typed is None and not plan.nothing_to_do and not arguments.dry_run:
        return f"{plan.tier.value} has to be confirmed", what_to_pass
    return None


def _told(events: Iterator[GroupEvent]) -> Iterator[OperationEvent]:
    """The events as one stream: a member's carry its address, and its verdict is not the group's."""
    for item in events:
        event, member = item.event, item.member
        if member is None:
            yield event
            continue
        facts = {**event.facts, "member": str(member)}
        text = f"{member.alias}: {event.text}" if event.text else ""
        yield OperationEvent(event.event, event.at, event.operation, text, facts, event.progress)
