"""``quarterdeck status``: the fleet as it is now, read once, for people and for programs."""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from console.cli.fleet import environment_facts, error_of, table
from console.cli.options import Subparsers, add_config
from console.cli.output import say, say_json
from console.config.discover import find
from console.config.loader import load
from console.config.nearest import meant
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.fleet import EnvironmentPicture, Problem
from console.domain.text import plain
from console.errors import EndpointError, UnknownServiceError
from console.ports import Clock

if TYPE_CHECKING:
    from console.runtime import Runtime

DEADLINE_S = 60.0
"""When an environment that has not been read by then is given up: the rest must still be printed."""
A_SERVICE_S = 0.1
"""So much longer for each service: a thousand are read within the budget of calls, not faster."""


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
    from console.runtime import Runtime

    settings = load(find(getattr(arguments, "config", None)))
    chosen = select(settings, arguments.prefix)
    runtime = Runtime(settings)
    pictures = read(runtime, chosen)
    if arguments.json:
        say_json({"environments": [environment_facts(item, runtime.clock) for item in pictures]})
    else:
        for line in table(pictures, runtime.clock, ascii_only=not _draws_unicode()):
            say(line)
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
        text for address in addresses for text in (str(address), address.place, address.system)
    )
    shown = plain(prefix)
    raise UnknownServiceError(
        f"{shown or 'any service'} is not in {settings.path}",
        meant(shown, known) or "write system/environment",
    )


def read(runtime: "Runtime", chosen: Iterable[Address]) -> tuple[EnvironmentPicture, ...]:
    """Read every environment of those services once, all at the same time; raises nothing."""
    asked = tuple(chosen)
    pollers = runtime.pollers(asked)
    deadline_s = DEADLINE_S + A_SERVICE_S * len(asked)
    threads = {
        key: Thread(target=poller.read_once, name=f"status {key}", daemon=True)
        for key, poller in pollers.items()
    }
    for thread in threads.values():
        thread.start()
    end = runtime.clock.monotonic() + deadline_s
    for thread in threads.values():
        thread.join(max(0.0, end - runtime.clock.monotonic()))
    late = {key for key, thread in threads.items() if thread.is_alive()}
    return tuple(
        _given_up(picture, runtime.clock, deadline_s) if key in late else picture
        for key, picture in runtime.store.snapshot.environments.items()
    )


def _given_up(picture: EnvironmentPicture, clock: Clock, deadline_s: float) -> EnvironmentPicture:
    if error_of(picture):
        return picture
    if picture.as_of is not None:
        message = f"the figures of {picture.environment.key} were not read in {deadline_s:.0f} s"
        late = Problem(EndpointError.title, message, "try again", clock.now(), "figures")
        return replace(picture, problem=late)
    message = f"{picture.environment.key} was not read whole in {deadline_s:.0f} s"
    return replace(picture, problem=Problem(EndpointError.title, message, "try again", clock.now()))


def _draws_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")
