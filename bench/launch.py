"""The console as it is, but for a log that is flooded, or a clock that goes faster: for measuring."""

import argparse
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from bench.flood import Flood
from console.app import run
from console.config.loader import load
from console.runtime import Runtime


class FastClock:
    """Implements :class:`console.ports.Clock`: every second of the machine's is several."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start, self._began = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds / self._speed))

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds / self._speed))


def main() -> int:
    """Open it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--rate", type=int, default=0, help="lines a second; 0: the log that there is")
    arguments = parser.parse_args()
    runtime = Runtime(load(arguments.config), clock=FastClock(arguments.speed))
    if arguments.rate:
        flood = Flood(arguments.rate, runtime.clock)
        flooded = {key: replace(item, logs=flood) for key, item in runtime.connections.items()}
        vars(runtime)["connections"] = flooded
    return run(runtime)


if __name__ == "__main__":
    sys.exit(main())
