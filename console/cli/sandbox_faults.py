"""``quarterdeck sandbox fault NAME``, ``faults`` and ``mend``: what goes wrong in a sandbox that stands."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from console.cli.options import Subparsers, seconds
from console.errors import SandboxError

if TYPE_CHECKING:
    from console.sandbox.remote import Remote


def add_parsers(parser: argparse.ArgumentParser) -> None:
    """Add the three below ``sandbox``, which without one of them serves."""
    below: Subparsers[argparse.ArgumentParser] = parser.add_subparsers(
        dest="action", metavar="ACTION", title="with a sandbox that stands"
    )
    fault = below.add_parser("fault", help="let something go wrong", description="Let something go wrong.")
    fault.add_argument("name", metavar="NAME", help="of the world or of the API: see faults --known")
    for name, meaning in (
        ("fleet", "where; needed if there are several"),
        ("environment", "where in the fleet (production)"),
        ("service", "which one, by its alias (all)"),
        ("zone", "for az-lost and no-capacity"),
        ("operation", "for faults of the API: ecs.UpdateService (*)"),
    ):
        fault.add_argument(f"--{name}", dest=f"fault_{name}", metavar="NAME", help=meaning)
    fault.add_argument("--for", dest="lasts", type=seconds, metavar="TIME", help="ends by itself: 90s, 5m")
    fault.add_argument("--count", type=int, metavar="N", help="for faults of the API: so many calls")
    fault.add_argument("--late", type=seconds, metavar="TIME", help="for latency: how late")
    fault.set_defaults(run=begin)
    faults = below.add_parser("faults", help="what is wrong now", description="Show what is wrong now.")
    faults.add_argument("--known", action="store_true", help="show what can go wrong instead")
    faults.set_defaults(run=show)
    mend = below.add_parser("mend", help="take faults back", description="Take one fault back, or all.")
    mend.add_argument("number", nargs="?", metavar="N", help="one of the world's; without: all of them")
    mend.set_defaults(run=end)
    for action in (fault, faults, mend):
        action.add_argument("--endpoint", default="", metavar="URL", help="needed if several stand")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="in JSON")


def begin(arguments: argparse.Namespace) -> int:
    """Let one thing go wrong.

    Raises:
        SandboxError: no such fault, no such place, no sandbox.
    """
    from console.sandbox.faults import ERRORS

    remote = _remote(arguments)
    of_api = {error.lower(): error for error in ERRORS}
    error = of_api.get(str(arguments.name).lower())
    if error is not None:
        body = {
            "operation": arguments.fault_operation or "*",
            "error": error,
            "count": arguments.count,
            "duration": arguments.lasts,
            "seconds": arguments.late,
        }
        added = remote.add_fault({name: value for name, value in body.items() if value is not None})
        _print(arguments, added, _of_api(added))
        return 0
    if arguments.fault_operation or arguments.count or arguments.late:
        raise SandboxError("--operation, --count and --late are for faults of the API")
    where = {
        name: getattr(arguments, f"fault_{name}") for name in ("fleet", "environment", "service", "zone")
    }
    body = {"fault": arguments.name, "seconds": arguments.lasts} | where
    begun = remote.begin({name: value for name, value in body.items() if value is not None})
    _print(arguments, begun, _of_world(begun))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """What is wrong, or what can be."""
    from console.sandbox.faults import ERRORS

    remote = _remote(arguments)
    if arguments.known:
        known = remote.known()
        lines = [f"{name:<18} {meaning}" for name, meaning in known.items()]
        lines += [f"{'of the API':<18} {', '.join(ERRORS)}"]
        _print(arguments, {"world": known, "api": list(ERRORS)}, "\n".join(lines))
        return 0
    wrongs, faults = remote.wrongs(), remote.faults()
    lines = [*map(_of_world, wrongs), *map(_of_api, faults)]
    _print(arguments, {"world": wrongs, "api": faults}, "\n".join(lines) or "nothing is wrong")
    return 0


def end(arguments: argparse.Namespace) -> int:
    """Take one fault of the world back, or everything.

    Raises:
        SandboxError: there is no such fault.
    """
    remote = _remote(arguments)
    if arguments.number is None:
        remote.clear()
    elif str(arguments.number).isdecimal():
        remote.end(int(arguments.number))
    else:
        raise SandboxError(f"{arguments.number!r} is not the number of a fault")
    return 0


def _remote(arguments: argparse.Namespace) -> "Remote":
    from console.sandbox import remote

    return remote.standing(arguments.endpoint)


def _of_world(row: dict[str, Any]) -> str:
    where = f"{row['fleet']}/{row['environment']} · {', '.join(row['services'])}"
    return f"{row['id']} · {row['fault']} · {where} · {row['meaning']}"


def _of_api(row: dict[str, Any]) -> str:
    count = f"{row['count']} calls" if "count" in row else f"for {row['duration']:g} s"
    return f"api {row['id']} · {row['error']} · {row['operation']} · {count}"


def _print(arguments: argparse.Namespace, data: Any, text: str) -> None:
    print(json.dumps(data) if arguments.json else text)
