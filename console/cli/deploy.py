"""``deploy`` without a screen: one service or a group, or what could be deployed."""

import argparse
from collections.abc import Mapping
from dataclasses import replace

from console.cli import offers
from console.cli.groups import GroupEngine, carry_group
from console.cli.operate import (
    DRY_RUN,
    Engine,
    add_following,
    add_options,
    add_target,
    carry_out,
    follow,
    is_about,
    run,
    unconfirmed,
)
from console.cli.options import Subparsers, limit, seconds, whole_number
from console.cli.report import Report
from console.domain.address import Address
from console.domain.group import GroupAddress, GroupWish
from console.domain.guard import GuardMode
from console.domain.guarded import GuardAnswer
from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import RefusedError, UsageError

SIZES = ("memory", "cpu", "grace")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "deploy",
        help="ship a version",
        description="Ship a version to one service, or to a group in its waves, and follow it to its end.",
    )
    add_target(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--version", metavar="TAG", default="", help="a tag or digest in the registry")
    what.add_argument("--list", action="store_true", help="show what the registry holds, and send nothing")
    parser.add_argument("--limit", metavar="N", type=limit, default=20, help="--list: at most so many (20)")
    parser.add_argument(
        "--member",
        metavar="ALIAS=TAG",
        type=_member,
        action="append",
        default=[],
        help="group: another version for one member; repeatable",
    )
    parser.add_argument(
        "--container",
        metavar="NAME",
        action="append",
        default=[],
        help="only this container's image; repeatable; else those of the configuration",
    )
    parser.add_argument("--memory", metavar="MB", type=whole_number, help="the task's memory")
    parser.add_argument("--cpu", metavar="UNITS", type=whole_number, help="the task's CPU, 1024 a vCPU")
    parser.add_argument("--grace", metavar="S", type=whole_number, help="seconds before health checks count")
    parser.add_argument(
        "--migrate",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="the migration first, or not; else where one is configured and the image changes",
    )
    add_guard(parser)
    add_following(parser)
    add_options(parser, run_deploy)


def add_guard(parser: argparse.ArgumentParser) -> None:
    """How the figures of the new version are judged, and what a trip does."""
    parser.add_argument(
        "--guard",
        choices=[item.value for item in GuardMode],
        default="",
        help="what it does when the new version is worse: ask, roll back by itself, or nothing;"
        " else as configured",
    )
    parser.add_argument(
        "--bake",
        metavar="TIME",
        type=seconds,
        help="go on judging for 90, 90s or 10m once it is done; else as configured",
    )
    parser.add_argument(
        "--answer",
        choices=[item.value for item in GuardAnswer],
        help="answer the guard of the deploy under way: back rolls back now, wait goes on judging,"
        " ignore switches it off",
    )


def run_deploy(arguments: argparse.Namespace) -> int:
    """``quarterdeck deploy``

    Raises:
        UsageError: when the options do not say what to ship, or do not go together.
    """
    if arguments.list:
        return run(arguments, lambda engine, address, report: offers.show(engine, address, arguments))
    if arguments.answer:
        return run(arguments, lambda engine, address, report: answer(engine, address, arguments, report))
    sized = any(getattr(arguments, name) is not None for name in SIZES)
    if not arguments.version and not arguments.member and not sized:
        raise UsageError("deploy needs a version", "pass --version TAG; --list shows what there is")
    return run(
        arguments,
        lambda engine, address, report: deploy(engine, address, arguments, report),
        lambda engine, group, report: deploy_group(engine, group, arguments, report),
    )


def deploy(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a deploy, or follow the one of the same version that is under way.

    Raises:
        UsageError: for what concerns groups only.
    """
    if arguments.member:
        raise UsageError("--member is for groups", "pass --version TAG")
    wish = wished(address, arguments)
    under_way = None if arguments.dry_run else engine.attachable(Verb.DEPLOY, address)
    by_version = replace(wish, guard="", bake_s=None) == Wish(Verb.DEPLOY, address, version=wish.version)
    if under_way and by_version and is_about(under_way, wish.version):
        return follow(engine.resume(under_way.id), report)
    if under_way and not by_version and (same := engine.joinable(wish)):
        return follow(engine.resume(same.id), report)
    plan = engine.plan(wish)
    if under_way and by_version and is_about(under_way, plan.target.digest):
        return follow(engine.resume(under_way.id), report)
    report.planned(plan)
    return carry_out(engine, plan, arguments, report)


def wished(address: Address, arguments: argparse.Namespace) -> Wish:
    """What the options ask for."""
    return Wish(
        Verb.DEPLOY,
        address,
        version=arguments.version,
        containers=tuple(arguments.container),
        memory_mb=arguments.memory,
        cpu=arguments.cpu,
        grace_s=arguments.grace,
        migrate=arguments.migrate,
        guard=arguments.guard,
        bake_s=arguments.bake,
    )


def answer(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Answer what the guard of the deploy under way asks, and follow that deploy to its end.

    Raises:
        RefusedError: when no deploy is under way, or its guard has not tripped.
    """
    record = engine.attachable(Verb.DEPLOY, address)
    if record is None:
        raise RefusedError(
            f"no deploy of {address} is under way", f"quarterdeck journal list {address} says how it ended"
        )
    if arguments.dry_run:
        asks = engine.open_question(record.id)
        report.close(None, f"{DRY_RUN}; it asks: {asks}" if asks else f"{DRY_RUN}; it asks nothing now")
        return 0
    given, plan = GuardAnswer(arguments.answer), None
    if given is GuardAnswer.BACK:
        plan = engine.plan(Wish(Verb.ROLLBACK, address))
        report.planned(plan)
        ended = unconfirmed(plan, arguments, report)
        if ended is not None:
            return ended
    if not engine.answer_guard(record.id, given, plan, arguments.confirm):
        raise RefusedError(
            f"the guard of {address} has no open question: not tripped, or already answered",
            f"quarterdeck rollback {address} goes back all the same",
        )
    return follow(engine.resume(record.id), report)


def deploy_group(
    engine: GroupEngine, group: GroupAddress, arguments: argparse.Namespace, report: Report
) -> int:
    """A version for every member of a group.

    Raises:
        UsageError: for what concerns one service only.
    """
    if arguments.container or any(getattr(arguments, name) is not None for name in SIZES):
        raise UsageError("a group has no containers and no size of its own", "name one service")
    versions: Mapping[str, str] = dict(arguments.member)
    wish = GroupWish(
        Verb.DEPLOY,
        group,
        version=arguments.version,
        versions=versions,
        migrate=arguments.migrate,
        guard=arguments.guard,
        bake_s=arguments.bake,
    )
    return carry_group(engine, wish, arguments, report)


def _member(text: str) -> tuple[str, str]:
    alias, _, version = text.partition("=")
    if not alias or not version:
        raise argparse.ArgumentTypeError(f"{text!r} is not ALIAS=TAG")
    return alias, version
