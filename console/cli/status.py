"""``quarterdeck status``: the fleet as it is now, read once, for people and for programs."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from console.cli.options import Subparsers, add_config
from console.cli.output import say, say_json
from console.config.discover import find
from console.config.loader import load
from console.config.nearest import meant
from console.config.settings import Settings
from console.diagnosis.evidence import Scene
from console.domain.address import Address
from console.domain.fleet import EnvironmentPicture, Problem, ServicePicture
from console.domain.rollout import RolloutStatus
from console.domain.service import ServiceState
from console.domain.text import cell_width, plain
from console.domain.words import NOTHING, age, utc
from console.errors import EndpointError, UnknownServiceError
from console.ports import Clock

if TYPE_CHECKING:
    from console.runtime import Runtime

DEADLINE_S = 60.0
"""When an environment that has not been read by then is given up: the rest must still be printed."""
_ASCII = {"●": "o", "»": ">", "«": "<", "◔": "%", "▽": "v", "▲": "!", "✗": "X", "■": "#", "║": "=", "?": "?"}
_GLYPHS = {
    ServiceState.FAILING: "✗",
    ServiceState.STUCK: "■",
    ServiceState.PAUSED: "║",
    ServiceState.WARNING: "▲",
    ServiceState.ROLLING_BACK: "«",
    ServiceState.CANARY: "◔",
    ServiceState.ROLLING: "»",
    ServiceState.DRAINING: "▽",
    ServiceState.UNKNOWN: "?",
    ServiceState.DRAINED: "▽",
    ServiceState.STEADY: "●",
}
_COLUMNS = ("state", "service", "environment", "tasks", "version", "rollout", "age", "why")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "status",
        help="every service as it is now",
        description="Read every service once, or those whose address begins with PREFIX.",
    )
    parser.add_argument(
        "prefix", nargs="?", default="", metavar="PREFIX", help="system[/environment[/alias]]"
    )
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    add_config(parser)
    parser.set_defaults(run=status)


def status(arguments: argparse.Namespace) -> int:
    """Read what is asked for and print it; 2 when an environment of it has an error.

    Raises:
        UnknownServiceError: when nothing configured begins with the prefix.
    """
    from console.runtime import open_runtime

    settings = load(find(getattr(arguments, "config", None)))
    chosen = select(settings, arguments.prefix)
    runtime = open_runtime(settings)
    pictures = read(runtime, chosen)
    if arguments.json:
        say_json({"environments": [environment_facts(item, runtime.clock) for item in pictures]})
    else:
        for line in table(pictures, runtime.clock):
            say(line if _draws_unicode() else _in_ascii(line))
    return 2 if any(error_of(item) for item in pictures) else 0


def select(settings: Settings, prefix: str) -> tuple[Address, ...]:
    """The configured services whose address begins with whole parts of the prefix; ``environment``
    or ``environment/alias`` do where no system is called so.

    Raises:
        UnknownServiceError: when there is none; says the nearest address.
    """
    addresses = [service.address for service in settings.services()]
    names = {
        address: [(address.system, address.environment, alias) for alias in (address.alias, *service.also)]
        for address, service in zip(addresses, settings.services(), strict=True)
    }
    parts = tuple(part for part in prefix.split("/") if part)
    for skipped in (0, 1):
        found = tuple(
            address
            for address in addresses
            if any(name[skipped:][: len(parts)] == parts for name in names[address])
        )
        if found:
            return found
    known = dict.fromkeys(
        text
        for address in addresses
        for text in (str(address), f"{address.system}/{address.environment}", address.system)
    )
    shown = plain(prefix)
    raise UnknownServiceError(
        f"{shown or 'any service'} is not in {settings.path}",
        meant(shown, known) or "write system/environment",
    )


def read(runtime: "Runtime", chosen: Iterable[Address]) -> tuple[EnvironmentPicture, ...]:
    """Read every environment of those services once, all at the same time; raises nothing."""
    from console.watch.poller import EnvironmentPoller
    from console.watch.store import FleetStore

    asked: dict[str, list[Address]] = {}
    for address in chosen:
        asked.setdefault(f"{address.system}/{address.environment}", []).append(address)
    store = FleetStore()
    threads: dict[str, Thread] = {}
    for key, addresses in asked.items():
        connection = runtime.connections[key]
        poller = EnvironmentPoller(
            connection.platform, connection.signals, addresses, store, runtime.clock, runtime.engine.holds
        )
        threads[key] = Thread(target=poller.tick, name=f"status {key}", daemon=True)
        threads[key].start()
    end = runtime.clock.monotonic() + DEADLINE_S
    for thread in threads.values():
        thread.join(max(0.0, end - runtime.clock.monotonic()))
    late = {key for key, thread in threads.items() if thread.is_alive()}
    return tuple(
        _given_up(picture, runtime.clock) if key in late else picture
        for key, picture in store.snapshot.environments.items()
    )


def _given_up(picture: EnvironmentPicture, clock: Clock) -> EnvironmentPicture:
    if error_of(picture):
        return picture
    message = f"{picture.environment.key} was not read whole in {DEADLINE_S:.0f} s"
    return replace(picture, problem=Problem(EndpointError.title, message, "try again", clock.now()))


def error_of(picture: EnvironmentPicture) -> Problem | None:
    """What makes an answer incomplete. Figures do not: without them nothing is claimed of traffic."""
    problem = picture.problem
    return None if problem is None or problem.part == "figures" else problem


def environment_facts(picture: EnvironmentPicture, clock: Clock) -> dict[str, object]:
    """One environment as ``--json`` prints it; what was not read is ``None``."""
    environment, error = picture.environment, error_of(picture)
    account = environment.account or (picture.identity.account if picture.identity else None)
    return {
        "system": environment.system,
        "environment": environment.name,
        "account": account,
        "region": environment.region,
        "age_s": _age_s(picture, clock),
        "error": {"title": error.title, "message": error.message, "remedy": error.remedy} if error else None,
        "services": [service_facts(row, clock) for row in picture.services],
    }


def service_facts(row: ServicePicture, clock: Clock) -> dict[str, object]:
    """One service as ``--json`` prints it."""
    version = row.release.version if row.release else None
    hold = row.hold
    return {
        "address": str(row.address),
        "state": row.state.value,
        "desired": row.status.desired if row.status else None,
        "running": row.status.running if row.status else None,
        "pending": row.status.pending if row.status else None,
        "version": version.label if version else None,
        "digest": version.digest if version else None,
        "rollout": rollout_facts(row, clock),
        "held": (
            {"version": hold.version, "by": hold.by, "at": utc(hold.at), "reason": hold.reason}
            if hold
            else None
        ),
        "why": row.diagnosis.line,
        "remedy": row.diagnosis.remedy,
    }


def rollout_facts(row: ServicePicture, clock: Clock) -> dict[str, object] | None:
    """The rollout under way; ``None`` when there is none. Its failures are the breaker's, else those
    that ECS counts for the deployment; there is no threshold without a breaker."""
    if row.status is None:
        return None
    scene = Scene(row.status, row.observation, row.figures, clock.now())
    if not scene.under_way:
        return None
    rollout, primary = scene.rollout, row.status.primary
    breaker = rollout.breaker if rollout else None
    return {
        "status": rollout.status.value if rollout else RolloutStatus.IN_PROGRESS.value,
        "failures": breaker.failures if breaker else (primary.failed if primary else None),
        "threshold": breaker.threshold if breaker else None,
        "id": row.status.rollout_id,
    }


def table(pictures: Sequence[EnvironmentPicture], clock: Clock) -> list[str]:
    """The fleet as lines of text, trouble first; below it what could not be read, and why."""
    rows = sorted(
        (row for picture in pictures for row in picture.services),
        key=lambda row: (list(ServiceState).index(row.state), row.environment.tier.rank, str(row.address)),
    )
    cells = [_COLUMNS, *(_cells(row, clock) for row in rows)]
    widths = [max(cell_width(line[column]) for line in cells) for column in range(len(_COLUMNS) - 1)]
    lines = ["  ".join((*map(_padded, line, widths), line[-1])).rstrip() for line in cells]
    for picture in pictures:
        problem = picture.problem
        if problem:
            said = f"▲ {picture.environment.key}: {problem.title}: {problem.message}"
            lines.append(f"{said} · {problem.remedy}" if problem.remedy else said)
    return lines


def _cells(row: ServicePicture, clock: Clock) -> tuple[str, ...]:
    word = row.state.value.replace("_", " ")
    word = word.upper() if row.state.is_trouble or row.state.is_moving else word
    status, environment = row.status, row.environment
    tasks = NOTHING
    if status:
        tasks = f"{status.running}/{status.desired}" + (f" +{status.pending}" if status.pending else "")
    deployed = age((clock.now() - row.deployed_at).total_seconds()) if row.deployed_at else NOTHING
    held = f"held at {row.hold.version} by {row.hold.by}" if row.hold else ""
    return (
        f"{_GLYPHS[row.state]} {word}",
        row.address.service,
        environment.name,
        tasks,
        row.release.version.label if row.release else NOTHING,
        _rollout_words(row, clock),
        deployed,
        " · ".join(filter(None, (row.diagnosis.line, held))),
    )


def _rollout_words(row: ServicePicture, clock: Clock) -> str:
    facts = rollout_facts(row, clock)
    primary = row.status.primary if row.status else None
    if facts is None or primary is None:
        return NOTHING
    return f"{primary.running}/{primary.desired} new"


def _age_s(picture: EnvironmentPicture, clock: Clock) -> float | None:
    if picture.as_of is None:
        return None
    return round((clock.now() - picture.as_of).total_seconds(), 1)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))


def _draws_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")


def _in_ascii(line: str) -> str:
    """The line for a terminal without UTF-8: a state's symbol has a letter of its own."""
    drawn = "".join(_ASCII.get(char, char) for char in line).replace("·", "-").replace("–", "-")
    return drawn.encode("ascii", "replace").decode()
