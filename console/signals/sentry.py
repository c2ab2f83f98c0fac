"""Sentry: errors that programs report, new release beside old, and issues never seen before the deploy."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from console.config.integrations import SentrySettings, named
from console.domain.address import Address
from console.domain.outsiders import Issue
from console.domain.series import Measure, Point, Scope, Scoped, Series, missing
from console.errors import RejectedError
from console.signals.sentry_wire import NAME, PERIOD_S, Counts, Look, Releases
from console.signals.suppliers import NoKeyError, Supplier, told_apart

MEASURES = (Measure.ERROR_EVENTS, Measure.NEW_ISSUES)
_T = TypeVar("_T")


class SentrySource(Supplier[SentrySettings]):
    """Implements :class:`console.ports.SeriesSource` for the services of one environment."""

    name = NAME
    NEEDS = "have org:read, project:read and event:read"

    @cached_property
    def _known(self) -> set[tuple[str, str]]:
        """(organization, release) that Sentry has; one that it has it keeps."""
        return set()

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`. A token that is missing or refused is NODATA here,
        and :attr:`problem` says the rest."""
        settings = self._settings.get(address)
        if settings is None:
            return ()
        now = self._clock.now()
        try:
            return self._ask(settings, lambda look: tuple(self._all_series(look, scoped, since, now)))
        except NoKeyError as error:
            return missing(MEASURES, NAME, error.message, at=now, period_s=PERIOD_S)

    def issues(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Issue, ...]:
        """Issues that the new release brought, or, where releases are not told apart, that were first seen
        since a moment; newest first.

        Raises:
            QuarterdeckError: when it cannot be asked; of its token with the remedy.
        """
        settings = self._configured(address)
        now = self._clock.now()
        return self._ask(
            settings, lambda look: look.issues(_releases(settings, scoped), since, now), insists=True
        )

    def _ask(self, settings: SentrySettings, ask: Callable[[Look], _T], *, insists: bool = False) -> _T:
        return self._look(
            (settings.token,),
            lambda exchange, values: ask(Look(exchange, settings, *values)),
            insists=insists,
        )

    def _all_series(self, look: Look, scoped: Scoped, since: datetime, now: datetime) -> Iterable[Series]:
        releases = _releases(look.settings, scoped)
        yield _events(look.counts((), since, now), Scope.SERVICE, "", now)
        for scope, names in releases.items():
            counts = look.counts(names, since, now)
            if not any(value for _, value in counts.values) and not self._knows(look, names):
                yield _nothing(Measure.ERROR_EVENTS, scope, now, names[0])
            else:
                yield _events(counts, scope, names[0], now)
        if scoped.new is not None and scoped.moved_at is not None:
            yield self._new_issues(look, releases, max(scoped.moved_at, since), scoped.moved_at, now)

    def _new_issues(
        self, look: Look, releases: Releases, begin: datetime, moved_at: datetime, now: datetime
    ) -> Series:
        names = releases.get(Scope.NEW, ())
        scope = Scope.NEW if names else Scope.SERVICE
        try:
            found = look.issues(releases, moved_at, now)
            if names and not found and not self._knows(look, names):
                return _nothing(Measure.NEW_ISSUES, scope, now, names[0])
        except RejectedError as error:
            return Series(Measure.NEW_ISSUES, scope, NAME, PERIOD_S, now, no_data=error.message)
        return Series(
            Measure.NEW_ISSUES,
            scope,
            NAME,
            PERIOD_S,
            now,
            tuple(_risen(found, begin, now)),
            version=names[0] if names else "",
        )

    def _knows(self, look: Look, names: Sequence[str]) -> bool:
        """Whether Sentry has one of those releases: none of its errors means something only then."""
        for name in names:
            key = (look.settings.organization, name)
            if key in self._known or look.has(name):
                self._known.add(key)
                return True
        return False


def _releases(settings: SentrySettings, scoped: Scoped) -> Releases:
    return told_apart(scoped, lambda label: named(settings.release, label))


def _events(counts: Counts, scope: Scope, version: str, now: datetime) -> Series:
    points = tuple(
        Point(end, None if value is None else value * 60 / counts.period_s) for end, value in counts.values
    )
    has_any = any(point.value is not None for point in points)
    return Series(
        Measure.ERROR_EVENTS,
        scope,
        NAME,
        counts.period_s,
        now,
        points if has_any else (),
        no_data="" if has_any else "nothing counted",
        version=version,
    )


def _nothing(measure: Measure, scope: Scope, now: datetime, release: str) -> Series:
    reason = f"no release {release} there"
    return Series(measure, scope, NAME, PERIOD_S, now, no_data=reason, version=release)


def _risen(issues: Sequence[Issue], begin: datetime, now: datetime) -> Iterable[Point]:
    """How many there were at the end of every minute."""
    end = begin.replace(second=0, microsecond=0) + timedelta(seconds=PERIOD_S)
    while end <= now:
        yield Point(end, float(sum(item.first_seen <= end for item in issues)))
        end += timedelta(seconds=PERIOD_S)
