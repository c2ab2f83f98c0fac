"""A real terminal for the real program: a pty, a screen emulator, keys in, text out."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte

PATIENCE_S = 60.0


class Terminal:
    """``quarterdeck`` in a terminal of a given size."""

    def __init__(self, words: tuple[str, ...], columns: int, lines: int, environment: dict[str, str]) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "console.cli.main", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(slave)

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str) -> None:
        """Send keys as a terminal does."""
        os.write(self._master, keys.encode())

    def wait_for(self, *wanted: str, gone: str = "", patience_s: float = PATIENCE_S) -> str:
        """Read until every text stands on the screen, and ``gone`` does not; the screen then."""
        return self.wait_until(
            lambda text: all(item in text for item in wanted) and not (gone and gone in text),
            f"{wanted} on the screen",
            patience_s,
        )

    def wait_until(self, so: Callable[[str], bool], what: str, patience_s: float = PATIENCE_S) -> str:
        """Read until the screen is so."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if so(self.text):
                return self.text
            if not self._read(0.1) and self.process.poll() is not None:
                break
        raise AssertionError(f"never {what}:\n{self.text}")

    def _read(self, patience_s: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], patience_s)
        if not ready:
            return False
        try:
            self._stream.feed(os.read(self._master, 65536))
        except OSError:
            return False
        return True

    def wait_for_end(self) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        return self.process.wait(1)

    def kill(self) -> None:
        """``kill -9``."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def close(self) -> None:
        self.kill()
        os.close(self._master)


@contextmanager
def opened(*words: str, columns: int = 140, lines: int = 40, home: Path) -> Iterator[Terminal]:
    """A console in a terminal, killed at the end if it still runs."""
    terminal = Terminal(words, columns, lines, {**os.environ, "HOME": str(home)})
    try:
        yield terminal
    finally:
        terminal.close()
