"""``deploy`` without a screen."""

import argparse

from console.cli.operate import Engine, add_address, add_options, carry_out, follow, is_about, run
from console.cli.options import Subparsers
from console.cli.report import Report
from console.domain.address import Address
from console.domain.operation import Verb
from console.domain.wish import Wish

_UNTIL = ("safe", "bake", "done")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "deploy",
        help="ship a version",
        description="Ship a version to one service and follow it to its verdict.",
    )
    add_address(parser)
    parser.add_argument("--version", metavar="TAG", required=True, help="a tag or digest in the registry")
    add_following(parser)
    add_options(parser, run_deploy)


def add_following(parser: argparse.ArgumentParser) -> None:
    """How far a deployment is followed, and what its pauses meet."""
    parser.add_argument(
        "--until",
        choices=_UNTIL,
        default="done",
        help="end the watch once it is safe, or once it bakes (BAKING): ECS goes on",
    )
    parser.add_argument(
        "--continue-hooks",
        action="store_true",
        help="continue every pause of this deployment; else a pause ends the watch (PAUSED)",
    )


def run_deploy(arguments: argparse.Namespace) -> int:
    """``quarterdeck deploy``"""
    return run(arguments, lambda engine, address, report: deploy(engine, address, arguments, report))


def deploy(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a deploy, or follow the one of the same version that is under way."""
    under_way = None if arguments.dry_run else engine.attachable(Verb.DEPLOY, address)
    if under_way and is_about(under_way, arguments.version):
        return follow(engine.resume(under_way.id), report)
    plan = engine.plan(Wish(Verb.DEPLOY, address, version=arguments.version))
    if under_way and is_about(under_way, plan.target.digest):
        return follow(engine.resume(under_way.id), report)
    report.planned(plan)
    return carry_out(engine, plan, arguments, report)
