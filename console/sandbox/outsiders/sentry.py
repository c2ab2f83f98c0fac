"""Sentry as far as the console reads it: errors by time, issues, releases.

Shapes: ``organizations/{org}/events-timeseries/``, ``…/issues/``, ``…/releases/{version}/`` (Sentry API
reference).
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from console.sandbox import fleet
from console.sandbox.application.health import moment
from console.sandbox.log_lines import USUAL_REASON
from console.sandbox.outsiders.ledger import Failures, Told
from console.sandbox.outsiders.settings import KEYS, SENTRY, project, release
from console.sandbox.traffic import MINUTE
from console.sandbox.wire.message import Request

if TYPE_CHECKING:
    from console.sandbox.account import Account

LAG_S = 5.0
"""An event that is younger has not arrived yet."""
INCOMPLETE_S = 20.0
"""A period is said to be incomplete until it has been over for so long."""
REMEMBERED_S = 2 * 3600.0
"""How far back events are kept."""
_PERIOD = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_TERM = re.compile(r'(\w+):(?:"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+))')
_AGES_AGO_S = 60 * 86_400.0


class QuestionError(ValueError):
    """A question that makes no sense; the message is for whoever asked."""


@dataclass
class _Kind:
    """Errors that have one cause: an issue."""

    title: str
    first_release: str
    first_seen: float
    events: list[Told] = field(default_factory=list)
    releases: set[str] = field(default_factory=set)


class Sentry:
    """Answers for every fleet that uses it."""

    name = SENTRY
    forbidden: tuple[int, Any] = (401, {"detail": "Invalid token"})
    throttled = "You are attempting to use this endpoint too frequently."

    def __init__(self) -> None:
        self._failures = Failures()

    def refusal(self, request: Request) -> tuple[int, Any] | None:
        """The answer to who may not ask; ``None``: they may."""
        if request.headers.get("authorization", "") != f"Bearer {KEYS['sentry-token']}":
            return self.forbidden
        return None

    def complaint(self, words: str) -> Any:
        """How an error is said."""
        return {"detail": words}

    def limits(self, now: float, left: int) -> dict[str, str]:
        """Headers that say how often one may ask; the reset is a moment."""
        return {
            "X-Sentry-Rate-Limit-Limit": "30",
            "X-Sentry-Rate-Limit-Remaining": str(left),
            "X-Sentry-Rate-Limit-Reset": str(int(now) + (1 if left else 30)),
            "X-Sentry-Rate-Limit-ConcurrentLimit": "15",
            "X-Sentry-Rate-Limit-ConcurrentRemaining": "14",
        }

    def answer(self, account: "Account", request: Request, path: str) -> tuple[int, Any]:
        """Status and JSON of one request."""
        parts = path.strip("/").split("/")
        if request.method != "GET" or parts[:3] != ["api", "0", "organizations"] or len(parts) < 5:
            return 404, {"detail": "The requested resource does not exist"}
        if parts[3] != fleet.organization(account):
            return 404, {"detail": "The requested resource does not exist"}
        asked = request.form
        try:
            if parts[4:] == ["events-timeseries"]:
                return 200, _timeseries(account, asked, self._failures)
            if parts[4:] == ["issues"]:
                return 200, _issues(account, asked, self._failures)
        except (QuestionError, ValueError, KeyError) as error:
            return 400, {"detail": f"Invalid query: {error}"}
        if parts[4] == "releases" and len(parts) == 6:
            return _release(account, unquote(parts[5]))
        return 404, {"detail": "The requested resource does not exist"}


def _places(account: "Account", asked: dict[str, str]) -> list["fleet.ToldPlace"]:
    found = [
        place
        for place in fleet.told_places(account)
        if project(place.repository) == asked["project"]
        and asked.get("environment") in (None, place.environment)
    ]
    if not any(project(place.repository) == asked["project"] for place in fleet.told_places(account)):
        raise QuestionError("no such project")
    return found


def _events(
    account: "Account", asked: dict[str, str], begin: float, failures: Failures
) -> list[tuple[str, Told]]:
    """(release, event) of a project in an environment since a moment, by time."""
    now = account.world.now()
    found = [
        (release(place.repository, event.version), event)
        for place in _places(account, asked)
        for event in failures.between(account, place.service, max(begin, now - REMEMBERED_S), now - LAG_S)
    ]
    return sorted(found, key=lambda item: item[1].at)


def _timeseries(account: "Account", asked: dict[str, str], failures: Failures) -> Any:
    if asked.get("dataset") != "errors" or asked.get("yAxis") != "count()":
        raise QuestionError("dataset or yAxis")
    step = max(MINUTE, int(asked.get("interval", "60")) // MINUTE * MINUTE)
    now = account.world.now()
    begin = int((now - _seconds(asked.get("statsPeriod", "30m"))) // step * step)
    wanted = _terms(asked.get("query", "")).get("release", ())
    counts: dict[int, int] = dict.fromkeys(range(begin, int(now) + 1, step), 0)
    for name, event in _events(account, asked, begin, failures):
        at = int(event.at // step * step)
        if at in counts and (not wanted or name in wanted):
            counts[at] += 1
    values = [
        {"timestamp": at * 1000, "value": float(count), "incomplete": at + step + INCOMPLETE_S > now}
        for at, count in counts.items()
    ]
    meta = {"interval": step * 1000, "valueType": "integer", "valueUnit": None}
    return {
        "timeSeries": [{"yAxis": "count()", "values": values, "meta": meta}],
        "meta": {"dataset": "errors"},
    }


def _issues(account: "Account", asked: dict[str, str], failures: Failures) -> Any:
    terms, now = _terms(asked.get("query", "")), account.world.now()
    rows = []
    for number, kind in enumerate(_kinds(account, asked, failures), 1):
        age = terms.get("age", ())
        if age and now - kind.first_seen > _seconds(age[0].lstrip("-")):
            continue
        if terms.get("firstRelease") and kind.first_release not in terms["firstRelease"]:
            continue
        if terms.get("release") and not kind.releases & set(terms["release"]):
            continue
        rows.append(_row(account, kind, number))
    return sorted(rows, key=lambda row: row["firstSeen"], reverse=True)


def _kinds(account: "Account", asked: dict[str, str], failures: Failures) -> list[_Kind]:
    """Every cause of errors that is remembered, in the order in which they were first seen.

    What was usual before anything is remembered was there in every release.
    """
    found: dict[str, _Kind] = {}
    for name, event in _events(account, asked, 0.0, failures):
        kind = found.get(event.failed)
        if kind is None:
            kind = found[event.failed] = _Kind(event.failed, name, event.at)
        kind.events.append(event)
        kind.releases.add(name)
    if USUAL_REASON in found:
        usual = found[USUAL_REASON]
        usual.first_release = "before anybody counted"
        usual.first_seen = account.world.started_at - _AGES_AGO_S
    return sorted(found.values(), key=lambda kind: kind.first_seen)


def _row(account: "Account", kind: _Kind, number: int) -> Any:
    (culprit, _), *_others = Counter(event.what for event in kind.events).most_common(1)
    return {
        "id": str(7_000_000 + number),
        "shortId": f"{account.name.upper()}-{number}",
        "title": kind.title,
        "culprit": culprit,
        "level": "error",
        "status": "unresolved",
        "count": str(len(kind.events)),
        "userCount": len({event.id % 97 for event in kind.events}),
        "firstSeen": moment(kind.first_seen),
        "lastSeen": moment(kind.events[-1].at),
        "permalink": f"https://{fleet.organization(account)}.sentry.example/issues/{7_000_000 + number}/",
        "priority": "high",
        "project": {"slug": account.name},
    }


def _release(account: "Account", name: str) -> tuple[int, Any]:
    """One that a pipeline has told of when it built it."""
    repositories = {place.repository for place in fleet.told_places(account)}
    known = {
        release(image.repository, image.name)
        for image in account.ecr.images()
        if image.repository in repositories
    }
    if name not in known:
        return 404, {"detail": "The requested resource does not exist"}
    return 200, {"version": name, "shortVersion": name.partition("@")[2], "projects": []}


def _terms(query: str) -> dict[str, tuple[str, ...]]:
    """Key -> values of a search; several in brackets mean any of them."""
    found: dict[str, tuple[str, ...]] = {}
    for key, quoted, several, bare in _TERM.findall(query):
        if several:
            found[key] = tuple(re.findall(r'"([^"]*)"', several))
        else:
            found[key] = (quoted or bare,)
    return found


def _seconds(text: str) -> float:
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise QuestionError(text)
    return int(found[1]) * _UNITS[found[2]]
