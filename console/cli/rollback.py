"""``rollback`` without a screen: one service, or a group at once."""

import argparse

from console.cli.groups import GroupEngine, carry_group
from console.cli.operate import (
    Engine,
    add_options,
    add_target,
    add_until,
    carry_out,
    follow,
    is_about,
    refuse,
    run,
)
from console.cli.options import Subparsers
from console.cli.report import Report
from console.domain.address import Address
from console.domain.group import GroupAddress, GroupWish
from console.domain.operation import Verb
from console.domain.wish import Wish


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "rollback",
        help="go back to what ran well before",
        description="Take a service, or every service of a group, back to the newest proven version and "
        "follow it to its verdict.",
    )
    add_target(parser)
    parser.add_argument(
        "--to", metavar="VERSION", default="", help="a label, digest or :REVISION of what ran before"
    )
    parser.add_argument(
        "--direct",
        action="store_true",
        help="at once, without the steps, hooks and bake of the service's strategy; put back afterwards",
    )
    parser.add_argument(
        "--capacity",
        action="store_true",
        help="first the number of tasks that the version ran with, where it has fallen since",
    )
    add_until(parser)
    add_options(parser, run_rollback)


def run_rollback(arguments: argparse.Namespace) -> int:
    """``quarterdeck rollback``"""
    return run(
        arguments,
        lambda engine, address, report: rollback(engine, address, arguments, report),
        lambda engine, group, report: rollback_group(engine, group, arguments, report),
    )


def rollback(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a rollback, or follow the one that is under way; ``--to`` another version
    than that one's is a rollback of its own."""
    under_way = None if arguments.dry_run else engine.attachable(Verb.ROLLBACK, address)
    if under_way and (not arguments.to or is_about(under_way, arguments.to)):
        return follow(engine.resume(under_way.id), report)
    plan = engine.plan(
        Wish(Verb.ROLLBACK, address, to=arguments.to, direct=arguments.direct, capacity=arguments.capacity)
    )
    report.planned(plan)
    if not plan.proven and not arguments.to and not plan.nothing_to_do:
        others = ", ".join(item.release.version.label for item in plan.candidates) or "none"
        reason = f"no proven way back: {plan.target.version.label} is the next candidate, but {plan.doubt}"
        return refuse(report, reason, f"choose with --to VERSION (others: {others})")
    return carry_out(engine, plan, arguments, report)


def rollback_group(
    engine: GroupEngine, group: GroupAddress, arguments: argparse.Namespace, report: Report
) -> int:
    """Every member back at once, because every minute counts."""
    wish = GroupWish(
        Verb.ROLLBACK, group, to=arguments.to, direct=arguments.direct, capacity=arguments.capacity
    )
    return carry_group(engine, wish, arguments, report)
