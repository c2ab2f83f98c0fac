"""A thread of its own for every source: one that hangs holds up nobody but itself."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

Job = Callable[[], None]


class Lane(Protocol):
    """Where the questions to one source are asked, one after the other."""

    def put(self, job: Job) -> None:
        """Have it done; it raises nothing."""


class ThreadLane:
    """A daemon thread, started with its first job; nobody ever waits for its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread: Thread | None = None

    def put(self, job: Job) -> None:
        """Have it done after the jobs before it."""
        self._jobs.put(job)
        if self._thread is None:
            self._thread = Thread(target=self._run, name=f"signals-{self._name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._jobs.get()()


class SameThreadLane:
    """Does it at once, for those who have a thread for it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def put(self, job: Job) -> None:
        """Do it now."""
        job()
