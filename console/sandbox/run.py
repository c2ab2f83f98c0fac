"""The world behind ``quarterdeck --sandbox``: a process of its own that outlives the console.

Killing the console leaves the world standing; the next start with the same wishes finds it again.
"""

import contextlib
import hashlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from console.errors import SandboxError
from console.sandbox.folder import state_folder, write_private

DEFAULT_SEED = 1
"""Of the world that everybody sees who does not ask for another."""
READY_S = 30.0
"""How long a child may take to become ready."""
ANSWER_S = 2.0
"""How long a living world may take to answer."""
_ENDPOINT = re.compile(r"http://127\.0\.0\.1:(\d{1,5})")
_children: dict[int, subprocess.Popen[str]] = {}
"""Worlds that this process started, so that they can be waited for."""


@dataclass(frozen=True)
class Running:
    """A world in a process of its own."""

    endpoint: str
    config: Path
    token: str
    pid: int
    fresh: bool
    """Whether it was started now; otherwise it was found standing."""
    record: Path
    """Where the next start looks for it."""


def start(speed: float, seed: int, fleets: tuple[str, ...], scene: str = "") -> Running:
    """Attach to the world with these wishes if it stands, or start it.

    Raises:
        SandboxError: it cannot be started; the message is the child's own.
    """
    record = state_folder() / f"standing-{_fingerprint(speed, seed, fleets, scene)}.json"
    found = _found(record)
    if found is not None:
        return found
    running = _spawned(_command(speed, seed, fleets, scene), record)
    facts = {"endpoint": running.endpoint, "config": str(running.config)}
    write_private(record, json.dumps(facts | {"token": running.token, "pid": running.pid}))
    return running


def stop(running: Running) -> None:
    """End a world, if it still stands, and forget it; returns when it has ended."""
    running.record.unlink(missing_ok=True)
    if _health(running.endpoint, running.token) != running.pid:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    child = _children.pop(running.pid, None)
    if child is not None:
        child.wait()
        return
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline and _health(running.endpoint, running.token) is not None:
        time.sleep(0.02)


def _fingerprint(speed: float, seed: int, fleets: tuple[str, ...], scene: str = "") -> str:
    """Names the wishes: worlds with other wishes are other worlds."""
    wishes = json.dumps([float(speed), seed, sorted(fleets), *([scene] if scene else [])])
    return hashlib.sha256(wishes.encode()).hexdigest()[:12]


def _command(speed: float, seed: int, fleets: tuple[str, ...], scene: str = "") -> list[str]:
    command = [sys.executable, "-m", "console.cli.main", "sandbox", "--json"]
    command += ["--speed", repr(speed), "--seed", str(seed)]
    for name in fleets:
        command += ["--fleet", name]
    if scene:
        command += ["--scene", scene]
    return command


def _found(record: Path) -> Running | None:
    """The world that a record names, if it still answers to its token."""
    try:
        facts = json.loads(record.read_text(encoding="utf-8"))
        endpoint, token, pid = facts["endpoint"], facts["token"], facts["pid"]
        config = Path(facts["config"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not config.is_file() or _health(endpoint, token) != pid:
        return None
    return Running(endpoint, config, token, pid, fresh=False, record=record)


def _health(endpoint: Any, token: Any) -> int | None:
    """The process id of the world that answers there to that token; ``None``: nobody does."""
    address = _ENDPOINT.fullmatch(str(endpoint))
    if address is None:
        return None
    try:
        head, _, body = _asked(int(address[1]), f"Authorization: Bearer {token}").partition("\r\n\r\n")
        return int(json.loads(body)["pid"]) if head.startswith("HTTP/1.1 200 ") else None
    except (OSError, OverflowError, ValueError, KeyError, TypeError):
        return None


def _asked(port: int, credential: str) -> str:
    """The whole answer about a world's health; by hand, since ``http.client`` takes 30 ms to import."""
    lines = ("GET /_sandbox/health HTTP/1.1", f"Host: 127.0.0.1:{port}", credential, "Connection: close")
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def _spawned(command: list[str], record: Path) -> Running:
    """Start the child in a session of its own, and wait for its one line."""
    complaint = record.with_suffix(".log")
    with complaint.open("w", encoding="utf-8") as stderr:
        complaint.chmod(0o600)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            text=True,
        )
    assert child.stdout is not None
    with child.stdout:
        line = _first_line(child.stdout)
    try:
        facts = json.loads(line)
        config = Path(facts["config"])
        running = Running(facts["endpoint"], config, facts["token"], child.pid, fresh=True, record=record)
    except (ValueError, KeyError, TypeError) as error:
        child.kill()
        child.wait()
        raise SandboxError(f"the sandbox did not start: {_reason(complaint)}") from error
    _children[child.pid] = child
    return running


def _reason(complaint: Path) -> str:
    """The last thing that a child said before it ended."""
    lines = complaint.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if not lines:
        return f"nothing was heard of it for {READY_S:g} s"
    return lines[-1].removeprefix(f"quarterdeck: {SandboxError.title}: ")


def _first_line(stream: IO[str]) -> str:
    """One line, or nothing if the child ends or takes too long."""
    readable, _, _ = select.select([stream], [], [], READY_S)
    return stream.readline() if readable else ""
