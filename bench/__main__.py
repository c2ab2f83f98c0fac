"""``make bench``: what the operator waits for, measured on this machine against the budgets.

Nothing here passes or fails: a number next to its budget is read by a person, and a test that
asserted one would fail on a busy machine.

``python -m bench keys calls`` measures those subjects only.
"""

import sys
import tempfile
import time
from collections.abc import Callable

from bench import calls, followers, frames, keys, logs, memory, neighbours, sandbox
from bench.rows import Row, heading, show

SUBJECTS: dict[str, tuple[str, Callable[[str], list[Row]]]] = {
    "frames": ("start", frames.measure),
    "keys": ("key to paint: 1,000 services, 5,000 tasks, 140x40", keys.measure),
    "calls": ("calls of ECS, on a clock moved by hand", calls.measure),
    "memory": ("memory", memory.measure),
    "neighbours": ("beside others, on the same sandbox", neighbours.measure),
    "followers": ("a log followed over HTTP, without a screen", followers.measure),
    "logs": ("the log tail by itself", lambda _: logs.measure()),
    "sandbox": ("the sandbox by itself", sandbox.measure),
}


def main() -> None:
    """Measure everything, or what is named, once."""
    began = time.monotonic()
    for name in sys.argv[1:] or SUBJECTS:
        title, measure = SUBJECTS[name]
        heading(title)
        with tempfile.TemporaryDirectory(prefix="quarterdeck-bench-") as home:
            show(measure(home))
    print(f"\nmeasured in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
