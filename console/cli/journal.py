"""``quarterdeck journal``: the deployment log, as a table, in full, and for programs."""

import argparse

from console.cli.options import Subparsers, add_config, limit
from console.cli.output import say, say_json
from console.cli.table import lined_up
from console.config.addresses import resolve
from console.config.discover import find
from console.config.loader import load
from console.config.settings import Settings
from console.domain.operation import OperationRecord
from console.domain.text import plain
from console.domain.words import NOTHING, clock, time_of_day, utc
from console.errors import UnknownServiceError, UsageError
from console.journal import form
from console.journal.sqlite import SqliteJournal
from console.ports import Journal

LOOKED_AT = 10_000
"""Newest operations among which the beginning of an id is looked for."""


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "journal",
        help="what was done, by whom, and how it ended",
        description="Every operation that this journal holds.",
    )
    verbs = parser.add_subparsers(dest="journal_verb", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="operations, newest first")
    listing.add_argument(
        "prefix", metavar="PREFIX", nargs="?", default="", help="system[/environment[/alias]]"
    )
    listing.add_argument("--limit", metavar="N", type=limit, default=50, help="at most so many (50)")
    listing.set_defaults(run=run_list)
    showing = verbs.add_parser("show", help="one operation with everything that happened")
    showing.add_argument("id", metavar="ID", help="its id, or the beginning of it")
    showing.set_defaults(run=run_show)
    for each in (listing, showing):
        each.add_argument("--json", action="store_true", help="one JSON object")
        add_config(each)


def run_list(arguments: argparse.Namespace) -> int:
    """``journal list``"""
    settings = load(find(arguments.config))
    journal = SqliteJournal(settings.journal)
    records = journal.operations(_prefix(settings, arguments.prefix), arguments.limit)
    if arguments.json:
        say_json({"operations": [form.operation(record) for record in records]})
    elif records:
        for line in table(records):
            say(plain(line))
    else:
        say(
            plain(
                f"no operation{' on ' + arguments.prefix if arguments.prefix else ''} in {settings.journal}"
            )
        )
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """``journal show``"""
    settings = load(find(arguments.config))
    journal = SqliteJournal(settings.journal)
    record = chosen(journal, arguments.id)
    entries = journal.entries(record.id)
    if arguments.json:
        say_json({"operation": form.operation(record), "entries": [form.entry(line) for line in entries]})
        return 0
    for line in detail(record):
        say(plain(line))
    for entry in entries:
        say(plain(f"{time_of_day(entry.at)}  {entry.event:<12} {entry.text}"))
    return 0


def chosen(journal: Journal, id: str) -> OperationRecord:
    """The operation with that id, or the only one whose id begins so.

    Raises:
        UsageError: when there is none, or several.
    """
    wanted = id.upper()
    found = journal.operation(wanted)
    if found is not None:
        return found
    matches = [item for item in journal.operations(limit=LOOKED_AT) if wanted and item.id.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"{len(matches)} operations begin with {id}", "write more of it")
    raise UsageError(f"the journal holds no operation {id}", "see quarterdeck journal list")


def table(records: tuple[OperationRecord, ...]) -> list[str]:
    """One row an operation, columns as wide as they have to be."""
    head = ("PLANNED", "OPERATION", "FROM", "TO", "VERDICT", "BY", "SAFE", "WHO", "ID")
    rows = [head, *(_row(record) for record in records)]
    return lined_up(rows)


def detail(record: OperationRecord) -> list[str]:
    """One operation above its entries."""
    ordered, safe, done = (
        _elapsed(record.seconds_to(at)) for at in (record.accepted_at, record.safe_at, record.done_at)
    )
    return [
        f"{record.id} · {record.verb.value} {record.address}",
        f"{_version(record.source)} -> {_version(record.target)} · {record.mechanism.value}",
        f"{_verdict(record)}{' by ' + record.by if record.by else ''}"
        + (f" · {record.reason}" if record.reason else ""),
        f"planned {utc(record.planned_at)} · ordered {ordered} · safe {safe} · done {done} after confirmed",
        *filter(None, (record.safety.trouble,)),
        f"{record.actor} ({record.caller}) on {record.host}, process {record.pid}",
        f"account {record.account} · {record.region} · {record.cluster} · {record.service}",
        "",
    ]


def _row(record: OperationRecord) -> tuple[str, ...]:
    return (
        utc(record.planned_at)[:19].replace("T", " "),
        f"{record.verb.value} {record.address}",
        _version(record.source),
        _version(record.target),
        _verdict(record),
        record.by or NOTHING,
        "lost" if record.safety.is_lost else _elapsed(record.seconds_to(record.safe_at)),
        record.actor,
        record.id,
    )


def _version(facts: object) -> str:
    label = facts.get("version") if isinstance(facts, dict) else None
    return str(label) if label else NOTHING


def _verdict(record: OperationRecord) -> str:
    return record.verdict.words if record.verdict else "open"


def _elapsed(elapsed_s: float | None) -> str:
    return NOTHING if elapsed_s is None else clock(elapsed_s)


def _prefix(settings: Settings, text: str) -> str:
    """An address in full; anything else as it is: the journal may know what is configured no more."""
    try:
        return str(resolve(settings, text))
    except UnknownServiceError:
        return text
