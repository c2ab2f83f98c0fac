"""``quarterdeck`` without a verb: the console itself, in a terminal that can show it."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from console.domain.address import Address
    from console.sandbox.run import Running
    from screens.palette import Extra, Extras


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the console."""
    group = parser.add_argument_group("the console on the built-in sandbox")
    group.add_argument("--sandbox", action="store_true", help="an AWS on this machine, with a bad rollout")
    group.add_argument("--speed", metavar="X", type=_speed, help="divide the world's durations by X (1)")
    group.add_argument("--seed", metavar="N", type=int, help="another world of the same kind")
    group.add_argument("--scene", metavar="NAME", help="how the world begins (bad-deploy)")
    group.add_argument("--fleet", metavar="NAME", action="append", help="only this fleet; repeatable")


_WITH_VALUE = ("--config", "--speed", "--seed", "--fleet", "--scene")


def is_plain(words: Sequence[str]) -> bool:
    """Whether the words can only open the console: its own options and their values."""
    pending = iter(words)
    for word in pending:
        name = word.partition("=")[0]
        if name not in (*_WITH_VALUE, "--sandbox"):
            return False
        if word in _WITH_VALUE:
            next(pending, None)
    return True


def run(arguments: argparse.Namespace) -> int:
    """Open the console and stay until the operator leaves.

    Raises:
        QuarterdeckError: what keeps it from opening.
    """
    _insist_on_a_terminal()
    if not arguments.sandbox:
        return _open(_configured(arguments), tuple)[0]
    world = _sandbox(arguments)
    code, is_over = _open(world.config, partial(_faults, world))
    if code == 0 and is_over:
        from console.sandbox.run import stop

        stop(world)
    return code


def _open(path: Path, extras: "Extras") -> tuple[int, bool]:
    """Show the console until it is left: its exit code, and whether nothing is under way that changes a
    service."""
    from console import stalls

    stalls.hush()
    from console.config.loader import load

    settings = load(path)
    from console.app import run as show
    from console.domain.operation import Verb
    from console.runtime import Runtime

    runtime = Runtime(settings)
    code = show(runtime, extras)
    return code, all(item.verb is Verb.WATCH for item in runtime.engine.open_operations())


def _faults(world: "Running") -> "list[Extra]":
    """What the palette can let go wrong in the sandbox that the console runs on, and take back."""
    from console.sandbox.remote import Remote
    from screens.palette import Extra

    remote = Remote(world.endpoint, world.token)

    def begin(name: str, address: "Address | None") -> str:
        place = (
            {"fleet": address.system, "environment": address.environment, "service": address.alias}
            if address
            else {}
        )
        remote.begin({"fault": name, **place})
        return f"{name} begins for {address or 'the fleet'}"

    def clear(address: "Address | None") -> str:
        remote.clear()
        return "nothing is wrong with the sandbox any more"

    begun = [
        Extra(f"sandbox: {name}", meaning, partial(begin, name)) for name, meaning in remote.known().items()
    ]
    return [*begun, Extra("sandbox: clear", "take every fault back", clear)]


def _insist_on_a_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise UsageError(
            "the console needs a terminal that can move its cursor",
            "without one: quarterdeck status, and the verbs of quarterdeck --help",
        )


def _configured(arguments: argparse.Namespace) -> Path:
    for name in ("speed", "seed", "fleet", "scene"):
        if getattr(arguments, name) is not None:
            raise UsageError(f"--{name} is for the sandbox", f"add --sandbox, or leave --{name} out")
    from console.config.discover import find

    return find(arguments.config)


def _sandbox(arguments: argparse.Namespace) -> "Running":
    """The world to open. It outlives a console that is killed, or left with an operation under way."""
    if arguments.config is not None:
        raise UsageError("--sandbox brings a configuration of its own", "leave one of the two out")
    from console.sandbox.run import DEFAULT_SEED, start

    seed = DEFAULT_SEED if arguments.seed is None else arguments.seed
    return start(arguments.speed or 1.0, seed, tuple(arguments.fleet or ()), arguments.scene or "")


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
