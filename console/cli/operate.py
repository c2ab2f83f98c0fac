"""What every headless operation has in common: plan, confirm, follow to a verdict."""

import argparse
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from console.cli.options import add_config, seconds
from console.cli.output import log_crash
from console.cli.report import Report
from console.clock import SystemClock
from console.domain.address import Address
from console.domain.group import GroupAddress
from console.domain.guarded import GuardAnswer
from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.errors import QuarterdeckError, UsageError

if TYPE_CHECKING:
    from console.operations.engine import Engine as Operations

INTERRUPTED = 130
GIVE_UP_S = 1800.0
"""A rollout that never ends must not hold a CI run for ever."""
DRY_RUN = "dry run: nothing was sent"
UNTIL = ("safe", "bake", "done")


class Engine(Protocol):
    """What a headless operation needs of :class:`console.operations.engine.Engine`."""

    def plan(self, wish: Wish) -> Plan: ...

    def execute(self, plan: Plan, typed: str | None = None) -> Iterator[OperationEvent]: ...

    def resume(self, operation_id: str, *, goes_on: bool = False) -> Iterator[OperationEvent]: ...

    def open_question(self, operation_id: str) -> str: ...

    def answer(self, operation_id: str, *, yes: bool) -> bool: ...

    def answer_guard(
        self, operation_id: str, answer: GuardAnswer, plan: Plan | None = None, typed: str | None = None
    ) -> bool: ...

    def attachable(self, verb: Verb, address: Address) -> OperationRecord | None: ...

    def joinable(self, wish: Wish) -> OperationRecord | None: ...


def add_address(parser: argparse.ArgumentParser) -> None:
    """The service that it is about."""
    parser.add_argument("address", metavar="ADDRESS", help="system/environment/alias")


def add_target(parser: argparse.ArgumentParser) -> None:
    """The service or the group that it is about."""
    parser.add_argument(
        "address", metavar="ADDRESS", help="system/environment/alias, or a group: system/environment/@name"
    )


def add_until(parser: argparse.ArgumentParser) -> None:
    """How far what ships is followed."""
    parser.add_argument(
        "--until",
        choices=UNTIL,
        default="done",
        help="end the watch once it is safe, or once it bakes (BAKING): ECS goes on",
    )


def add_following(parser: argparse.ArgumentParser) -> None:
    """How far what ships is followed, and what its pauses meet."""
    add_until(parser)
    parser.add_argument(
        "--continue-hooks",
        action="store_true",
        help="continue every pause of this deployment; else a pause ends the watch (PAUSED)",
    )


def add_options(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    """The options of every verb that changes something, and what runs it."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and send nothing")
    parser.add_argument(
        "--confirm",
        metavar="PHRASE",
        help="environment/alias or the full address; production asks for it",
    )
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=seconds,
        default=GIVE_UP_S,
        help="stop watching after 90, 90s or 30m (the default): STUCK, TIMED_OUT, or UNKNOWN without contact;"
        " the deployment continues",
    )
    add_config(parser)
    parser.set_defaults(run=run)


def carry(engine: Engine, wish: Wish, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a wish, or follow the operation under way that already does the same."""
    under_way = None if arguments.dry_run else engine.joinable(wish)
    if under_way:
        return follow(engine.resume(under_way.id), report)
    plan = engine.plan(wish)
    report.planned(plan)
    return carry_out(engine, plan, arguments, report)


def carry_out(engine: Engine, plan: Plan, arguments: argparse.Namespace, report: Report) -> int:
    """Confirm and execute a plan that nothing speaks against."""
    if plan.blockers and not plan.verb.goes_back and not plan.nothing_to_do:
        failed = "; ".join(f"{check.name}: {check.evidence}" for check in plan.blockers)
        return refuse(report, f"a required check fails: {failed}", plan.blockers[0].remedy)
    typed = arguments.confirm
    ended = unconfirmed(plan, arguments, report)
    return follow(engine.execute(plan, typed), report) if ended is None else ended


def unconfirmed(plan: Plan, arguments: argparse.Namespace, report: Report) -> int | None:
    """Refuse what was not confirmed, and end a dry run: the exit code; ``None`` where it may be carried
    out."""
    typed = arguments.confirm
    if names_another(plan.address, typed, plan.confirm):
        return refuse(report, f"--confirm {typed} is not this service", _what_to_pass(plan))
    if arguments.dry_run:
        nothing = f"; nothing would be: {plan.nothing_to_do}" if plan.nothing_to_do else ""
        report.close(None, DRY_RUN + nothing)
        return 0
    if plan.confirm and typed is None and not plan.nothing_to_do:
        return refuse(report, f"{plan.tier.value} has to be confirmed", _what_to_pass(plan))
    return None


def names_another(address: Address, typed: str | None, phrase: str = "") -> bool:
    """Whether ``--confirm`` was given, and names something else than this service."""
    return typed is not None and typed not in (phrase or address.short, str(address))


def follow(events: Iterator[OperationEvent], report: Report) -> int:
    """Print events until the last, which has the verdict; the exit code of that verdict.

    A refusal before anything was sent is a verdict too, with the plan that it is about.
    Once an order may have left, whatever ends the watch early is UNKNOWN: the platform goes on.
    """
    verdict: object = None
    try:
        for event in events:
            report.happened(event)
            if event.event == "verdict" and "member" not in event.facts:
                verdict = event.facts.get("verdict")
    except KeyboardInterrupt:
        if not report.sent:
            return _interrupted(report)
        return _lost(report, "interrupted after the order was sent; it goes on without being watched")
    except QuarterdeckError as error:
        if report.sent:
            return _lost(report, str(error))
        if error.exit_code == Verdict.REFUSED.exit_code:
            return refuse(report, error.message, error.remedy)
        raise
    except Exception as error:
        if not report.sent:
            raise
        details = log_crash(error, SystemClock().now())
        return _lost(report, f"unexpected {type(error).__name__} after the order was sent; {details}")
    return Verdict(str(verdict)).exit_code if verdict else 0


def refuse(report: Report, reason: str, remedy: str) -> int:
    """End without having sent anything."""
    report.close(Verdict.REFUSED, f"{reason} · {remedy}" if remedy else reason)
    return Verdict.REFUSED.exit_code


def _interrupted(report: Report) -> int:
    report.close(None, "interrupted: nothing was sent")
    return INTERRUPTED


def _lost(report: Report, reason: str) -> int:
    report.close(Verdict.UNKNOWN, f"{reason} · the same command follows it to its end")
    return Verdict.UNKNOWN.exit_code


def _what_to_pass(plan: Plan) -> str:
    return f"pass --confirm {plan.confirm or plan.address.short}"


def is_about(record: OperationRecord, version: str | None) -> bool:
    """Whether an operation ships that version: by its label, or by eight or more digits of its digest."""
    digest = str(record.target.get("digest") or "").removeprefix("sha256:")
    wanted = (version or "").removeprefix("@").removeprefix("sha256:")
    return version == record.target.get("version") or (len(wanted) >= 8 and digest.startswith(wanted))


def run(
    arguments: argparse.Namespace,
    work: "Callable[[Operations, Address, Report], int]",
    several: "Callable[[Operations, GroupAddress, Report], int] | None" = None,
) -> int:
    """Load, resolve, open, work; a termination by CI counts as an interruption.

    Args:
        several: What is done with a group; ``None``: the verb is nothing for groups.

    Raises:
        UsageError: when a group is named to such a verb.
        UnknownServiceError: when nothing is named so.
    """
    from console.config.addresses import resolve, resolve_group
    from console.config.discover import find
    from console.config.loader import load

    settings = load(find(arguments.config))
    group = resolve_group(settings, arguments.address)
    if group is not None and several is None:
        raise UsageError(f"{arguments.verb} is nothing for a group", "name one service")
    target = group or resolve(settings, arguments.address)
    from console.runtime import Runtime

    runtime = Runtime(
        settings,
        timeout_s=arguments.timeout,
        until=getattr(arguments, "until", "done"),
        hooks="continue" if getattr(arguments, "continue_hooks", False) else "stop",
        asks="stop",
    )
    report = Report(runtime.clock, as_json=arguments.json)
    with termination_interrupts():
        try:
            if isinstance(target, Address):
                return work(runtime.engine, target, report)
            return several(runtime.engine, target, report) if several else 0
        except KeyboardInterrupt:  # while it is planned: whatever was sent is followed, and tells its end
            return _interrupted(report)


@contextlib.contextmanager
def termination_interrupts() -> Iterator[None]:
    """A termination, as CI sends it, is an interruption."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
