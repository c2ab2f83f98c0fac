"""``validate``: a service, a group or an environment, judged line by line. Reads only."""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping

from console.cli.options import Subparsers, add_config
from console.cli.output import say, say_json
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.findings import Finding, Outcome
from console.domain.text import cell_width, plain
from console.domain.words import utc
from console.ports import Clock


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "validate",
        help="whether services are as they should be",
        description="Look whether a service, or every service of an environment or a group, rests on the "
        "version that it should run, is healthy, passes its reading smoke steps and keeps to its limits.",
    )
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        help="system/environment/alias, system/environment or system/environment/@group",
    )
    parser.add_argument(
        "--version",
        metavar="TAG",
        default="",
        help="a tag or digest that should run; else what the console left there",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_config(parser)
    parser.set_defaults(run=run_validate)


def run_validate(arguments: argparse.Namespace) -> int:
    """``quarterdeck validate``: 0 where nothing is NG, else 1."""
    from console.config.discover import find
    from console.config.loader import load
    from console.runtime import Runtime

    settings = load(find(getattr(arguments, "config", None)))
    chosen = select(settings, arguments.address)
    runtime = Runtime(settings)
    findings = runtime.findings(chosen, arguments.version)
    return tell(findings, runtime.clock, as_json=arguments.json)


def select(settings: Settings, text: str) -> tuple[Address, ...]:
    """The services that are named: one, or those of a group in the order of its waves.

    Raises:
        UnknownServiceError: when nothing is named so.
    """
    from console.config.addresses import resolve, resolve_group
    from console.operations.group import waves_of

    group = resolve_group(settings, text)
    if group is None:
        return (resolve(settings, text),)
    aliases = (alias for wave in waves_of(group, settings) for alias in wave)
    return tuple(Address(group.system, group.environment, alias) for alias in aliases)


def tell(findings: Iterable[Finding], clock: Clock, *, as_json: bool) -> int:
    """Print findings as they come, then how many there were of each; the exit code."""
    counts: Counter[Outcome] = Counter()
    subject = ""
    for finding in findings:
        counts[finding.outcome] += 1
        if as_json:
            say_json(_facts(finding, clock))
            continue
        if finding.subject != subject:
            subject = finding.subject
            say(subject)
        say(_line(finding))
    outcome = Outcome.NG if counts[Outcome.NG] else Outcome.OK
    numbers = {item: counts[item] for item in Outcome}
    if as_json:
        say_json(_summary(outcome, numbers, clock))
    else:
        say(_sentence(outcome, numbers))
    return 1 if outcome is Outcome.NG else 0


_NAME_CELLS = 30


def _line(finding: Finding) -> str:
    name = plain(finding.name)
    name += " " * (_NAME_CELLS - cell_width(name))
    evidence = f" · {finding.evidence}" if finding.evidence and finding.outcome is Outcome.NG else ""
    return f"  {finding.outcome.value:<4}  {name}  {plain(finding.said + evidence)}"


def _sentence(outcome: Outcome, counts: Mapping[Outcome, int]) -> str:
    numbers = ", ".join(f"{number} {item.value}" for item, number in counts.items())
    return f"{outcome.value} · {numbers}"


def _facts(finding: Finding, clock: Clock) -> dict[str, object]:
    return {
        "event": "finding",
        "at": utc(clock.now()),
        "operation": None,
        "text": f"{finding.outcome.value} {finding.name}: {finding.said}",
        "address": finding.subject,
        "name": finding.name,
        "outcome": finding.outcome.value,
        "said": finding.said,
        "fatal": finding.fatal,
        "took_s": finding.took_s,
        "evidence": finding.evidence,
    }


def _summary(outcome: Outcome, counts: Mapping[Outcome, int], clock: Clock) -> dict[str, object]:
    return {
        "event": "validated",
        "at": utc(clock.now()),
        "operation": None,
        "text": _sentence(outcome, counts),
        "outcome": outcome.value,
        **{item.value.lower(): number for item, number in counts.items()},
    }
