"""The log in a real terminal, by keys."""

from pathlib import Path

import pytest

from tests.contract.command_line import served
from tests.terminal.emulator import ALL_S, opened

pytestmark = pytest.mark.timeout(ALL_S)


@pytest.mark.parametrize(("columns", "lines"), [(140, 40), (80, 24)])
def test_a_log_is_opened_filtered_paused_saved_and_left(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, lines: int
) -> None:
    """l, words, space, G, a file that holds what was seen, esc."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with (
        served() as line,
        opened("--config", line.config, columns=columns, lines=lines, home=home) as terminal,
    ):
        terminal.wait_for("FAILING", "out of memory")
        terminal.press("l")
        terminal.wait_for("match", "GET /api/", "status=")
        terminal.press("/")
        terminal.wait_for("several words")  # keys that overtake the field are keys of the log
        terminal.press("failed\r")
        terminal.wait_for("GET /api/", "failed", gone="status=20")
        terminal.press(" ")
        terminal.wait_for("PAUSED", " new")
        terminal.press("G")
        terminal.wait_for("failed", gone="PAUSED")
        terminal.press("w")
        terminal.wait_for("production-api-", ".log")
        terminal.press("\r")
        terminal.wait_for("saved to")
        (saved,) = tmp_path.glob("production-api-*.log")
        text = saved.read_text()
        assert "failed" in text and "status=20" not in text
        assert "\x1b" not in text and saved.stat().st_mode & 0o777 == 0o600
        terminal.press("\x1b")
        terminal.wait_for("FAILING", "out of memory", gone=" match")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
