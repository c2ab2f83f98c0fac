"""``deploy``, ``rollback`` and ``release`` without a screen: plan, confirm, follow to a verdict."""

import argparse
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from console.cli.options import Subparsers, add_config, seconds
from console.cli.output import log_crash
from console.cli.report import Report
from console.clock import SystemClock
from console.domain.address import Address
from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.errors import QuarterdeckError

INTERRUPTED = 130
CONTACT_LOST_S = 60.0
"""Without a successful read for so long, nobody can say how it ends: UNKNOWN."""
GIVE_UP_S = 1800.0
"""A rollout that never ends must not hold a CI run for ever."""
DRY_RUN = "dry run: nothing was sent"


class Engine(Protocol):
    """What a headless operation needs of :class:`console.operations.engine.Engine`."""

    def plan_deploy(self, address: Address, version: str) -> Plan: ...

    def plan_rollback(self, address: Address, to: str = "") -> Plan: ...

    def execute(self, plan: Plan, typed: str | None = None) -> Iterator[OperationEvent]: ...

    def resume(self, operation_id: str) -> Iterator[OperationEvent]: ...

    def end_hold(self, address: Address) -> Iterator[OperationEvent]: ...

    def attachable(self, verb: Verb, address: Address) -> OperationRecord | None: ...


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the three verbs to the command line."""
    deploy = subparsers.add_parser(
        "deploy",
        help="ship a version",
        description="Ship a version to one service and follow it to its verdict.",
    )
    deploy.add_argument("address", metavar="ADDRESS", help="system/environment/alias")
    deploy.add_argument("--version", metavar="TAG", required=True, help="a tag or digest in the registry")
    rollback = subparsers.add_parser(
        "rollback",
        help="go back to what ran well before",
        description="Take one service back to the newest proven version and follow it to its verdict.",
    )
    rollback.add_argument("address", metavar="ADDRESS", help="system/environment/alias")
    rollback.add_argument(
        "--to", metavar="VERSION", default="", help="a label, digest or :REVISION of what ran before"
    )
    for parser, run in ((deploy, run_deploy), (rollback, run_rollback)):
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
            help="stop watching after 90, 90s or 30m (the default): STUCK or TIMED_OUT; it goes on",
        )
        add_config(parser)
        parser.set_defaults(run=run)
    release = subparsers.add_parser(
        "release",
        help="end the hold that a rollback left",
        description="End the hold on a service: its next deploy is no longer warned about.",
    )
    release.add_argument("address", metavar="ADDRESS", help="system/environment/alias")
    release.add_argument("--json", action="store_true", help="one JSON object a line")
    add_config(release)
    release.set_defaults(run=run_release, timeout=None)


def run_deploy(arguments: argparse.Namespace) -> int:
    """``quarterdeck deploy``"""
    return _run(arguments, lambda engine, address, report: deploy(engine, address, arguments, report))


def run_rollback(arguments: argparse.Namespace) -> int:
    """``quarterdeck rollback``"""
    return _run(arguments, lambda engine, address, report: rollback(engine, address, arguments, report))


def run_release(arguments: argparse.Namespace) -> int:
    """``quarterdeck release``"""
    return _run(arguments, lambda engine, address, report: follow(engine.end_hold(address), report))


def deploy(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a deploy, or follow the one of the same version that is under way."""
    under_way = None if arguments.dry_run else engine.attachable(Verb.DEPLOY, address)
    if under_way and _is_about(under_way, arguments.version):
        return follow(engine.resume(under_way.id), report)
    plan = engine.plan_deploy(address, arguments.version)
    if under_way and _is_about(under_way, plan.target.digest):
        return follow(engine.resume(under_way.id), report)
    report.planned(plan)
    if plan.blockers and not plan.nothing_to_do:
        failed = "; ".join(f"{check.name}: {check.evidence}" for check in plan.blockers)
        return refuse(report, f"a required check fails: {failed}", plan.blockers[0].remedy)
    return carry_out(engine, plan, arguments, report)


def rollback(engine: Engine, address: Address, arguments: argparse.Namespace, report: Report) -> int:
    """Plan and carry out a rollback, or follow the one that is under way; ``--to`` another version
    than that one's is a rollback of its own."""
    under_way = None if arguments.dry_run else engine.attachable(Verb.ROLLBACK, address)
    if under_way and (not arguments.to or _is_about(under_way, arguments.to)):
        return follow(engine.resume(under_way.id), report)
    plan = engine.plan_rollback(address, arguments.to)
    report.planned(plan)
    if not plan.proven and not arguments.to and not plan.nothing_to_do:
        others = ", ".join(item.release.version.label for item in plan.candidates) or "none"
        reason = f"no proven way back: {plan.target.version.label} is the next candidate, but {plan.doubt}"
        return refuse(report, reason, f"choose with --to VERSION (others: {others})")
    return carry_out(engine, plan, arguments, report)


def carry_out(engine: Engine, plan: Plan, arguments: argparse.Namespace, report: Report) -> int:
    """Confirm and execute a plan that nothing speaks against."""
    typed = arguments.confirm
    accepted = {plan.confirm or plan.address.short, str(plan.address)}
    if typed is not None and typed not in accepted:
        return refuse(report, f"--confirm {typed} is not this service", _what_to_pass(plan))
    if arguments.dry_run:
        nothing = f"; nothing would be: {plan.nothing_to_do}" if plan.nothing_to_do else ""
        report.close(None, DRY_RUN + nothing)
        return 0
    if plan.confirm and typed is None and not plan.nothing_to_do:
        return refuse(report, f"{plan.tier.value} has to be confirmed", _what_to_pass(plan))
    return follow(engine.execute(plan, typed), report)


def follow(events: Iterator[OperationEvent], report: Report) -> int:
    """Print events until the last, which has the verdict; the exit code of that verdict.

    A refusal before anything was sent is a verdict too, with the plan that it is about.
    Once an order may have left, whatever ends the watch early is UNKNOWN: the platform goes on.
    """
    verdict: object = None
    try:
        for event in events:
            report.happened(event)
            verdict = event.facts.get("verdict") if event.event == "verdict" else verdict
    except KeyboardInterrupt:
        if not report.sent:
            report.close(None, "interrupted: nothing was sent")
            return INTERRUPTED
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


def _lost(report: Report, reason: str) -> int:
    report.close(Verdict.UNKNOWN, f"{reason} · the same command follows it to its end")
    return Verdict.UNKNOWN.exit_code


def _what_to_pass(plan: Plan) -> str:
    return f"pass --confirm {plan.confirm or plan.address.short}"


def _is_about(record: OperationRecord, version: str | None) -> bool:
    """Whether an operation ships that version: by its label, or by eight or more digits of its digest."""
    digest = str(record.target.get("digest") or "").removeprefix("sha256:")
    wanted = (version or "").removeprefix("@").removeprefix("sha256:")
    return version == record.target.get("version") or (len(wanted) >= 8 and digest.startswith(wanted))


def _run(arguments: argparse.Namespace, work: Callable[[Engine, Address, Report], int]) -> int:
    """Load, resolve, open, work; a termination by CI counts as an interruption."""
    from console.config.addresses import resolve
    from console.config.discover import find
    from console.config.loader import load

    settings = load(find(arguments.config))
    address = resolve(settings, arguments.address)
    from console.runtime import Runtime

    runtime = Runtime(settings, contact_lost_s=CONTACT_LOST_S, timeout_s=arguments.timeout)
    with termination_interrupts():
        return work(runtime.engine, address, Report(runtime.clock, as_json=arguments.json))


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
