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

PATIENCE_S = 150.0
ALL_S = 900
"""For a whole walk, on a machine that is busy with others."""
SETTLED_S = 0.3
"""How long the screen has to stay as it is wanted: a frame comes in parts, and what only passes in a part
of one was never on the screen. It is also longer than an ``esc`` waits for what may follow it."""
MOST_READ = 1_000_000


def _take_terminal() -> None:
    """Make the pty the program's own terminal: it hangs up when whoever holds the other end is gone."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


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
            preexec_fn=_take_terminal,
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
        """Read until the screen is so, and stays so."""
        deadline = time.monotonic() + patience_s
        since = None
        while (now := time.monotonic()) < deadline:
            since = (now if since is None else since) if so(self.text) else None
            if since is not None and now - since >= SETTLED_S:
                return self.text
            if not self._read(0.1) and self.process.poll() is not None:
                if so(self.text):
                    return self.text
                break
        raise AssertionError(f"never {what}:\n{self.text}")

    def _read(self, patience_s: float) -> bool:
        """Take in all that has been written; whether there was anything."""
        found = b""
        while len(found) < MOST_READ and select.select([self._master], [], [], 0 if found else patience_s)[0]:
            try:
                found += os.read(self._master, 65536)
            except OSError:
                break
        self._stream.feed(found)
        return bool(found)

    def wait_for_end(self) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        return self.process.wait(10)

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
