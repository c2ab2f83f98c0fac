"""A program in a pty, and the moment at which the terminal received each piece of its output."""

import contextlib
import fcntl
import os
import pty
import random
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread

import pyte

COLUMNS, LINES = 140, 40
PATIENCE_S = 30.0
_SWITCH_S = 0.0005
"""The reader's thread must not wait for the emulator's: its moments are what is measured."""


class Terminal:
    """What a program paints, as an emulator understands it."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self._pieces: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        sys.setswitchinterval(_SWITCH_S)
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        Thread(target=self._listen, daemon=True).start()

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(self.screen.display)

    def wait_until(self, so: Callable[[str], bool], patience_s: float = PATIENCE_S) -> float:
        """Read until the screen is so; when the terminal received what made it so."""
        return self._wait(lambda: so(self.text), patience_s)

    def _wait(self, so: Callable[[], bool], patience_s: float) -> float:
        deadline = time.perf_counter() + patience_s
        while time.perf_counter() < deadline:
            try:
                at, piece = self._pieces.get(timeout=0.5)
            except Empty:
                if self.process.poll() is not None:
                    break
                continue
            self._stream.feed(piece)
            if so():
                return at
        raise TimeoutError(f"never came to be:\n{self.text.rstrip()}")

    def settle(self, seconds: float) -> None:
        """Read for that long."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            with contextlib.suppress(Empty):
                self._stream.feed(self._pieces.get(timeout=left)[1])

    def press(self, keys: str) -> float:
        """Send keys; when."""
        at = time.perf_counter()
        os.write(self._master, keys.encode())
        return at

    def row(self, number: int) -> str:
        """One row, counted from 0."""
        cells = self.screen.buffer[number]
        return "".join(cells[column].data for column in range(COLUMNS))

    @property
    def marked(self) -> str:
        """The row under the cursor; empty where none is marked."""
        return next((self.row(line) for line in range(LINES) if self.screen.buffer[line][0].data == "▌"), "")

    def answered(self, key: str, look: Callable[["Terminal"], str], patience_s: float = PATIENCE_S) -> float:
        """Press a key: seconds until what ``look`` finds on the screen is something else, and not nothing."""
        before = look(self)
        at = self.press(key)
        return self._wait(lambda: look(self) not in ("", before), patience_s) - at

    def close(self) -> None:
        """End the program at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self._master, 65536):
                self._pieces.put((time.perf_counter(), piece))


@contextlib.contextmanager
def opened(command: list[str], environment: dict[str, str]) -> Iterator[Terminal]:
    """A program in a terminal, killed at the end."""
    terminal = Terminal(command, environment)
    try:
        yield terminal
    finally:
        terminal.close()


def pauses(seed: int = 1) -> Iterator[float]:
    """Seconds between a paint and the next press: of no rhythm, so that no timer is hit on purpose."""
    chance = random.Random(seed)
    while True:
        yield chance.uniform(0.03, 0.13)
