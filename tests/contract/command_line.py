"""The real command in processes of its own, on a sandbox in a process of its own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

QUARTERDECK = (sys.executable, "-m", "console.cli.main")
PATIENCE_S = 240
"""For one command, on a machine that is busy with others."""
ALL_S = 900
"""For a whole test of such commands."""


@dataclass
class Run:
    """One finished command."""

    code: int
    lines: list[dict[str, Any]]
    errors: str

    @property
    def last(self) -> dict[str, Any]:
        """The last JSON line."""
        return self.lines[-1]


@dataclass
class CommandLine:
    """A served sandbox and the commands aimed at it."""

    endpoint: str
    config: str
    token: str
    process: subprocess.Popen[str]
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``quarterdeck WORDS`` with the sandbox's configuration."""
        return subprocess.Popen(
            [*QUARTERDECK, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self.environment | {"QUARTERDECK_CONFIG": self.config},
        )

    def run(self, *words: str) -> Run:
        """Run ``quarterdeck WORDS --json`` to its end."""
        process = self.start(*words, "--json")
        output, errors = process.communicate(timeout=PATIENCE_S)
        return Run(process.returncode, [json.loads(line) for line in output.splitlines()], errors)

    def killed_after(self, event: str, *words: str, nth: int = 1) -> list[str]:
        """Run a command and ``kill -9`` it as soon as it says an event for the nth time; what it said."""
        process = self.start(*words, "--json")
        said = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(str(json.loads(line)["event"]))
            if said.count(event) == nth:
                break
        process.kill()
        process.communicate()
        return said

    def control(self, method: str, name: str, body: object = None) -> Any:
        """One control request of the sandbox."""
        request = urllib.request.Request(
            f"{self.endpoint}/_sandbox/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=PATIENCE_S
        ) as got:
            return json.load(got)

    def calls(self, operation: str) -> int:
        """How often the sandbox received an operation."""
        return int(self.control("GET", "calls").get(operation, 0))

    def fault(self, operation: str, error: str, when: str = "before", count: int = 1) -> None:
        """Let the next calls of an operation fail."""
        body = {"operation": operation, "error": error, "when": when, "count": count}
        self.control("POST", "faults", body)


@contextmanager
def served(*words: str, checklists: bool = False) -> Iterator[CommandLine]:
    """``quarterdeck sandbox --json WORDS`` for as long as it is needed; its teams walk no list otherwise."""
    words = words if checklists else (*words, "--no-checklists")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*QUARTERDECK, "sandbox", "--json", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        ready = json.loads(line)
        yield CommandLine(ready["endpoint"], ready["config"], ready["token"], process, environment)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
