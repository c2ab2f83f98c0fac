"""``quarterdeck logs``: the lines of all tasks of a service, merged by time, once or as they come."""

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import merge
from threading import Event

from console.cli.operate import termination_interrupts
from console.cli.options import Subparsers, add_config, seconds
from console.cli.output import say, say_json
from console.config.addresses import resolve
from console.config.discover import find
from console.config.loader import load
from console.domain.address import Address
from console.domain.signals import LogLine, LogPlace
from console.domain.text import plain
from console.domain.urgency import Urgency, urgently
from console.domain.words import utc
from console.errors import QuarterdeckError, UsageError
from console.logtail.order import key
from console.logtail.parse import readable
from console.logtail.query import SEVERITIES, LogQuery
from console.logtail.revisions import NEW, OLD, ages, numbers
from console.logtail.ring import LogRing
from console.logtail.tail import LogTail
from console.ports import Clock, LogSource, Platform

SINCE_S = 600.0
TASKS_S = 5.0
"""Seconds between looks at the tasks while lines of unknown ones come."""
ENOUGH = 20_000
"""Lines that are held back at most while what was written before is read, so that they can be ordered."""


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "logs",
        help="the log lines of a service's tasks",
        description="Print the log lines of all tasks of a service, merged by time. A TERM is words in any "
        "case or /an expression/; with several --filter all must be there.",
    )
    parser.add_argument("address", metavar="ADDRESS", help="system/environment/alias")
    parser.add_argument("--revision", metavar="WHICH", type=_revision, help="new, old or a number such as 43")
    parser.add_argument("--task", metavar="ID", action="append", default=[], help="the beginning will do")
    parser.add_argument(
        "--since", metavar="TIME", type=seconds, default=SINCE_S, help="90, 90s or 30m ago; 10m if left out"
    )
    parser.add_argument("--filter", metavar="TERM", action="append", default=[], help="lines that hold it")
    parser.add_argument("--exclude", metavar="TERM", action="append", default=[], help="not those that do")
    parser.add_argument("--severity", choices=SEVERITIES, default="", help="that and worse")
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")
    parser.add_argument("--json", action="store_true", help="one object a line")
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what is asked for; 2 when a part of it could not be read.

    Raises:
        UnknownServiceError, UsageError: for what cannot be meant.
        QuarterdeckError: when nothing could be read.
    """
    from console.runtime import Runtime

    settings = load(find(getattr(arguments, "config", None)))
    address = resolve(settings, arguments.address)
    query = _query(arguments)
    runtime = Runtime(settings)
    connection = runtime.connections[address.place]
    printer = Printer(connection.platform, address, runtime.clock, query, arguments.revision, arguments.json)
    since = runtime.clock.now() - timedelta(seconds=arguments.since)
    with termination_interrupts():
        if arguments.follow:
            return follow(connection.logs, address, runtime.clock, since, printer)
        return once(connection.logs, address, runtime.clock, since, printer)


def _revision(text: str) -> str:
    word = text.removeprefix(":")
    if word in (NEW, OLD) or (word.isascii() and word.isdigit()):
        return word
    raise argparse.ArgumentTypeError(f"{text!r} is not new, old or a number")


def _query(arguments: argparse.Namespace) -> LogQuery:
    return LogQuery(
        include=tuple(arguments.filter),
        exclude=tuple(arguments.exclude),
        severity=arguments.severity,
        tasks=frozenset(item.lower() for item in arguments.task),
    )


class Printer:
    """Prints the lines that are wanted, each with the revision of its task."""

    def __init__(
        self,
        platform: Platform,
        address: Address,
        clock: Clock,
        query: LogQuery,
        revision: str | None,
        as_json: bool,
    ) -> None:
        self._platform = platform
        self._address = address
        self._clock = clock
        self._as_json = as_json
        self._revision = revision or ""
        self._numbers: dict[str, str] = {}
        self._ages: dict[str, str] = {}
        self._looked_at: float | None = None
        self._noted: tuple[str, ...] = ()
        chosen = self._ages if self._revision in (NEW, OLD) else self._numbers
        wanted = frozenset((self._revision,)) if self._revision else frozenset[str]()
        self._query = replace(query, revisions=wanted, revision_of=chosen)

    def show(self, lines: Iterable[LogLine]) -> None:
        """Print those of the lines that are wanted."""
        for line in lines:
            if line.task not in self._numbers:
                self._look()
            if self._query.matches(line):
                self._say(line)
        for stopped in self._query.stopped:
            raise UsageError(f"{stopped} takes too long on these lines", "write it without repetitions")

    def note(self, notes: tuple[str, ...]) -> None:
        """Say on standard error what has not been said yet."""
        for note in notes:
            if note not in self._noted:
                print(plain(f"quarterdeck: logs: {note}"), file=sys.stderr, flush=True)
        self._noted = notes

    def _look(self) -> None:
        """Learn the revisions of tasks: of those that run, and those that stopped a short while ago."""
        now = self._clock.monotonic()
        if self._looked_at is not None and now - self._looked_at < TASKS_S:
            return
        self._looked_at = now
        try:
            seen = self._platform.observe(self._address)
        except QuarterdeckError as error:
            self.note((f"the tasks' revisions are not known: {error.message}",))
            return
        if "tasks" in seen.missing:
            self.note((f"the tasks' revisions are not known: {seen.missing['tasks']}",))
        self._numbers.update(numbers(seen.tasks))
        self._ages.update(ages(seen.tasks, seen.status))

    def _say(self, line: LogLine) -> None:
        revision = self._numbers.get(line.task)
        if self._as_json:
            say_json(
                {
                    "at": utc(line.at),
                    "revision": revision,
                    "task": line.task,
                    "container": line.container,
                    "severity": line.severity,
                    "text": line.text,
                    "id": line.id,
                }
            )
            return
        words = f"{utc(line.at)} :{revision or '?'} {line.task[:8]} {line.severity:5} {readable(line.text)}"
        say(words)


def once(source: LogSource, address: Address, clock: Clock, since: datetime, printer: Printer) -> int:
    """Print everything that was written since a moment; 2 when a place could not be read whole."""
    with urgently(Urgency.FOCUS):
        places = source.sources(address)
        readable_places = [place for place in places if not place.problem]
        printer.note(tuple(place.problem for place in places if place.problem))
        failed: dict[LogPlace, QuarterdeckError] = {}
        end = clock.now()
        groups = [_read(source, place, since, end, failed) for place in readable_places]
        printer.show(merge(*groups, key=key))
    printer.note(tuple(dict.fromkeys(error.message for error in failed.values())))
    if failed and len(failed) == len(readable_places):
        raise next(iter(failed.values()))
    return 2 if failed else 0


def _read(
    source: LogSource,
    place: LogPlace,
    start: datetime,
    end: datetime,
    failed: dict[LogPlace, QuarterdeckError],
) -> Iterator[LogLine]:
    token = ""
    while True:
        try:
            page = source.read(place, start, end, token)
        except QuarterdeckError as error:
            failed[place] = error
            return
        yield from sorted(page.lines, key=key)
        if not page.token or page.token == token:
            return
        token = page.token


def follow(source: LogSource, address: Address, clock: Clock, since: datetime, printer: Printer) -> int:
    """Print what was written since a moment and goes on to be; 0 when whoever reads ends it.

    Raises:
        QuarterdeckError: when it cannot even be read where the service logs; later that is a note.
    """
    source.sources(address)
    ring, stop, mark = LogRing(), Event(), 0
    tail = LogTail(source, address, ring, clock, since, whole=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            wait = tail.step(stop)
            printer.note(tail.notes)
            if tail.is_level or ring.arrived - mark > ENOUGH:
                added = ring.since(mark)
                mark = added.mark
                printer.show(sorted(added.lines, key=key))
            clock.wait(stop, wait)
    stop.set()
    tail.cancel()
    return 0
