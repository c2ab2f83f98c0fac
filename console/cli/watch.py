"""``quarterdeck watch``: only what is new, of one service to its verdict, of a fleet until interrupted."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from console.cli.operate import INTERRUPTED, termination_interrupts
from console.cli.options import Subparsers, add_config, seconds
from console.cli.report import Report
from console.cli.status import select
from console.config.discover import find
from console.config.loader import load
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.fleet import FleetSnapshot, Problem
from console.domain.operation import OperationEvent, OperationRecord, Verb, Verdict
from console.errors import JournalError, UnknownServiceError

if TYPE_CHECKING:
    from console.operations.news import Sight
    from console.runtime import Runtime

LOOK_EVERY_S = 1.0
"""How often the fleet's pictures are compared; how often each is read is the pollers' to decide."""


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "watch",
        help="what is new, to the verdict",
        description="Follow the rollout of one service to its verdict, whoever ordered it; with nothing "
        "under way, the last verdict at once. Without an address, or with the beginning of several: a line "
        "for every change, until interrupted.",
    )
    parser.add_argument("address", nargs="?", default="", metavar="ADDRESS", help="system/environment/alias")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=seconds,
        help="of one service: stop watching after 90, 90s or 30m; without it, at the verdict",
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch what the arguments name.

    Raises:
        UnknownServiceError: nothing configured is called so.
    """
    settings = load(find(getattr(arguments, "config", None)))
    address = _one(settings, arguments.address)
    from console.runtime import Runtime

    runtime = Runtime(settings, timeout_s=arguments.timeout)
    report = Report(runtime.clock, as_json=arguments.json)
    with termination_interrupts():
        if address is not None:
            return follow(one(runtime, address, arguments.timeout), report)
        chosen = select(settings, arguments.address)
        return follow(fleet(runtime, chosen), report)


def _one(settings: Settings, text: str) -> Address | None:
    """The service that is named; ``None`` where several are."""
    from console.config.addresses import resolve

    try:
        return resolve(settings, text)
    except UnknownServiceError:
        if text.strip("/").count("/") >= 2:
            raise
        return None


def follow(events: Iterator[OperationEvent], report: Report) -> int:
    """Print events to the verdict; its exit code, or 130 when interrupted: what goes on, goes on."""
    verdict: object = None
    try:
        for event in events:
            report.happened(event)
            verdict = event.facts.get("verdict") if event.event == "verdict" else verdict
    except KeyboardInterrupt:
        report.close(None, "interrupted; what is under way goes on")
        return INTERRUPTED
    return Verdict(str(verdict)).exit_code if verdict else 0


def one(runtime: "Runtime", address: Address, timeout_s: float | None) -> Iterator[OperationEvent]:
    """The events of one service to its verdict: of our own operation where one is under way, else of
    whatever anybody ordered. Nothing is sent."""
    from console.operations.witness import Witness, newest_of_ours

    def operations() -> tuple[OperationRecord, ...]:
        with suppress(JournalError):  # then ECS's own list tells
            return runtime.journal.operations(str(address))
        return ()

    open_ones = [item for item in runtime.engine.open_operations() if item.address == address]
    mine = [item for item in open_ones if item.verb is not Verb.WATCH]  # of figures: the rollout is over
    if mine and mine[0].verb is not Verb.RELEASE:
        yield from runtime.engine.resume(mine[0].id)
        return
    witness = Witness(
        runtime.connections[address.place].platform,
        runtime.settings.service(address),
        runtime.clock,
        timeout_s,
        newest_of_ours(operations()),
        operations,
    )
    yield from witness.watch()


def fleet(runtime: "Runtime", chosen: Sequence[Address]) -> Iterator[OperationEvent]:
    """Every change of those services, until nobody asks for more."""
    stop = Event()
    for key, poller in runtime.pollers(chosen).items():
        Thread(target=poller.run, args=(stop,), name=f"watch {key}", daemon=True).start()
    told = Told(chosen)
    try:
        while True:
            taken = runtime.store.take()
            if taken is not None:
                for address, event, text, facts in told.news(taken):
                    line = f"{address}  {text}"
                    at = runtime.clock.now()
                    yield OperationEvent(event, at, None, line, {"address": address, **facts})
            runtime.clock.sleep(LOOK_EVERY_S)
    finally:
        stop.set()


class Told:
    """What has been said of every service, so that nothing is said twice."""

    def __init__(self, chosen: Sequence[Address]) -> None:
        self._chosen = frozenset(chosen)
        self._sights: dict[Address, Sight] = {}
        self._problems: dict[str, Problem] = {}

    def news(self, snapshot: FleetSnapshot) -> Iterator[tuple[str, str, str, dict[str, object]]]:
        """Address or environment, event, text and facts of what is new in a snapshot."""
        from console.operations.news import Sight, news

        for key, picture in snapshot.environments.items():
            known, problem = self._problems.get(key), picture.problem
            if problem is not None and (known is None or known.message != problem.message):
                text = f"{problem.title}: {problem.message} · {problem.remedy}".removesuffix(" · ")
                yield key, "problem", text, {"part": problem.part}
                self._problems[key] = problem
            elif problem is None and key in self._problems:
                del self._problems[key]
                yield key, "recovered", "everything is read again", {}
        for row in snapshot.services():
            if row.address not in self._chosen or row.status is None or row.remembered:
                continue
            now = Sight(row.status, row.observation, row.state, row.why)
            for item in news(self._sights.get(row.address), now):
                yield str(row.address), item.event, item.text, dict(item.facts)
            self._sights[row.address] = now
