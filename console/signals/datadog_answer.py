"""What is asked of Datadog about a service, and what the answer says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from console.config.integrations import DatadogSettings
from console.domain.series import Measure
from console.signals.suppliers import malformed, members, moment, number, rows, text

NAME = "Datadog"
PERIOD_S = 60
SETTLED_S = 30.0
"""A period is told of when it has been over for so long: tracers send what they counted every ten seconds."""
HITS, ERRORS = "hits", "errors"
PERCENTILES = {"p50": Measure.P50, "p95": Measure.P95, "p99": Measure.P99}
_SECONDS = {"nanosecond": 1e-9, "microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0}
Values = list[float | None]


def question(settings: DatadogSettings, since: datetime, now: datetime) -> dict[str, object]:
    """Everything about a service in one request: service-wide, and by version."""
    queries = [
        {"data_source": "metrics", "name": name, "query": query} for name, query in _queries(settings).items()
    ]
    begin = since.timestamp() // PERIOD_S * PERIOD_S
    return {
        "from": int(begin * 1000),
        "to": int(now.timestamp() * 1000),
        "interval": PERIOD_S * 1000,
        "queries": queries,
        "formulas": [{"formula": query["name"]} for query in queries],
    }


def _queries(settings: DatadogSettings) -> dict[str, str]:
    """Name -> query; ``v_…`` are the same by version (Datadog, APM metrics: trace metrics)."""
    where = f"{{env:{settings.env},service:{settings.service}}}"
    metric = f"trace.{settings.span}"
    found: dict[str, str] = {}
    for prefix, by in (("", ""), ("v_", " by {version}")):
        for count in (HITS, ERRORS):
            found[prefix + count] = f"sum:{metric}.{count}{where}{by}.as_count()"
        for percentile in PERCENTILES:
            found[prefix + percentile] = f"{percentile}:{metric}{where}{by}"
    return found


_NAMES = tuple(_queries(DatadogSettings("", "", "", "", "", "")))
"""Of the queries, in the order of the formulas."""


@dataclass(frozen=True)
class Answer:
    """What came back, in order: for every query and version a value a period."""

    ends: Sequence[datetime]
    period_s: int
    values: Mapping[tuple[str, str], Values]
    """(query, version) -> values; the version of service-wide ones is empty. Response times are seconds."""

    @classmethod
    def read(cls, found: object, now: datetime) -> "Answer":
        """Take the answer apart, without periods that are not settled.

        Raises:
            EndpointError: when it is not what was asked for.
        """
        data = members(members(found, NAME).get("data"), NAME)
        attributes = members(data.get("attributes"), NAME)
        times = [number(item, NAME) for item in rows(attributes.get("times"), NAME)]
        begins = [item / 1000 for item in times if item is not None]
        if len(begins) < len(times) or sorted(set(begins)) != begins:
            raise malformed(NAME)
        steps = [later - earlier for earlier, later in pairwise(begins)]
        period_s = max(1, round(min(steps, default=PERIOD_S)))
        ends = [moment(item, NAME) + timedelta(seconds=period_s) for item in begins]
        settled = sum(end + timedelta(seconds=SETTLED_S) <= now for end in ends)
        heads, values = rows(attributes.get("series"), NAME), rows(attributes.get("values"), NAME)
        if len(heads) != len(values):
            raise malformed(NAME)
        read = {}
        for head, row in zip(heads, values, strict=True):
            name, version, factor = _head(members(head, NAME))
            line = [number(item, NAME) for item in rows(row, NAME)]
            if len(line) != len(ends):
                raise malformed(NAME)
            read[name, version] = [None if item is None else item * factor for item in line[:settled]]
        return cls(ends[:settled], period_s, read)

    @property
    def versions(self) -> set[str]:
        """Those that it tells apart."""
        return {version for _, version in self.values if version}

    def line(self, name: str, version: str | None) -> Values:
        """Values of a query; all gaps where there are none."""
        key = (name, "") if version is None else (f"v_{name}", version)
        return self.values.get(key) or [None] * len(self.ends)


def _head(head: Mapping[str, object]) -> tuple[str, str, float]:
    """Query, version, and the factor that makes seconds of its response times."""
    index = head.get("query_index", 0)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(_NAMES):
        raise malformed(NAME)
    name = _NAMES[index]
    tags = [text(tag) for tag in rows(head.get("group_tags") or [], NAME)]
    version = next((tag.removeprefix("version:") for tag in tags if tag.startswith("version:")), "")
    if not name.startswith("v_"):
        version = ""
    is_time = name.removeprefix("v_") in PERCENTILES
    return name, version, _factor(head.get("unit")) if is_time else 1.0


def _factor(unit: object) -> float:
    """Response times are seconds unless their unit says something else."""
    first = unit[0] if isinstance(unit, list) and unit else None
    name = text(first.get("name")) if isinstance(first, dict) else ""
    return _SECONDS.get(name, 1.0)
