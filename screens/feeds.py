"""The only place where threads are started: all daemons, none ever waited for.

A feed reads and sends on its own thread and tells the interface by messages, which are thread-safe;
it never touches a widget. Leaving the program does not wait for any of them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.message_pump import MessagePump

from console.domain.address import Address
from console.domain.findings import Finding
from console.domain.group import GroupEvent
from console.domain.open_trip import OpenTrip
from console.domain.operation import OperationEvent
from console.domain.signals import LogLine
from console.errors import QuarterdeckError
from console.ports import Clock, LogSource
from screens.messages import (
    Answered,
    AskFailed,
    FindingMade,
    GroupProgressed,
    GuardTripsRead,
    LogsFailed,
    LogsRead,
    OperationEnded,
    OperationProgressed,
)

if TYPE_CHECKING:
    from console.runtime import Runtime
    from console.watch.poller import EnvironmentPoller

LOG_PERIOD_S = 3.0
TRIPS_PERIOD_S = 2.0
"""Between two looks for guards that ask elsewhere: they are asked about here within five seconds."""
LOG_SPAN = timedelta(minutes=15)
LOG_LINES = 50


def _start(name: str, target: Callable[[], None]) -> None:
    Thread(target=target, name=name, daemon=True).start()


def _post(target: MessagePump, message: Message) -> None:
    """Tell the interface something, unless it has gone meanwhile."""
    with suppress(RuntimeError):  # the event loop closes while feeds are still at work
        target.post_message(message)


def as_error(error: Exception) -> QuarterdeckError:
    """An error that every screen can show."""
    if isinstance(error, QuarterdeckError):
        return error
    return QuarterdeckError(f"unexpected {type(error).__name__}: {error}")


def ask(
    target: MessagePump,
    question: Callable[[], Any],
    tag: int,
    answer: Callable[[Any, int], Message] = Answered,
) -> None:
    """Run a question on a thread and post its answer, or :class:`AskFailed`, to ``target``.

    Args:
        target: Who is told.
        question: What may take long or raise; ``lambda: engine.plan_rollback(address)``.
        tag: Comes back with the answer, so that the asker can drop answers to older questions.
        answer: Makes the message from value and tag; ``PlanMade`` for plans.
    """

    def run() -> None:
        try:
            message = answer(question(), tag)
        except Exception as error:
            message = AskFailed(as_error(error), tag)
        _post(target, message)

    _start("ask", run)


def look_through(target: MessagePump, findings: Callable[[], Iterator[Finding]], tag: int) -> None:
    """Look at one thing after another on a thread: each is posted to ``target`` as it is found, and ``None``
    after the last, or :class:`AskFailed`."""

    def run() -> None:
        try:
            for finding in findings():
                _post(target, FindingMade(finding, tag))
            message: Message = FindingMade(None, tag)
        except Exception as error:
            message = AskFailed(as_error(error), tag)
        _post(target, message)

    _start("look", run)


class OperationFeed:
    """Iterates over an operation's events and posts each of them.

    Nothing stops it: an operation goes on when its screen is left.
    """

    def __init__(
        self, target: MessagePump, token: int, events: Callable[[], Iterator[OperationEvent]]
    ) -> None:
        self._target = target
        self._token = token
        self._events = events

    def start(self) -> None:
        """Begin, on a thread of its own."""
        _start(f"operation-{self._token}", self._run)

    def _run(self) -> None:
        error: QuarterdeckError | None = None
        try:
            for event in self._events():
                _post(self._target, OperationProgressed(self._token, event))
        except Exception as raised:
            error = as_error(raised)
        _post(self._target, OperationEnded(self._token, error))


class GroupFeed:
    """Iterates over a group's events and posts each of them; nothing stops it."""

    def __init__(self, target: MessagePump, token: int, events: Callable[[], Iterator[GroupEvent]]) -> None:
        self._target = target
        self._token = token
        self._events = events

    def start(self) -> None:
        """Begin, on a thread of its own."""
        _start(f"group-{self._token}", self._run)

    def _run(self) -> None:
        error: QuarterdeckError | None = None
        try:
            for event in self._events():
                _post(self._target, GroupProgressed(self._token, event))
        except Exception as raised:
            error = as_error(raised)
        _post(self._target, OperationEnded(self._token, error))


class GuardTripFeed:
    """Reads again and again which guards of other processes ask, until it is stopped."""

    def __init__(self, target: MessagePump, trips: Callable[[], tuple[OpenTrip, ...]], clock: Clock) -> None:
        self._target = target
        self._trips = trips
        self._clock = clock
        self._stop = Event()

    def start(self) -> None:
        """Begin, on a thread of its own."""
        _start("guard-trips", self._run)

    def stop(self) -> None:
        """Read no more after what is being read now."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(QuarterdeckError):  # what cannot be read now is read the next time
                if trips := self._trips():
                    _post(self._target, GuardTripsRead(trips))
            self._clock.wait(self._stop, TRIPS_PERIOD_S)


class LogFeed:
    """Reads the newest lines of one service again and again, until it is stopped."""

    def __init__(self, target: MessagePump, source: LogSource, address: Address, clock: Clock) -> None:
        self._target = target
        self._source = source
        self._address = address
        self._clock = clock
        self._stop = Event()

    def start(self) -> None:
        """Begin, on a thread of its own."""
        _start(f"logs-{self._address}", self._run)

    def stop(self) -> None:
        """Read no more after what is being read now."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            message = self._read()
            if not self._stop.is_set():
                _post(self._target, message)
            self._clock.wait(self._stop, LOG_PERIOD_S)

    def _read(self) -> Message:
        try:
            since = self._clock.now() - LOG_SPAN
            lines: tuple[LogLine, ...] = self._source.tail(self._address, since, LOG_LINES)
        except Exception as error:
            return LogsFailed(self._address, as_error(error))
        return LogsRead(self._address, lines)


class TailFeed:
    """Follows the log of one service into a ring, until it is stopped."""

    def __init__(self, source: LogSource, address: Address, clock: Clock) -> None:
        from console.logtail.ring import LogRing
        from console.logtail.tail import LogTail

        self.ring = LogRing()
        self.tail = LogTail(source, address, self.ring, clock)
        self.failed = ""
        """Why it follows no more; empty while it does."""
        self._stop = Event()

    def start(self) -> None:
        """Begin, on a thread of its own."""
        _start(f"tail-{self.tail.address}", self._run)

    def stop(self) -> None:
        """Read no more after what is being read now; a live session, which is charged, ends at once."""
        self._stop.set()
        self.tail.cancel()

    def _run(self) -> None:
        try:
            self.tail.run(self._stop)
        except Exception as error:
            self.failed = str(as_error(error))


class FleetFeeds:
    """One poller and a few threads an environment; they fill the store, the app empties it.

    The last run's picture is in the store before anything is read, production first.
    """

    def __init__(self, runtime: "Runtime") -> None:
        from console.watch import memory

        self._stop = Event()
        self._keeper = memory.Keeper(runtime.settings.cache, runtime.store, runtime.clock)
        self._pollers: Mapping[str, EnvironmentPoller] = runtime.pollers()

    def start(self) -> None:
        """Begin to read every environment, production first."""
        order = sorted(self._pollers, key=lambda key: self._pollers[key].environment.tier.rank)
        for key in order:
            for number, loop in enumerate(self._pollers[key].loops()):
                _start(f"poll-{key}-{number}", lambda loop=loop: loop(self._stop))  # type: ignore[misc]
        _start("last-picture", lambda: self._keeper.run(self._stop))

    def stop(self) -> None:
        """Begin no further reading, and keep what was seen for the next start."""
        self._stop.set()
        self._keeper.save()

    def focus(self, address: Address | None) -> None:
        """Read one service more often, and in full; ``None``: none."""
        for key, poller in self._pollers.items():
            mine = address is not None and key == address.place
            poller.focus(address if mine else None)

    def touched(self) -> None:
        """Somebody is at the console: read at the usual cadence."""
        for poller in self._pollers.values():
            poller.touch()

    def operation_ended(self, address: Address) -> None:
        """An operation on one service has ended: what was proved of it holds no longer."""
        poller = self._pollers.get(address.place)
        if poller is not None:
            poller.operation_ended(address)

    def refresh(self) -> None:
        """Read everything now."""
        for poller in self._pollers.values():
            poller.request_now()
