"""``quarterdeck sandbox``: an AWS on this machine's loopback, served until it is interrupted."""

import argparse
import json
import shlex
from typing import TYPE_CHECKING

from console.cli import sandbox_faults
from console.errors import SandboxError
from console.sandbox.run import DEFAULT_SEED

if TYPE_CHECKING:
    from console.sandbox.serve import Standing


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "sandbox",
        help="serve the built-in AWS alone",
        description="Serve the built-in AWS on loopback until interrupted, or let one that stands go wrong.",
    )
    parser.add_argument(
        "--fleet", action="append", default=[], metavar="NAME", help="only this fleet; repeatable"
    )
    parser.add_argument("--port", default="0", metavar="N", help="default: any free one")
    parser.add_argument("--speed", default="1", metavar="X", help="divide the world's durations by X")
    parser.add_argument(
        "--seed", default=str(DEFAULT_SEED), metavar="N", help="another world of the same kind"
    )
    parser.add_argument("--scene", default="", metavar="NAME", help="how the world begins (bad-deploy)")
    parser.add_argument("--no-checklists", action="store_true", help="its teams walk no lists")
    parser.add_argument("--json", action="store_true", help="print one line when ready")
    parser.set_defaults(run=serve)
    sandbox_faults.add_parsers(parser)


def serve(arguments: argparse.Namespace) -> int:
    """Serve until the end; prints where, and how to get there.

    Raises:
        SandboxError: no such fleet, scene, port, speed or seed.
    """
    port = _whole("port", arguments.port)
    speed = _number("speed", arguments.speed)
    seed = _whole("seed", arguments.seed)
    from console.sandbox import serve as sandbox

    def ready(standing: "Standing") -> None:
        if arguments.json:
            print(_line(standing), flush=True)
        else:
            print(_directions(standing, speed, seed), flush=True)

    sandbox.run(
        tuple(arguments.fleet),
        port,
        seed,
        speed,
        ready,
        scene=arguments.scene,
        checklists=not arguments.no_checklists,
    )
    return 0


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise SandboxError(f"{name} {text!r} is not a whole number") from error


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise SandboxError(f"{name} {text!r} is not a number") from error


def _line(standing: "Standing") -> str:
    facts = {"endpoint": standing.endpoint, "region": standing.region}
    return json.dumps(facts | {"config": str(standing.config), "token": standing.token})


def _directions(standing: "Standing", speed: float, seed: int) -> str:
    files = {
        "AWS_CONFIG_FILE": standing.aws_config,
        "AWS_SHARED_CREDENTIALS_FILE": standing.aws_credentials,
    }
    exports = [f"{name}={shlex.quote(str(path))}" for name, path in files.items()]
    profile = standing.profiles[0]
    return "\n".join(
        (
            f"sandbox at {standing.endpoint} · {', '.join(standing.fleets)} · speed {speed:g} · seed {seed}",
            "",
            "the console:",
            f"  quarterdeck --config {shlex.quote(str(standing.config))}",
            f"the aws command line (profiles: {', '.join(standing.profiles)}):",
            f"  export {' '.join(exports)} AWS_PROFILE={profile}",
            f"  aws --profile {profile} --endpoint-url {standing.endpoint} ecs list-clusters",
            "what was asked of it:",
            f"  curl -H 'Authorization: Bearer {standing.token}' {standing.endpoint}/_sandbox/calls",
            "",
            "ctrl+c ends it",
        )
    )
