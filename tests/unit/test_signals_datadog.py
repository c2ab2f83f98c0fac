"""Datadog's figures from scripted answers: what is asked, what becomes of it, and what may be sent at all."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.config.integrations import DatadogSettings
from console.domain.address import Address
from console.domain.outsiders import MonitorState
from console.domain.series import Measure, Scope, Scoped, Series
from console.errors import EndpointError, QuarterdeckError, ReadOnlyError, RejectedError, ThrottledError
from console.signals.datadog import MEASURES, DatadogSource
from console.signals.datadog_wire import Wire
from console.signals.suppliers import REST_S, Exchange
from tests.builders import NOW, a_new_release, a_release
from tests.fakes import FakeClock, FakeSecrets, FakeWeb

API = Address("shop", "production", "api")
WORKER = Address("shop", "production", "worker")
SETTINGS = DatadogSettings(
    "https://api.datadoghq.eu", "env:DD_API_KEY", "env:DD_APP_KEY", "shop-api", "prod", "express.request"
)
KEYS = {"env:DD_API_KEY": "api-5ecret", "env:DD_APP_KEY": "app-5ecret"}
QUERY = "POST /api/v2/query/timeseries"
SEARCH = "GET /api/v1/monitor/search?query=tag%3A%22service%3Ashop-api%22&page={page}&per_page=100"
SINCE = NOW - timedelta(minutes=5)
BEGINS = [NOW.replace(second=0, microsecond=0) - timedelta(minutes=5 - n) for n in range(5)]
MOVED = Scoped(new=a_new_release(), old=a_release(), moved_at=NOW - timedelta(minutes=3))
Row = tuple[int, str, list[float | None]]


def answer(*lines: Row, unit: str = "second", begins: list[datetime] = BEGINS) -> dict[str, Any]:
    """The shape of ``/api/v2/query/timeseries``: (index of the formula, version, values)."""
    series = [
        {
            "query_index": index,
            "group_tags": [f"version:{version}"] if version else [],
            "unit": [{"name": unit, "family": "time"}, None] if index % 5 > 1 else None,
        }
        for index, version, _ in lines
    ]
    return {
        "data": {
            "type": "timeseries_response",
            "attributes": {
                "times": [int(begin.timestamp() * 1000) for begin in begins],
                "series": series,
                "values": [values for _, _, values in lines],
            },
        }
    }


class Desk:
    """A source with its surroundings."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW + timedelta(seconds=45))
        self.web = FakeWeb()
        self.secrets = FakeSecrets(**KEYS)
        self.source = DatadogSource({API: SETTINGS, WORKER: SETTINGS}, self.web, self.secrets, self.clock)

    def series(self, scoped: Scoped = MOVED, address: Address = API) -> dict[tuple[Measure, Scope], Series]:
        found = self.source.series(address, scoped, SINCE)
        assert len({(item.measure, item.scope) for item in found}) == len(found)
        return {(item.measure, item.scope): item for item in found}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_one_request_asks_for_everything(desk: Desk) -> None:
    """Service-wide and by version, with both keys, a minute a period."""
    desk.web.put(QUERY, answer((0, "", [100.0] * 5)))
    desk.series()
    (sent,) = desk.web.sent
    asked = json.loads(sent.body)["data"]["attributes"]

    assert sent.headers["DD-API-KEY"] == "api-5ecret"
    assert sent.headers["DD-APPLICATION-KEY"] == "app-5ecret"
    assert not sent.changes
    assert sent.url == "https://api.datadoghq.eu/api/v2/query/timeseries"
    assert (asked["from"], asked["interval"]) == (int(BEGINS[0].timestamp() * 1000), 60_000)
    queries = {row["name"]: row["query"] for row in asked["queries"]}
    assert queries["errors"] == "sum:trace.express.request.errors{env:prod,service:shop-api}.as_count()"
    assert queries["v_p95"] == "p95:trace.express.request{env:prod,service:shop-api} by {version}"
    assert [row["formula"] for row in asked["formulas"]] == list(queries)


def test_dd_site_has_no_say(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would follow it, whatever it was told; keys would go to another site."""
    monkeypatch.setenv("DD_SITE", "us5.datadoghq.com")
    monkeypatch.setenv("DD_API_KEY", "of-the-shell")
    desk.web.put(QUERY, answer())
    desk.series()

    assert desk.web.sent[0].url.startswith("https://api.datadoghq.eu/")
    assert desk.web.sent[0].headers["DD-API-KEY"] == "api-5ecret"


def test_new_stands_beside_old(desk: Desk) -> None:
    """Shares, requests a minute and seconds, each with the requests that they stand for."""
    desk.web.put(
        QUERY,
        answer(
            (0, "", [100.0] * 5),
            (1, "", [0.0, 0.0, 10.0, 10.0, 10.0]),
            (3, "", [0.2] * 5),
            (5, "v1.4.3", [None, None, 50.0, 50.0, 50.0]),
            (6, "v1.4.3", [None, None, 10.0, 10.0, 10.0]),
            (8, "v1.4.3", [None, None, 0.4, 0.4, 0.4]),
            (5, "v1.4.2", [100.0, 100.0, 50.0, 50.0, 50.0]),
        ),
    )
    found = desk.series()

    whole = found[Measure.ERRORS, Scope.SERVICE]
    assert whole.values == (0.0, 0.0, 0.1, 0.1, 0.1)
    assert [point.requests for point in whole.points] == [100] * 5
    assert (whole.period_s, whole.source, whole.as_of) == (60, "Datadog", desk.clock.now())
    assert whole.points[0].at == BEGINS[1]
    new = found[Measure.ERRORS, Scope.NEW]
    assert (new.values, new.version) == ((None, None, 0.2, 0.2, 0.2), "v1.4.3")
    assert found[Measure.ERRORS, Scope.OLD].values == (0.0,) * 5
    assert found[Measure.P95, Scope.NEW].last is not None
    assert found[Measure.P95, Scope.SERVICE].values == (0.2,) * 5
    assert found[Measure.P99, Scope.SERVICE].no_data == "no p99 beside its requests"
    assert found[Measure.REQUESTS, Scope.OLD].values == (100.0, 100.0, 50.0, 50.0, 50.0)


def test_the_newest_period_is_left_out_until_it_is_settled(desk: Desk) -> None:
    """Tracers send what they counted late: the end of a period lies half a minute back."""
    begins = [desk.clock.now() - timedelta(seconds=ago) for ago in (140, 80)]
    desk.web.put(QUERY, answer((0, "", [100.0, 3.0]), begins=begins))

    assert desk.series()[Measure.REQUESTS, Scope.SERVICE].values == (100.0,)


def test_periods_are_as_long_as_they_came(desk: Desk) -> None:
    """Datadog widens them where there would be too many; requests stay a minute's."""
    begins = [NOW.replace(second=0, microsecond=0) - timedelta(minutes=m) for m in (20, 15, 10)]
    desk.web.put(QUERY, answer((0, "", [500.0, 500.0, 250.0]), begins=begins))
    found = desk.series()[Measure.REQUESTS, Scope.SERVICE]

    assert (found.period_s, found.values) == (300, (100.0, 100.0, 50.0))


def test_response_times_are_seconds_whatever_their_unit(desk: Desk) -> None:
    desk.web.put(QUERY, answer((0, "", [1.0] * 5), (2, "", [250e6] * 5), unit="nanosecond"))

    last = desk.series()[Measure.P50, Scope.SERVICE].last
    assert last is not None
    assert last.value == pytest.approx(0.25)


def test_no_requests_is_no_data_and_not_zero(desk: Desk) -> None:
    """An answer without series, or with nothing but gaps."""
    desk.web.put(QUERY, answer())
    desk.web.put(QUERY, answer((0, "", [None] * 5), (1, "", [None] * 5)))
    for _ in range(2):
        found = desk.series()
        assert {item.no_data for item in found.values()} == {"no requests of shop-api"}
        assert all(item.last is None and not item.points for item in found.values())


def test_a_version_that_serves_nothing_yet_is_no_data(desk: Desk) -> None:
    """Versions are told apart, and the new one has no requests: a canary at nothing."""
    desk.web.put(QUERY, answer((0, "", [9.0] * 5), (5, "v1.4.2", [9.0] * 5)))
    found = desk.series()

    assert found[Measure.ERRORS, Scope.NEW].no_data == "no requests with version:v1.4.3"
    assert found[Measure.ERRORS, Scope.OLD].last is not None


@pytest.mark.parametrize(
    "scoped",
    [
        Scoped(),
        Scoped(new=a_release()),
        Scoped(new=a_new_release(label="latest"), old=a_release(label="latest"), moved_at=NOW),
    ],
    ids=["nothing known", "nothing shipped", "one name for both"],
)
def test_where_versions_cannot_be_told_apart_figures_are_service_wide(desk: Desk, scoped: Scoped) -> None:
    """And nothing pretends otherwise."""
    desk.web.put(QUERY, answer((0, "", [9.0] * 5), (5, "latest", [9.0] * 5)))

    assert {scope for _, scope in desk.series(scoped)} == {Scope.SERVICE}


def test_a_tag_is_written_as_datadog_writes_it(desk: Desk) -> None:
    """Small, and with ``_`` for what it does not know."""
    desk.web.put(QUERY, answer((0, "", [9.0] * 5), (5, "v2.0.0-rc.1_b7", [9.0] * 5)))
    scoped = Scoped(new=a_new_release(label="v2.0.0-RC.1+b7"), moved_at=NOW)

    assert desk.series(scoped)[Measure.REQUESTS, Scope.NEW].last is not None


def test_nothing_but_reading_gets_past_the_carrier(desk: Desk) -> None:
    """Below every operation of the library: an event, a downtime, a deleted monitor are not sent."""
    from datadog_api_client.v1.api.events_api import EventsApi
    from datadog_api_client.v1.api.monitors_api import MonitorsApi

    wire = Wire(Exchange("Datadog", desk.web, desk.clock), SETTINGS.url, "a", "b")
    with pytest.raises(ReadOnlyError, match="POST /api/v1/events"):
        EventsApi(wire.client).create_event(body={"title": "t", "text": "t"})
    with pytest.raises(ReadOnlyError, match="DELETE /api/v1/monitor/7"):
        MonitorsApi(wire.client).delete_monitor(7)
    assert desk.web.sent == []


def test_a_missing_key_is_said_once_with_the_remedy(desk: Desk) -> None:
    """However many services and looks: nothing is sent, all is NODATA, and one problem stands."""
    desk.secrets.values.pop("env:DD_APP_KEY")
    for address in (API, WORKER, API):
        found = desk.series(address=address)
        assert {item.no_data for item in found.values()} == {"no key"}
        assert {measure for measure, _ in found} == set(MEASURES)
    problem = desk.source.problem

    assert desk.web.sent == []
    assert problem is not None
    assert "env:DD_APP_KEY" in problem.message
    assert problem.remedy
    desk.secrets.values.update(KEYS)
    desk.web.put(QUERY, answer((0, "", [1.0] * 5)))
    assert desk.series()[Measure.ERRORS, Scope.SERVICE].values == (0.0,) * 5
    assert desk.source.problem is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_said_once_and_left_alone(desk: Desk, status: int) -> None:
    """It is tried again after a while, and at once when it is another one."""
    desk.web.put(QUERY, {"errors": ["Forbidden"]}, status)
    for _ in range(4):
        assert {item.no_data for item in desk.series().values()} == {"key not accepted"}
    problem = desk.source.problem

    assert len(desk.web.sent) == 1
    assert problem is not None
    assert "env:DD_API_KEY" in problem.message
    assert problem.remedy
    assert "5ecret" not in str(problem)
    desk.clock.advance(REST_S + 1)
    desk.series()
    assert len(desk.web.sent) == 2
    desk.secrets.values["env:DD_API_KEY"] = "renewed"
    desk.series()
    assert len(desk.web.sent) == 3


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"errors": ["oops"]}, 503, EndpointError),
        ({"errors": ["Too many requests"]}, 429, ThrottledError),
        ({"errors": ["bad query: p95"]}, 400, RejectedError),
        ({}, 302, RejectedError),
        (None, 200, EndpointError),
        ([1], 200, EndpointError),
        ({"data": None}, 200, EndpointError),
        ({"data": {"attributes": {"times": [1], "series": [], "values": None}}}, 200, EndpointError),
        (answer((0, "", [1.0])), 200, EndpointError),
        (answer((0, "", ["many"] * 5)), 200, EndpointError),  # type: ignore[list-item]
        (answer((77, "", [1.0] * 5)), 200, EndpointError),
        (answer((0, "", [1.0, 1.0]), begins=[BEGINS[1], BEGINS[0]]), 200, EndpointError),
        ({"data": {"attributes": {"times": [1e300], "series": [], "values": []}}}, 200, EndpointError),
    ],
)
def test_a_supplier_that_does_not_answer_well_is_an_error_with_a_reason(
    desk: Desk, body: object, status: int, error: type[QuarterdeckError]
) -> None:
    """Never figures; whoever gathers makes NODATA of it."""
    desk.web.put(QUERY, body, status)

    with pytest.raises(error) as caught:
        desk.series()
    assert "Datadog" in caught.value.message
    assert "5ecret" not in str(caught.value)


def test_figures_that_are_none_are_gaps(desk: Desk) -> None:
    """Not a number, or less than nothing."""
    reply = json.dumps(answer((0, "", [9.0, 9.0, -3.0, 9.0, 9.0]))).replace("-3.0", "NaN")
    desk.web.put(QUERY, json.loads(reply))

    assert desk.series()[Measure.REQUESTS, Scope.SERVICE].values == (9.0, 9.0, None, 9.0, 9.0)


def test_a_service_that_datadog_does_not_know_has_no_series(desk: Desk) -> None:
    assert desk.source.series(Address("shop", "production", "other"), MOVED, SINCE) == ()


def test_monitors_are_those_of_the_service_in_its_environment(desk: Desk) -> None:
    """Over all pages, worst first; one that names another environment is left out."""
    first = [
        {"id": 1, "name": "p95", "status": "OK", "tags": ["service:shop-api", "env:prod"]},
        {"id": 2, "name": "in staging", "status": "Alert", "tags": ["env:staging"]},
    ]
    second = [{"id": 3, "name": "errors\x1b[31m", "status": "Alert", "last_triggered_ts": NOW.timestamp()}]
    desk.web.put(SEARCH.format(page=0), {"monitors": first, "metadata": {"page_count": 2}})
    desk.web.put(SEARCH.format(page=1), {"monitors": second, "metadata": {"page_count": 2}})
    found = desk.source.monitors(API)

    assert [(item.id, item.name, item.state) for item in found] == [
        ("3", "errors", MonitorState.ALERT),
        ("1", "p95", MonitorState.OK),
    ]
    assert found[0].since == NOW
    assert not any(request.changes for request in desk.web.sent)
