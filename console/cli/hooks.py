"""``continue`` without a screen: a decision about a deployment that waits at a pause."""

import argparse

from console.cli.operate import add_address, add_options, carry, run
from console.cli.options import Subparsers
from console.domain.operation import Verb
from console.domain.wish import Wish


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "continue",
        help="continue or refuse a paused deployment",
        description="Continue the deployment that waits at a pause, whoever ordered it.",
    )
    add_address(parser)
    parser.add_argument("--refuse", action="store_true", help="refuse it: ECS rolls the deployment back")
    add_options(parser, run_continue)


def run_continue(arguments: argparse.Namespace) -> int:
    """``quarterdeck continue``"""
    return run(
        arguments,
        lambda engine, address, report: carry(
            engine, Wish(Verb.CONTINUE, address, refuse=arguments.refuse), arguments, report
        ),
    )
