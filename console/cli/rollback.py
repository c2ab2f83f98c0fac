"""``rollback`` and ``release`` without a screen."""

import argparse

from console.cli.operate import Engine, add_address, add_options, carry_out, follow, is_about, refuse, run
from console.cli.options import Subparsers, add_config
from console.cli.report import Report
from console.domain.address import Address
from console.domain.operation import Verb
from console.domain.wish import Wish


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the two verbs to the command line."""
    parser = subparsers.add_parser(
        "rollback",
        help="go back to what ran well before",
        description="Take one service back to the newest proven version and follow it to its verdict.",
    )
    add_address(parser)
    parser.add_argument(
        "--to", metavar="VERSION", default="", help="a label, digest or :REVISION of what ran before"
    )
    add_options(parser, run_rollback)
    release = subparsers.add_parser(
        "release",
        help="end the hold that a rollback left",
        description="End the hold on a service: its next deploy is no longer warned about.",
    )
    add_address(release)
    release.add_argument("--json", action="store_true", help="one JSON object a line")
    add_config(release)
    release.set_defaults(run=run_release, timeout=None)


def run_rollback(arguments: argparse.Namespace) -> int:
    """``quarterdeck rollback``"""
    return run(arguments, lambda engine, address, report: rollback(engine, address, arguments, report))


def run_release(arguments: argparse.Namespace) -> int:
    """``quarterdeck release``"""
    return run(arguments, lambda engine, address, report: follow(engine.end_hold(address), report))


def rollback(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a rollback, or follow the one that is under way; ``--to`` another version
    than that one's is a rollback of its own."""
    under_way = None if arguments.dry_run else engine.attachable(Verb.ROLLBACK, address)
    if under_way and (not arguments.to or is_about(under_way, arguments.to)):
        return follow(engine.resume(under_way.id), report)
    plan = engine.plan(Wish(Verb.ROLLBACK, address, to=arguments.to))
    report.planned(plan)
    if not plan.proven and not arguments.to and not plan.nothing_to_do:
        others = ", ".join(item.release.version.label for item in plan.candidates) or "none"
        reason = f"no proven way back: {plan.target.version.label} is the next candidate, but {plan.doubt}"
        return refuse(report, reason, f"choose with --to VERSION (others: {others})")
    return carry_out(engine, plan, arguments, report)
