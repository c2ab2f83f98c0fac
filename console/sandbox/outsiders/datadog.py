"""Datadog as far as the console reads it: trace metrics by time, and monitors.

Shapes: ``POST /api/v2/query/timeseries`` and ``GET /api/v1/monitor/search`` (Datadog API reference).
"""

import json
import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.sandbox import fleet
from console.sandbox.outsiders.ledger import Told, told
from console.sandbox.outsiders.settings import DATADOG, KEYS
from console.sandbox.statistics import statistic_of
from console.sandbox.traffic import MINUTE
from console.sandbox.wire.message import Request

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.ecs.model import Service

LAG_S = 15.0
"""What was answered less than so long ago has not arrived yet."""
MOST_POINTS = 300
_KEPT = 2048
"""Minutes."""
_QUERY = re.compile(
    r"(?P<by>sum|p50|p75|p90|p95|p99):trace\.(?P<span>[\w.]+?)(?P<what>\.hits|\.errors)?"
    r"\{(?P<where>[^}]*)\}(?P<group> by \{version\})?(?:\.as_count\(\))?"
)
_SECOND = {"family": "time", "id": 10, "name": "second", "plural": "seconds", "short_name": "s"}
Values = list[float | None]


class QuestionError(ValueError):
    """A question that makes no sense; the message is for whoever asked."""


@dataclass
class _Bucket:
    """What one period holds of one version."""

    errors: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, other: "_Bucket") -> None:
        """Take in what another one holds."""
        self.errors += other.errors
        self.seconds += other.seconds


class _Minutes:
    """What every minute holds, by version; complete ones are kept, because they never change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], dict[str, _Bucket]] = OrderedDict()

    def of(self, account: "Account", service: "Service", minute: int) -> dict[str, _Bucket]:
        """Version -> what is in it so far."""
        key = (service.arn, minute)
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        end, arrived = (minute + 1) * MINUTE, account.world.now() - LAG_S
        found: dict[str, _Bucket] = defaultdict(_Bucket)
        for item in told(account, service, minute * MINUTE, min(end, arrived)):
            found[item.version].errors += bool(item.failed)
            found[item.version].seconds.append(item.seconds)
        if end <= arrived:
            self._kept[key] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


class Datadog:
    """Answers for every fleet that uses it."""

    name = DATADOG
    forbidden: tuple[int, Any] = (403, {"errors": ["Forbidden"]})
    throttled = "Too many requests"

    def __init__(self) -> None:
        self._minutes = _Minutes()

    def refusal(self, request: Request) -> tuple[int, Any] | None:
        """The answer to who may not ask; ``None``: they may."""
        given = [request.headers.get(name) for name in ("dd-api-key", "dd-application-key")]
        if not all(given):
            return 401, {"errors": ["Unauthorized"]}
        if given != [KEYS["datadog-api-key"], KEYS["datadog-app-key"]]:
            return self.forbidden
        return None

    def complaint(self, words: str) -> Any:
        """How an error is said."""
        return {"errors": [words]}

    def limits(self, now: float, left: int) -> dict[str, str]:
        """Headers that say how often one may ask; the reset is in seconds from now."""
        return {
            "X-RateLimit-Limit": "1600",
            "X-RateLimit-Period": "60",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(60 - int(now % 60)),
            "X-RateLimit-Name": "query_timeseries",
        }

    def answer(self, account: "Account", request: Request, path: str) -> tuple[int, Any]:
        """Status and JSON of one request."""
        route = (request.method, path)
        try:
            if route == ("POST", "/api/v2/query/timeseries"):
                return 200, _timeseries(account, json.loads(request.body), self._minutes)
            if route == ("GET", "/api/v1/monitor/search"):
                return 200, _search(account, request.form)
        except (QuestionError, ValueError, KeyError, TypeError) as error:
            return 400, {"errors": [f"bad query: {error}"]}
        return 404, {"errors": ["Not found"]}


def _timeseries(account: "Account", body: Any, minutes: _Minutes) -> Any:
    asked = body["data"]["attributes"]
    queries = {row["name"]: row["query"] for row in asked["queries"]}
    wanted = [queries[row["formula"]] for row in asked.get("formulas") or [{"formula": n} for n in queries]]
    begin, end = asked["from"] / 1000, asked["to"] / 1000
    step = _step(asked.get("interval", MINUTE * 1000) / 1000, end - begin)
    begins = [at * step for at in range(int(begin // step), int(-(-end // step)))]
    series: list[Any] = []
    values: list[Values] = []
    board = _Board(account, begins, step, minutes)
    for index, query in enumerate(wanted):
        for tags, line in board.line(query):
            unit = None if query.startswith("sum:") else [_SECOND, None]
            series.append({"group_tags": tags, "query_index": index, "unit": unit})
            values.append(line)
    times = [at * 1000 for at in begins]
    attributes = {"times": times, "series": series, "values": values}
    return {"data": {"id": "0", "type": "timeseries_response", "attributes": attributes}}


def _step(wanted_s: float, length_s: float) -> int:
    """Whole minutes, longer where there would be too many points."""
    minutes = max(1, round(wanted_s / MINUTE), int(-(-length_s // (MOST_POINTS * MINUTE))))
    return minutes * MINUTE


class _Board:
    """What some periods hold, of every service that is asked for."""

    def __init__(self, account: "Account", begins: Sequence[int], step: int, minutes: _Minutes) -> None:
        self._minutes = minutes
        self._account = account
        self._begins = begins
        self._step = step
        self._known: dict[tuple[str, bool], dict[str, dict[int, _Bucket]]] = {}

    def line(self, query: str) -> list[tuple[list[str], Values]]:
        """(group tags, values) of a query; none where nobody sends such a metric, or nothing is counted.

        Raises:
            QuestionError: when it is none that is understood here.
        """
        found = _QUERY.fullmatch(query)
        if found is None:
            raise QuestionError(query)
        where = dict(item.partition(":")[::2] for item in found["where"].split(","))
        service = _service(self._account, where.get("env", ""), where.get("service", ""), found["span"])
        if service is None or not self._begins:
            return []
        read = _reader(found["by"], found["what"] or "")
        lines = (
            (
                [f"version:{version}"] if version else [],
                [read(held[at]) if at in held else None for at in self._begins],
            )
            for version, held in sorted(self._buckets(service, bool(found["group"])).items())
        )
        return [line for line in lines if any(value is not None for value in line[1])]

    def _buckets(self, service: "Service", by_version: bool) -> dict[str, dict[int, _Bucket]]:
        """Version (empty without) -> begin of a period -> what is in it."""
        key = (service.arn, by_version)
        if key not in self._known:
            found: dict[str, dict[int, _Bucket]] = defaultdict(lambda: defaultdict(_Bucket))
            for begin in self._begins:
                for minute in range(begin // MINUTE, (begin + self._step) // MINUTE):
                    for version, bucket in self._minutes.of(self._account, service, minute).items():
                        found[version if by_version else ""][begin].add(bucket)
            self._known[key] = found
        return self._known[key]


def _reader(by: str, what: str) -> Callable[[_Bucket], float | None]:
    """What is told of a period; a count of nothing is not sent."""
    if what == ".errors":
        return lambda bucket: float(bucket.errors) or None
    if what == ".hits":
        return lambda bucket: float(len(bucket.seconds)) or None
    return lambda bucket: statistic_of(by, bucket.seconds)


def _service(account: "Account", env: str, name: str, span: str) -> "Service | None":
    for place in fleet.told_places(account):
        if (place.environment, place.service.name) == (env, name) and place.span == span:
            return place.service
    return None


_LOOK_BACK = 30


def _search(account: "Account", asked: dict[str, str]) -> Any:
    page, size = int(asked.get("page", "0")), int(asked.get("per_page", "30"))
    words = re.findall(r'tag:"service:([^"]+)"', asked.get("query", ""))
    found = [
        monitor
        for place in fleet.told_places(account)
        if place.span and (not words or place.service.name in words)
        for monitor in _monitors(account, place)
    ]
    shown = found[page * size : (page + 1) * size]
    metadata = {
        "page": page,
        "page_count": -(-len(found) // size),
        "per_page": size,
        "total_count": len(found),
    }
    return {"monitors": shown, "metadata": metadata, "counts": {}}


def _monitors(account: "Account", place: "fleet.ToldPlace") -> list[Any]:
    """Two a service: its share of errors, and its response times beside what is usual."""
    median = account.logs.traffic.profile(place.service.arn).median_s
    kinds: tuple[tuple[str, Callable[[Sequence[Told]], float], float, float], ...] = (
        ("error rate", lambda rows: 100 * sum(bool(row.failed) for row in rows) / len(rows), 1.0, 5.0),
        (
            "p95 response time",
            lambda rows: statistic_of("p95", [row.seconds for row in rows]),
            6 * median,
            9 * median,
        ),
    )
    now = account.world.now()
    last = int((now - LAG_S) // MINUTE)
    minutes: list[list[Told]] = [[] for _ in range(_LOOK_BACK)]
    for row in told(account, place.service, (last - _LOOK_BACK) * MINUTE, last * MINUTE):
        minutes[int(row.at // MINUTE) - last + _LOOK_BACK].append(row)
    rows = []
    for number, (what, measured, warning, critical) in enumerate(kinds):
        values = [measured(minute) if minute else None for minute in minutes]
        states = [_state(value, warning, critical) for value in values]
        rows.append(
            {
                "id": int(place.service.arn.encode().hex()[-8:], 16) % 10**8 * 10 + number,
                "name": f"{place.service.name} {what} in {place.environment}",
                "status": states[-1],
                "type": "query alert",
                "tags": [f"service:{place.service.name}", f"env:{place.environment}"],
                "last_triggered_ts": _since(states, last),
            }
        )
    return rows


def _state(value: float | None, warning: float, critical: float) -> str:
    if value is None:
        return "No Data"
    return "Alert" if value > critical else "Warn" if value > warning else "OK"


def _since(states: Sequence[str], last: int) -> int | None:
    """When the trouble began that there is; ``None``: there is none."""
    calm = ("OK", "No Data")
    if states[-1] in calm:
        return None
    begun = next((back for back, state in enumerate(reversed(states)) if state in calm), len(states))
    return (last - begun + 1) * MINUTE
