"""All sources of a service in one book: each asked on its own, each failing for itself alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock

from console.domain.address import Address
from console.domain.series import Scoped, Series, SeriesPicture, SourceTrouble
from console.domain.words import age
from console.errors import QuarterdeckError
from console.ports import Clock, KeyedSource, SeriesSource
from console.signals.lanes import Lane, ThreadLane

LIMIT_S = 10.0
"""How long a refresh waits for the slowest source; what comes later is in the next one."""
REACH = timedelta(minutes=90)
"""How far back figures are asked for: the hour before an order, and the rollout since."""
PACE_S = 20.0
"""A source is asked no more often, unless a pace of its own is said: CloudWatch answers the same within a
minute."""
PACES: Mapping[str, float] = {"health": 10.0, "logs": 55.0, "Datadog": 25.0, "Sentry": 55.0}
_BACK_OFF_S = (10.0, 20.0, 40.0, 80.0, 120.0)
"""Until a source that fails is asked again about that service."""


@dataclass
class _Page:
    """What one source said of one service, and how it is doing."""

    series: tuple[Series, ...] = ()
    problem: str = ""
    """Why the last answer did not come; empty: it came."""
    failures: int = 0
    asked: float = float("-inf")
    """Monotonic."""
    busy: bool = False
    scoped: Scoped | None = None


class SignalBook:
    """Gathers the series of services. Thread-safe; who looks and who operates share one.

    Args:
        sources: Any number; the first is shown first.
        clock: For paces, limits and back-off.
        lane: Makes the thread of a source.
    """

    def __init__(
        self, sources: Sequence[SeriesSource], clock: Clock, lane: Callable[[str], Lane] = ThreadLane
    ) -> None:
        self._sources = {source.name: source for source in sources}
        self._clock = clock
        self._lanes = {name: lane(name) for name in self._sources}
        self._lock = Lock()
        self._pages: dict[tuple[Address, str], _Page] = {}
        self._moved: dict[Address, datetime | None] = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all sources."""
        return tuple(self._sources)

    def refresh(
        self,
        address: Address,
        scoped: Scoped,
        since: datetime | None = None,
        limit_s: float = LIMIT_S,
    ) -> SeriesPicture:
        """Ask every source whose turn it is, and tell what is known then.

        Args:
            scoped: Which versions and target groups are new and old.
            since: How far back; without it, :data:`REACH`.
            limit_s: How long to wait for answers; 0: not at all.

        Returns:
            What came in time beside what came before. Raises nothing.
        """
        began = self._clock.monotonic()
        self._moved[address] = scoped.moved_at
        begin = since or self._clock.now() - REACH
        waits = [
            done for name in self._sources if (done := self._ask(address, name, scoped, begin)) is not None
        ]
        for done in waits:
            left = limit_s - (self._clock.monotonic() - began)
            if left > 0:
                self._clock.wait(done, left)
        return self.picture(address)

    def picture(self, address: Address) -> SeriesPicture:
        """What is known of a service; asks nobody."""
        with self._lock:
            pages = {name: self._pages.get((address, name)) for name in self._sources}
            series = tuple(item for page in pages.values() if page for item in _told(page))
            problems = {name: said for name, page in pages.items() if page and (said := self._problem(page))}
        troubles = tuple(_troubles(self._sources.values()))
        return SeriesPicture(self._clock.now(), series, self._moved.get(address), problems, troubles)

    def _ask(self, address: Address, name: str, scoped: Scoped, since: datetime) -> Event | None:
        """Have one source asked, if it may be; the event is set when it has answered."""
        done = Event()
        with self._lock:
            page = self._pages.setdefault((address, name), _Page())
            if page.busy or not self._is_due(page, name, scoped):
                return None
            page.busy, page.asked, page.scoped = True, self._clock.monotonic(), scoped

        def job() -> None:
            try:
                self._answer(page, self._sources[name], address, scoped, since)
            finally:
                done.set()

        context = copy_context()  # the urgency of its calls goes with it
        self._lanes[name].put(lambda: context.run(job))
        return done

    def _is_due(self, page: _Page, name: str, scoped: Scoped) -> bool:
        waited = self._clock.monotonic() - page.asked
        if page.failures:
            return waited >= _BACK_OFF_S[min(page.failures, len(_BACK_OFF_S)) - 1]
        return waited >= PACES.get(name, PACE_S) or page.scoped != scoped

    def _answer(
        self, page: _Page, source: SeriesSource, address: Address, scoped: Scoped, since: datetime
    ) -> None:
        problem, series = "", page.series
        try:
            series = source.series(address, scoped, since)
        except QuarterdeckError as error:
            problem = error.message
        except Exception as error:  # a bug in one source must not take the others away
            problem = f"{type(error).__name__}: {error}"
        with self._lock:
            page.series, page.problem, page.busy = series, problem, False
            page.failures = page.failures + 1 if problem else 0

    def _problem(self, page: _Page) -> str:
        waited = self._clock.monotonic() - page.asked
        if page.busy and waited >= LIMIT_S:
            return f"no answer for {age(waited)}"
        return page.problem


def _troubles(sources: Iterable[SeriesSource]) -> Iterable[SourceTrouble]:
    for source in sources:
        problem = source.problem if isinstance(source, KeyedSource) else None
        if problem is not None:
            yield SourceTrouble(source.name, problem.title, problem.message, problem.remedy)


def _told(page: _Page) -> tuple[Series, ...]:
    """Its series; where the last answer did not come, with the reason for what will be missing."""
    return tuple(replace(item, problem=page.problem) for item in page.series) if page.problem else page.series
