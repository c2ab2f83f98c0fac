"""Suppliers that lie: whatever stands in an answer, it becomes figures, no data, or an error of ours."""

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.series import Series
from console.domain.web import Reply, Request
from console.errors import QuarterdeckError
from console.signals.datadog import DatadogSource
from console.signals.sentry import SentrySource
from tests.builders import NOW
from tests.fakes import FakeClock, FakeSecrets
from tests.unit import test_signals_datadog as datadog
from tests.unit import test_signals_sentry as sentry

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "\x1b[2J", "1e999", "-1", "2026-13-40T00:00:00Z", "9" * 400, "version:v1.4.3"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
Path = tuple[str | int, ...]

SERIES = datadog.answer(
    (0, "", [100.0, 90.0, None, 80.0, 70.0]),
    (1, "", [1.0, None, None, 2.0, 3.0]),
    (3, "", [0.2] * 5),
    (5, "v1.4.3", [50.0] * 5),
    (8, "v1.4.3", [0.4] * 5),
)
MONITORS = {
    "monitors": [{"id": 3, "name": "p95", "status": "Alert", "tags": ["env:prod"], "last_triggered_ts": 1e9}],
    "metadata": {"page_count": 1},
}
EVENTS = sentry.counts([1.0, 2.0, None, 4.0, 5.0])
ISSUES = [sentry.issue(1, NOW - timedelta(minutes=1)), sentry.issue(2, NOW - timedelta(minutes=2))]


class Lying:
    """A web that answers everything with the same text."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers

    def send(self, request: Request, limit_s: float) -> Reply:
        body = next((text for word, text in self.answers.items() if word in request.url), "{}")
        return Reply(200, {}, body.encode())


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a document."""
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*at, key))


@st.composite
def spoiled(draw: st.DrawFn, document: Any) -> str:
    """A document with something else in one of its places, or half of it."""
    place = draw(st.sampled_from(list(places(document))))
    junk = draw(JUNK)
    if not place:
        return json.dumps(junk)
    whole = copy.deepcopy(document)
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    if draw(st.booleans()):
        inner[place[-1]] = junk
    else:
        del inner[place[-1]]
    text = json.dumps(whole)
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


def hold(series: tuple[Series, ...]) -> None:
    """What whoever judges relies on."""
    for item in series:
        assert bool(item.no_data) != bool(item.points)
        ends = [point.at for point in item.points]
        assert ends == sorted(ends)
        values = [value for value in item.values if value is not None]
        assert all(0 <= value < float("inf") for value in values)
        assert "\x1b" not in item.no_data + item.version


@given(spoiled(SERIES), spoiled(MONITORS))
@settings(deadline=None, max_examples=40)
def test_datadog_may_answer_anything(series: str, monitors: str) -> None:
    """No other error than ours, and no figure that is none."""
    web = Lying(timeseries=series, monitor=monitors)
    clock = FakeClock(NOW + timedelta(seconds=45))
    source = DatadogSource({datadog.API: datadog.SETTINGS}, web, FakeSecrets(**datadog.KEYS), clock)
    try:
        hold(source.series(datadog.API, datadog.MOVED, datadog.SINCE))
    except QuarterdeckError as error:
        assert error.message
    try:
        assert all("\x1b" not in item.name for item in source.monitors(datadog.API))
    except QuarterdeckError as error:
        assert error.message


@given(spoiled(EVENTS), spoiled(ISSUES))
@settings(deadline=None, max_examples=40)
def test_sentry_may_answer_anything(events: str, issues: str) -> None:
    """Likewise."""
    web = Lying(**{"events-timeseries": events, "issues": issues})
    clock = FakeClock(sentry.MINUTE + timedelta(seconds=20))
    source = SentrySource({sentry.API: sentry.SETTINGS}, web, FakeSecrets(**{"file:token": "t"}), clock)
    try:
        hold(source.series(sentry.API, sentry.MOVED, sentry.SINCE))
    except QuarterdeckError as error:
        assert error.message
    try:
        assert all("\x1b" not in item.title for item in source.issues(sentry.API, sentry.MOVED, sentry.SINCE))
    except QuarterdeckError as error:
        assert error.message
