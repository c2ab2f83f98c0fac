"""The world that is measured against: a sandbox in a process of its own, and nothing of the developer's."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "console.cli.main"]
ROOT = Path(__file__).parents[1]
PATIENCE_S = 30.0


@contextlib.contextmanager
def world(home: str, *words: str) -> Iterator[dict[str, Any]]:
    """A sandbox whose teams walk no lists: what it told, and its ``pid``."""
    command = [*COMMAND, "sandbox", "--json", "--no-checklists", *words]
    with subprocess.Popen(command, env=plain_environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()) | {"pid": process.pid}
        finally:
            process.terminate()


def calls(sandbox: dict[str, Any], service: str = "") -> int:
    """How many requests the sandbox has received so far; of one service of AWS where that is named."""
    request = urllib.request.Request(
        f"{sandbox['endpoint']}/_sandbox/calls", headers={"Authorization": f"Bearer {sandbox['token']}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        counts: dict[str, int] = json.loads(answer.read())
    return sum(count for name, count in counts.items() if name.startswith(service))


def plain_environment(home: str) -> dict[str, str]:
    """Nothing of the developer's own: neither configuration nor credentials nor proxies."""
    return {
        "HOME": home,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, of its own and of the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Megabytes of memory that a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
