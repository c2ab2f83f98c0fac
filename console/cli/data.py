"""``migrate`` and ``restore`` without a screen: a schema forward, a database back."""

import argparse

from console.cli.operate import DRY_RUN, Engine, add_address, add_options, carry, follow, run
from console.cli.options import Subparsers, whole_number
from console.cli.report import Report
from console.domain.address import Address
from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import RefusedError


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the two verbs to the command line."""
    migrate = subparsers.add_parser(
        "migrate",
        help="change the schema by the configured migration",
        description="Take a snapshot where a database is configured, then run the migration as a one-off "
        "task on a version's own digest.",
    )
    add_address(migrate)
    migrate.add_argument(
        "--version", metavar="TAG", default="", help="a tag or digest in the registry; else what runs"
    )
    add_options(migrate, run_migrate)
    restore = subparsers.add_parser(
        "restore",
        help="bring a database back, step by step",
        description="Restore a snapshot into a new instance, with the service off meanwhile. It stops where "
        "a person has to act or to judge (PAUSED), and goes on with --answer.",
    )
    add_address(restore)
    restore.add_argument(
        "--snapshot", metavar="NAME", default="", help="else the newest by hand or before a migration"
    )
    restore.add_argument(
        "--database", metavar="NAME", default="", help="the new instance; else the old name with -restored"
    )
    restore.add_argument(
        "--to", metavar="VERSION", default="", help="the version to start; else the one that ran well before"
    )
    restore.add_argument(
        "--desired", metavar="N", type=whole_number, help="how many tasks to start; else as many as ran"
    )
    restore.add_argument(
        "--answer",
        choices=("yes", "no"),
        help="answer what the restore under way asks: yes goes on with it, no ends it",
    )
    add_options(restore, run_restore)


def run_migrate(arguments: argparse.Namespace) -> int:
    """``quarterdeck migrate``"""
    return run(
        arguments,
        lambda engine, address, report: carry(
            engine, Wish(Verb.MIGRATE, address, version=arguments.version), arguments, report
        ),
    )


def run_restore(arguments: argparse.Namespace) -> int:
    """``quarterdeck restore``"""
    return run(arguments, lambda engine, address, report: restore(engine, address, arguments, report))


def restore(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Begin a restore, follow the one that does the same, or answer the one that is under way."""
    if arguments.answer:
        return answer(engine, address, arguments, report)
    wish = Wish(
        Verb.RESTORE,
        address,
        snapshot=arguments.snapshot,
        database=arguments.database,
        to=arguments.to,
        desired=arguments.desired,
    )
    return carry(engine, wish, arguments, report)


def answer(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Answer what the restore under way asks, and follow it as far as it goes; it was confirmed when it
    began.

    Raises:
        RefusedError: when none is under way.
    """
    record = engine.attachable(Verb.RESTORE, address)
    if record is None:
        raise RefusedError(
            f"no restore of {address} is under way", f"quarterdeck journal list {address} says how it ended"
        )
    if arguments.dry_run:
        asks = engine.open_question(record.id)
        report.close(None, f"{DRY_RUN}; it asks: {asks}" if asks else f"{DRY_RUN}; it asks nothing now")
        return 0
    yes = arguments.answer == "yes"
    engine.answer(record.id, yes=yes)
    return follow(engine.resume(record.id, goes_on=yes), report)
