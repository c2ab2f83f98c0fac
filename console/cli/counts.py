"""``scale``, ``drain``, ``undrain`` and ``restart`` without a screen: the same version, other tasks."""

import argparse

from console.cli.groups import carry_group
from console.cli.operate import add_address, add_following, add_options, add_target, carry, run
from console.cli.options import Subparsers, whole_number
from console.domain.group import GroupWish
from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import UsageError


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the four verbs to the command line."""
    scale = subparsers.add_parser(
        "scale",
        help="change how many tasks there are, or may be",
        description="Change the desired count, or what autoscaling may make of it.",
    )
    add_address(scale)
    scale.add_argument("--desired", metavar="N", type=whole_number, help="how many tasks there are to be")
    scale.add_argument("--min", metavar="N", type=whole_number, help="the least that autoscaling leaves")
    scale.add_argument("--max", metavar="N", type=whole_number, help="the most that autoscaling makes")
    add_options(scale, run_scale)

    drain = subparsers.add_parser(
        "drain",
        help="take work away from a service, a task or an instance",
        description="Let a service serve nothing, stop one task, or empty a container instance.",
    )
    undrain = subparsers.add_parser(
        "undrain",
        help="take a drain back exactly",
        description="Bring back what a drain took away: counts and autoscaling as they were.",
    )
    for parser, runs in ((drain, run_drain), (undrain, run_undrain)):
        add_address(parser)
        only = parser.add_mutually_exclusive_group()
        if parser is drain:
            only.add_argument("--task", metavar="ID", default="", help="one task, by the beginning of its id")
        only.add_argument(
            "--instance", metavar="ID", default="", help="a container instance of the service's cluster"
        )
        add_options(parser, runs)

    restart = subparsers.add_parser(
        "restart",
        help="start the same version anew",
        description="Replace every task of a service, or of a group's, by one of the same definition.",
    )
    add_target(restart)
    add_following(restart)
    add_options(restart, run_restart)


def run_scale(arguments: argparse.Namespace) -> int:
    """``quarterdeck scale``"""
    counts = {"desired": arguments.desired, "minimum": arguments.min, "maximum": arguments.max}
    if all(value is None for value in counts.values()):
        raise UsageError("scale needs a count", "pass --desired N, --min N or --max N")
    return run(
        arguments,
        lambda engine, address, report: carry(engine, Wish(Verb.SCALE, address, **counts), arguments, report),
    )


def run_drain(arguments: argparse.Namespace) -> int:
    """``quarterdeck drain``"""
    return run(
        arguments,
        lambda engine, address, report: carry(
            engine,
            Wish(Verb.DRAIN, address, task=arguments.task, instance=arguments.instance),
            arguments,
            report,
        ),
    )


def run_undrain(arguments: argparse.Namespace) -> int:
    """``quarterdeck undrain``"""
    return run(
        arguments,
        lambda engine, address, report: carry(
            engine, Wish(Verb.UNDRAIN, address, instance=arguments.instance), arguments, report
        ),
    )


def run_restart(arguments: argparse.Namespace) -> int:
    """``quarterdeck restart``"""
    return run(
        arguments,
        lambda engine, address, report: carry(engine, Wish(Verb.RESTART, address), arguments, report),
        lambda engine, group, report: carry_group(engine, GroupWish(Verb.RESTART, group), arguments, report),
    )
