"""What is asked of Sentry's web API, and what its answers say."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import quote, urlencode

from console.config.integrations import SentrySettings
from console.domain.outsiders import Issue
from console.domain.series import Scope
from console.domain.web import Request
from console.errors import RejectedError
from console.signals.suppliers import Exchange, malformed, members, moment, number, rows, text

NAME = "Sentry"
PERIOD_S = 60
MOST_PAGES = 5
PER_PAGE = 100
_CURSOR = re.compile(r'cursor="([^"]*)"')
_FORBIDDEN = re.compile(r"[/\\\n\t]|^\.{1,2}$")
"""In the name of a release (Sentry, Releases)."""

Releases = Mapping[Scope, tuple[str, ...]]
"""What the new and the old release may be called; empty where they cannot be told apart."""


@dataclass(frozen=True)
class Counts:
    """Events a period: (end, how many), oldest first."""

    values: tuple[tuple[datetime, float | None], ...]
    period_s: int


class Look:
    """One look at Sentry, with one token."""

    def __init__(self, exchange: Exchange, settings: SentrySettings, token: str) -> None:
        self._exchange = exchange
        self.settings = settings
        self._token = token

    def counts(self, releases: Sequence[str], since: datetime, now: datetime) -> Counts:
        """Errors over time, of some releases or of all, in periods that are complete.

        Raises:
            QuarterdeckError: see :class:`console.signals.suppliers.Exchange`.
        """
        minutes = max(1, math.ceil((now - since).total_seconds() / 60))
        found, _ = self._get(
            "events-timeseries",
            {
                "dataset": "errors",
                "yAxis": "count()",
                "query": _among("release", releases),
                "statsPeriod": f"{minutes}m",
                "interval": str(PERIOD_S),
            },
        )
        return _counts(found, now)

    def issues(self, releases: Releases, since: datetime, now: datetime) -> tuple[Issue, ...]:
        """Those that a new release brought, or else those first seen since a moment; newest first.

        Raises:
            QuarterdeckError: likewise.
        """
        names = releases.get(Scope.NEW, ())
        minutes = max(1, math.ceil((now - since).total_seconds() / 60))
        young = f"is:unresolved age:-{minutes}m"
        if not names:
            return tuple(item for item in self._pages(young) if item.first_seen >= since)
        try:
            return self._pages(f"is:unresolved {_among('firstRelease', names)}")
        except RejectedError:  # an older Sentry may not know the word
            return self._pages(f"{young} {_among('release', names)}")

    def has(self, release: str) -> bool:
        """Whether Sentry has a release of that name.

        Raises:
            QuarterdeckError: likewise.
        """
        if _FORBIDDEN.search(release):
            return False
        reply = self._exchange.send(self._request(f"releases/{quote(release, safe='')}", {}), (200, 404))
        return reply.status == 200

    def _pages(self, query: str) -> tuple[Issue, ...]:
        asked = {"query": query, "sort": "new", "limit": str(PER_PAGE), "collapse": "lifetime"}
        found: list[Issue] = []
        for _ in range(MOST_PAGES):
            page, link = self._get("issues", asked)
            found += [_issue(members(row, NAME)) for row in rows(page, NAME)]
            cursor = next_cursor(link)
            if not cursor:
                break
            asked["cursor"] = cursor
        return tuple(sorted(found, key=lambda item: item.first_seen, reverse=True))

    def _get(self, what: str, asked: Mapping[str, str]) -> tuple[object, str]:
        """What it says, and its ``Link``."""
        place = {"project": self.settings.project, "environment": self.settings.environment}
        found, reply = self._exchange.json(self._request(what, {**place, **asked}))
        return found, reply.headers.get("link", "")

    def _request(self, what: str, asked: Mapping[str, str]) -> Request:
        base = f"{self.settings.url}/api/0/organizations/{self.settings.organization}"
        tail = f"?{urlencode(asked)}" if asked else ""
        return Request("GET", f"{base}/{what}/{tail}", {"Authorization": f"Bearer {self._token}"})


def next_cursor(link: str) -> str:
    """The cursor of the next page; empty at the end. ``rel="next"`` is always there (Sentry, Pagination)."""
    for part in link.split(","):
        found = _CURSOR.search(part)
        if found and 'rel="next"' in part and 'results="true"' in part:
            return found[1]
    return ""


def _among(key: str, names: Sequence[str]) -> str:
    """A term of Sentry's search: the key has one of those values; empty without any."""
    quoted = ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names]
    if len(quoted) < 2:
        return f"{key}:{quoted[0]}" if quoted else ""
    return f"{key}:[{', '.join(quoted)}]"


def _counts(found: object, now: datetime) -> Counts:
    """Take the answer of ``events-timeseries`` apart; what is not complete is left out."""
    series = rows(members(found, NAME).get("timeSeries"), NAME)
    values = (
        [members(row, NAME) for row in rows(members(series[0], NAME).get("values"), NAME)] if series else []
    )
    stamps = [number(row.get("timestamp"), NAME) for row in values]
    begins = [item / 1000 for item in stamps if item is not None]
    if len(begins) < len(stamps) or sorted(set(begins)) != begins:
        raise malformed(NAME)
    period_s = max(1, round(min((b - a for a, b in pairwise(begins)), default=PERIOD_S)))
    ends = [moment(begin, NAME) + timedelta(seconds=period_s) for begin in begins]
    complete = (
        (end, number(row.get("value"), NAME))
        for end, row in zip(ends, values, strict=True)
        if not row.get("incomplete") and end <= now
    )
    return Counts(tuple(complete), period_s)


def _issue(row: Mapping[str, object]) -> Issue:
    first = _moment(row.get("firstSeen"))
    if first is None:
        raise malformed(NAME)
    return Issue(
        id=text(row.get("shortId")) or "?",
        title=text(row.get("title")) or "?",
        level=text(row.get("level")),
        count=_whole(row.get("count")),
        users=_whole(row.get("userCount")),
        first_seen=first,
        last_seen=_moment(row.get("lastSeen")),
        place=text(row.get("culprit")),
        link=text(row.get("permalink")),
    )


def _whole(found: object) -> int | None:
    """A count, which Sentry may write as text."""
    said = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def _moment(found: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
