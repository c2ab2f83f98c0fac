"""``release``, ``mark`` and ``rehearse`` without a screen: what rollbacks go by."""

import argparse
from collections.abc import Iterator
from typing import Protocol

from console.cli.operate import (
    Engine,
    add_address,
    add_options,
    carry_out,
    follow,
    names_another,
    refuse,
    run,
)
from console.cli.options import Subparsers, add_config
from console.cli.report import Report
from console.domain.address import Address
from console.domain.operation import OperationEvent, Verb
from console.domain.wish import Wish


class Rehearsing(Engine, Protocol):
    """What a rehearsal needs of :class:`console.operations.engine.Engine`."""

    def rehearse(self, address: Address) -> Iterator[OperationEvent]: ...


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the three verbs to the command line."""
    release = subparsers.add_parser(
        "release",
        help="end the hold that a rollback left",
        description="End the hold on a service: its next deploy is no longer warned about. Sends nothing.",
    )
    add_address(release)
    _say_only(release)
    release.set_defaults(run=run_release, timeout=None)

    mark = subparsers.add_parser(
        "mark",
        help="call a version bad, or no longer",
        description="Say of a version that ran here that it is bad, so that no rollback goes to it unasked, "
        "or that it is not. Sends nothing.",
    )
    add_address(mark)
    which = mark.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--bad", metavar="VERSION", default="", help="a label, digest or :REVISION of what ran"
    )
    which.add_argument("--good", metavar="VERSION", default="", help="take the mark off")
    mark.add_argument("--why", metavar="TEXT", default="", help="the reason, for the journal")
    _say_only(mark)
    mark.set_defaults(run=run_mark, timeout=None)

    rehearse = subparsers.add_parser(
        "rehearse",
        help="prove the way back outside of production",
        description="Roll back for real, and forward again to what ran; refused in production. The journal "
        "keeps how long it took, and later plans say so.",
    )
    add_address(rehearse)
    add_options(rehearse, run_rehearse)


def run_release(arguments: argparse.Namespace) -> int:
    """``quarterdeck release``"""
    return run(arguments, lambda engine, address, report: follow(engine.end_hold(address), report))


def run_mark(arguments: argparse.Namespace) -> int:
    """``quarterdeck mark``"""
    version, bad = arguments.bad or arguments.good, bool(arguments.bad)
    return run(
        arguments,
        lambda engine, address, report: follow(
            engine.mark(address, version, bad=bad, why=arguments.why), report
        ),
    )


def run_rehearse(arguments: argparse.Namespace) -> int:
    """``quarterdeck rehearse``"""
    return run(arguments, lambda engine, address, report: rehearse(engine, address, arguments, report))


def rehearse(engine: Rehearsing, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """There and back again, or with ``--dry-run`` the plan of the way back."""
    if not arguments.dry_run:
        if names_another(address, arguments.confirm):
            said = f"--confirm {arguments.confirm} is not this service"
            return refuse(report, said, f"pass --confirm {address.short}, or nothing")
        return follow(engine.rehearse(address), report)
    plan = engine.plan(Wish(Verb.ROLLBACK, address, direct=True))
    report.planned(plan)
    return carry_out(engine, plan, arguments, report)


def _say_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_config(parser)
