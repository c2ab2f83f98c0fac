"""From the press of a key to its paint, in a real pty, while everything else goes on."""

import sys
import time
from collections.abc import Callable, Iterable
from math import inf

from bench.logserver import flooded
from bench.rows import Row, ms, percentile
from bench.terminal import LINES, Terminal, opened, pauses
from bench.world import COMMAND, cpu_s, plain_environment, resident_mb, world

PRESSES = 220
UNANSWERED_S = 2.0
"""From then on a key is taken to have had no paint of its own: a busy console paints two keys at once."""
BUDGETS = ("20 ms", "60 ms", "150 ms")
LAUNCH = [sys.executable, "-m", "bench.launch"]


def measure(home: str) -> list[Row]:
    """1,000 services polled live; the same with a log that is flooded over HTTP; or faster, without."""
    with world(home, "--scene", "huge") as sandbox:
        config = ["--config", sandbox["config"]]
        rows = _fleet([*COMMAND, *config], home)
        with flooded(home, sandbox, 10_000) as (_, served):
            rows += _log([*COMMAND, "--config", served], home, "10,000 lines/s", PRESSES, BUDGETS)
        rows += _log([*LAUNCH, *config, "--rate", "50000"], home, "50,000 lines/s", 100, ("–", "–", "–"))
    return rows


def _fleet(command: list[str], home: str) -> list[Row]:
    """Down and up again through the rows, from the first picture on: while everything is read."""
    with opened(command, plain_environment(home)) as terminal:
        terminal.wait_until(lambda text: "steady" in text)
        terminal.settle(1)
        keys = "j" * (PRESSES // 2 + 5) + "k" * (PRESSES // 2 - 5)
        rows = _distribution("fleet: j and k", _pressed(terminal, keys, _name), BUDGETS)
        rows.append(("fleet: memory of the console", "150 MB", f"{resident_mb(terminal.process.pid):.0f} MB"))
        return rows


def _log(command: list[str], home: str, what: str, presses: int, budgets: tuple[str, str, str]) -> list[Row]:
    """Pause and follow; then up through the lines that stand still while others come."""
    with opened(command, plain_environment(home)) as terminal:
        terminal.wait_until(lambda text: "steady" in text)
        terminal.press("l")
        terminal.wait_until(lambda text: "lines/s" in text and "kept of" in text)
        terminal.settle(8)
        pid = terminal.process.pid
        before, rate = cpu_s(pid), _rate(terminal.text)
        began = time.perf_counter()
        toggled = _pressed(terminal, " " * presses, _is_paused)
        busy = (cpu_s(pid) - before) / (time.perf_counter() - began)
        terminal.settle(0.3)
        if _is_paused(terminal) == "no":
            terminal.answered(" ", _is_paused)
        moved = _pressed(terminal, "k" * 30 + "j" * 20, _marked)
        rows = _distribution(f"log, {what}: pause and follow", toggled, budgets)
        rows += _distribution(f"log, {what}: j and k", moved, budgets)
        rows.append((f"log, {what}: lines taken in a second", what.split()[0], rate))
        rows.append((f"log, {what}: share of a core", "–", f"{busy * 100:.0f} %"))
        rows.append((f"log, {what}: memory of the console", "150 MB", f"{resident_mb(pid):.0f} MB"))
        return rows


def _pressed(terminal: Terminal, keys: Iterable[str], look: Callable[[Terminal], str]) -> list[float]:
    """Seconds from each press to its paint; endless for one without a paint of its own."""
    taken = []
    for key, pause in zip(keys, pauses(), strict=False):
        terminal.settle(pause)
        try:
            taken.append(terminal.answered(key, look, UNANSWERED_S))
        except TimeoutError:
            taken.append(inf)
    return taken


def _distribution(what: str, seconds: list[float], budgets: tuple[str, str, str]) -> list[Row]:
    painted = [item for item in seconds if item < inf] or [inf]
    figures = percentile(painted, 0.5), percentile(painted, 0.95), max(painted)
    names = f"{what}, p50 of {len(painted)}", "… p95", "… worst"
    rows = list(zip(names, budgets, map(_ms, figures), strict=True))
    missed = seconds.count(inf)
    return [*rows, ("… keys without a paint of their own", "0", f"{missed}")] if missed else rows


def _ms(seconds: float) -> str:
    return ms(seconds, 1)


def _name(terminal: Terminal) -> str:
    """Of the service under the cursor: what else stands on its row changes by itself."""
    return terminal.marked[17:60].strip()


def _marked(terminal: Terminal) -> str:
    """The selected line of a log."""
    return terminal.marked.strip()


def _is_paused(terminal: Terminal) -> str:
    return "yes" if "PAUSED" in terminal.row(LINES - 2) else "no"


def _rate(text: str) -> str:
    """What the log says of itself."""
    line = next(line for line in text.splitlines() if "lines/s" in line)
    return line.split("lines/s")[0].split()[-1]
