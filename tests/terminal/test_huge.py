"""A thousand services in a real terminal: all counted, each reachable by keys, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.command_line import CommandLine, served
from tests.terminal.emulator import ALL_S, Terminal, opened

LAST = "huge-s199"
pytestmark = pytest.mark.timeout(ALL_S)


@pytest.fixture(scope="module")
def line() -> Iterator[CommandLine]:
    """One world for both sizes: nothing is changed in it."""
    with served("--scene", "huge") as command_line:
        yield command_line


def marked(text: str) -> str:
    """The row under the cursor."""
    return next((row for row in text.splitlines() if row.startswith("▌")), "")


def is_at(terminal: Terminal, name: str) -> None:
    terminal.wait_until(lambda text: name in marked(text), f"{name} under the cursor")


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), pytest.param(140, 40, marks=pytest.mark.campaign)])
def test_a_thousand_services_are_walked_filtered_and_opened(
    line: CommandLine, home: Path, columns: int, lines: int
) -> None:
    """While they are still being read: to the end and back, one by its name, its screen, and back again."""
    with opened("--config", line.config, columns=columns, lines=lines, home=home) as terminal:
        terminal.wait_for("huge-s000", "steady")
        terminal.wait_for("981 more" if columns == 80 else "all 1,000")
        is_at(terminal, "huge-s000")
        terminal.press("G")
        is_at(terminal, LAST)
        terminal.press("g")
        is_at(terminal, "huge-s000")
        terminal.press("/")
        terminal.wait_for("part of a name")
        terminal.press("s123")
        terminal.wait_for("huge-s123", gone="huge-s000")
        terminal.press("\r")
        terminal.wait_for("enter open", gone="enter keep")
        is_at(terminal, "huge-s123")
        terminal.press("\r")
        terminal.wait_for("huge-s123", "5 running", "well")
        terminal.press("\x1b")
        terminal.wait_for("enter open")
        is_at(terminal, "huge-s123")
        terminal.press("\x1b")
        terminal.wait_for("huge-s122", "huge-s123")
        is_at(terminal, "huge-s123")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
