"""Datadog and Sentry as the console asks them, over HTTP: the stand-ins tell the world's own story."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from console.config.loader import load
from console.config.settings import ServiceSettings
from console.domain.address import Address
from console.domain.outsiders import MonitorState
from console.domain.series import Measure, Scope, Scoped, Series
from console.errors import QuarterdeckError
from console.sandbox import fleet, folder
from console.sandbox.outsiders.settings import KEYS
from console.signals.datadog import DatadogSource
from console.signals.scoping import scoped_of
from console.signals.sentry import SentrySource
from console.signals.suppliers import LIMIT_S, REST_S
from console.web.client import WebClient
from console.web.secrets import References
from tests.contract.conftest import Sandbox, SandboxFactory
from tests.contract.shared_world import API, WORKER, SharedWorld, open_world
from tests.fakes import FakeClock

Found = Mapping[tuple[Measure, Scope], Series]
BRIEFLY_S = 0.3
"""For those whom nobody answers; the rest has the usual limit."""


@dataclass
class Desk:
    """A world that is served, and both sources on it."""

    shared: SharedWorld
    make_datadog: Callable[[float], DatadogSource]
    make_sentry: Callable[[float], SentrySource]
    keys: Path

    @cached_property
    def datadog(self) -> DatadogSource:
        return self.make_datadog(LIMIT_S)

    @cached_property
    def sentry(self) -> SentrySource:
        return self.make_sentry(LIMIT_S)

    @property
    def sandbox(self) -> Sandbox:
        return self.shared.sandbox

    def scoped(self, address: Address = API) -> Scoped:
        """As whoever gathers figures has it."""
        platform = self.shared.connections[address.place].platform
        return scoped_of(platform.observe(address))

    def ask(self, source: DatadogSource | SentrySource, address: Address = API) -> Found:
        since = self.shared.clock.now() - timedelta(minutes=20)
        found = source.series(address, self.scoped(address), since)
        return {(item.measure, item.scope): item for item in found}

    def wrong(self, name: str, **more: Any) -> None:
        """Let something go wrong in production of the scanner."""
        body = {"fault": name, "fleet": "rugmunch", "environment": "production", "service": "api", **more}
        status, answer = self.sandbox.control("POST", "world", body)
        assert status == 200, answer

    def mend(self) -> None:
        self.sandbox.control("DELETE", "world")


@pytest.fixture
def open_desk(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    """``open_desk("rugmunch")``: calm, on a clock that the test moves."""
    made: list[WebClient] = []

    def make(*fleets: str) -> Desk:
        clock = FakeClock()
        sandbox = make_sandbox(*fleets, clock=clock, calm=True)
        shared = open_world(sandbox, clock, monkeypatch, tmp_path)
        systems = fleet.configuration(sandbox.world, sandbox.endpoint)
        settings = load(folder.create(sandbox.world, sandbox.endpoint, systems).config)
        services = {item.address: item for item in settings.services()}
        secrets = References(settings.path.parent, _nobody)
        webs = [WebClient(clock, read_only=True) for _ in range(2)]
        made.extend(webs)
        datadog = {a: s.datadog for a, s in services.items() if s.datadog}
        sentry = {a: s.sentry for a, s in services.items() if s.sentry}
        return Desk(
            replace(shared, settings=settings),
            lambda limit_s: DatadogSource(datadog, webs[0], secrets, clock, limit_s),
            lambda limit_s: SentrySource(sentry, webs[1], secrets, clock, limit_s),
            settings.path.parent / "keys",
        )

    yield make
    for web in made:
        web.close()


def _nobody(name: str) -> str:
    raise AssertionError(f"nobody asked for the secret {name}")


def test_the_sandboxs_configuration_names_the_stand_ins(open_desk: Callable[..., Desk]) -> None:
    """Of the systems that use them; keys by reference to files that only the owner reads."""
    desk = open_desk("rugmunch", "mealplanner")
    scanner: ServiceSettings = desk.shared.settings.service(API)
    meals: ServiceSettings = desk.shared.settings.service(Address("mealplanner", "production", "api"))

    assert scanner.datadog is not None
    assert scanner.datadog.url == f"{desk.sandbox.endpoint}/_outsiders/datadog/rugmunch"
    assert (scanner.datadog.service, scanner.datadog.env) == ("rugmunch-api", "production")
    assert meals.datadog is None
    assert meals.sentry is not None
    assert meals.sentry.release == "meal-planner-api@{version}"
    assert {path.name: path.stat().st_mode & 0o777 for path in desk.keys.iterdir()} == dict.fromkeys(
        KEYS, 0o600
    )


def test_datadog_counts_the_requests_that_the_load_balancer_counts(open_desk: Callable[..., Desk]) -> None:
    """Minute by minute, and the percentiles of the same answers."""
    desk = open_desk("rugmunch")
    found = desk.ask(desk.datadog)
    account = desk.sandbox.account("rugmunch")
    service = next(item for item in account.ecs.services() if item.name == "rugmunch-api")

    hits = found[Measure.REQUESTS, Scope.SERVICE]
    assert len(hits.points) >= 18
    for point in hits.points:
        minute = int(point.at.timestamp()) // 60 - 1
        seen = [r for r in account.logs.traffic.requests(service.arn, minute) if r.reached]
        assert point.value == len(seen)
    p95 = found[Measure.P95, Scope.SERVICE].last
    assert p95 is not None and p95.value is not None
    assert 0.05 < p95.value < 0.6
    errors = found[Measure.ERRORS, Scope.SERVICE].last
    assert errors is not None and errors.value is not None
    assert errors.value < 0.03


def test_a_bad_release_shows_in_both_beside_the_old_one(open_desk: Callable[..., Desk]) -> None:
    """Errors of the new version alone, an issue that nobody has seen before, and a monitor that goes off."""
    desk = open_desk("rugmunch")
    desk.shared.wait(60)
    desk.shared.begin(API, "error-spike")

    def is_seen() -> bool:
        new = desk.ask(desk.datadog).get((Measure.ERRORS, Scope.NEW))
        return new is not None and len([p for p in new.points if p.value is not None]) >= 4

    desk.shared.wait_until(is_seen, 900, 30)
    seen = desk.ask(desk.datadog)
    new, old = seen[Measure.ERRORS, Scope.NEW], seen[Measure.ERRORS, Scope.OLD]
    assert new.version == "v1.5.0-rc.5"
    assert new.last is not None and new.last.value is not None
    assert 0.08 < new.last.value < 0.35
    assert max(value for value in old.values if value is not None) < 0.05

    told = desk.ask(desk.sentry)
    events = told[Measure.ERROR_EVENTS, Scope.NEW]
    assert events.version == "rugmunch-api@v1.5.0-rc.5"
    assert events.last is not None and (events.last.value or 0) > 5
    issues = told[Measure.NEW_ISSUES, Scope.NEW]
    assert issues.values[0] == 0.0
    assert issues.last is not None and issues.last.value == 1.0
    (issue,) = desk.sentry.issues(API, desk.scoped(), desk.shared.clock.now() - timedelta(minutes=20))
    assert "TypeError" in issue.title
    assert issue.count is not None and issue.count > 5

    monitors = desk.datadog.monitors(API)
    assert [item.state for item in monitors] == [MonitorState.ALERT, MonitorState.OK]
    assert monitors[0].name == "rugmunch-api error rate in production"
    assert monitors[0].since is not None


def test_a_database_that_goes_down_after_a_good_release_is_no_new_issue(
    open_desk: Callable[..., Desk],
) -> None:
    """Errors rise and answers come late, and whoever looks for what the deploy brought finds nothing: a true
    nothing, because Sentry was told of the release when it was built."""
    desk = open_desk("rugmunch")
    before = desk.ask(desk.datadog)[Measure.P95, Scope.SERVICE].last
    desk.shared.begin(API, "good")
    desk.shared.wait(200)
    found = desk.ask(desk.sentry)
    assert set(found[Measure.NEW_ISSUES, Scope.NEW].values) == {0.0}
    assert not found[Measure.ERROR_EVENTS, Scope.NEW].no_data
    desk.wrong("database-down")
    desk.shared.wait(150)
    found, after = desk.ask(desk.sentry), desk.ask(desk.datadog)[Measure.P95, Scope.SERVICE].last

    assert max(v for v in found[Measure.ERROR_EVENTS, Scope.SERVICE].values if v is not None) > 20
    assert set(found[Measure.NEW_ISSUES, Scope.NEW].values) == {0.0}
    assert before is not None and after is not None
    assert after.value is not None and before.value is not None
    assert after.value > 2 * before.value


SUPPLIERS = pytest.mark.parametrize("supplier", ["datadog", "sentry"])


@SUPPLIERS
def test_a_supplier_in_trouble_is_no_data_with_a_reason_and_keeps_nobody(
    open_desk: Callable[..., Desk], supplier: str
) -> None:
    """Within the limit, whatever it does; and all is as before once that has ended."""
    desk = open_desk("rugmunch")
    make = desk.make_datadog if supplier == "datadog" else desk.make_sentry
    for trouble, reason in (
        ("down", "onnection"),
        ("slow", "no answer within"),
        ("throttled", "without requests"),
        ("malformed", "cannot be read"),
    ):
        source = make(BRIEFLY_S if trouble == "slow" else LIMIT_S)
        desk.wrong(f"{supplier}-{trouble}")
        with pytest.raises(QuarterdeckError) as caught:
            desk.ask(source)
        assert reason in caught.value.message
        assert caught.value.message.lower().startswith(supplier)
        assert "http" not in caught.value.message
        assert "sandbox-" not in str(caught.value)
        assert source.problem is None
        desk.mend()
        desk.shared.clock.advance(61)
    for trouble in ("empty", "null"):
        desk.wrong(f"{supplier}-{trouble}")
        service_wide = [row for row in desk.ask(source).values() if row.scope is Scope.SERVICE]
        assert service_wide
        assert all(row.no_data and row.last is None for row in service_wide)
        desk.mend()
    assert not any(row.no_data for row in desk.ask(source).values() if row.scope is Scope.SERVICE)


@SUPPLIERS
def test_a_key_that_does_not_do_is_said_once_with_the_remedy(
    open_desk: Callable[..., Desk], supplier: str
) -> None:
    """All figures are NODATA, one problem stands with what to do, and a key that does mends it."""
    desk = open_desk("rugmunch")
    make = desk.make_datadog if supplier == "datadog" else desk.make_sentry
    file = desk.keys / ("datadog-app-key" if supplier == "datadog" else "sentry-token")
    for way in ("revoked", "wrong", "missing"):
        source = make(LIMIT_S)
        if way == "revoked":
            desk.wrong(f"{supplier}-key")
        elif way == "wrong":
            file.write_text("another-key")
        else:
            file.unlink()
        scoped, since = desk.scoped(), desk.shared.clock.now() - timedelta(minutes=20)
        asked = desk.sandbox.served.server.requests
        for address in (API, WORKER) * 2:
            found = source.series(address, scoped, since)
            assert found
            assert all(item.no_data for item in found)
        assert desk.sandbox.served.server.requests - asked == (0 if way == "missing" else 1)
        assert source.problem is not None
        assert file.name in source.problem.message
        assert source.problem.remedy
        assert "another-key" not in str(source.problem)
        desk.mend()
        file.write_text(KEYS[file.name])
        desk.shared.clock.advance(REST_S + 1)
        assert desk.ask(source)
        assert source.problem is None


def test_nobody_is_told_of_a_place_that_there_is_not(open_desk: Callable[..., Desk]) -> None:
    """Another supplier, a fleet that does not use it, a path that nobody asks for, another method."""
    desk = open_desk("rugmunch", "mealplanner")
    keys = {
        "DD-API-KEY": KEYS["datadog-api-key"],
        "DD-APPLICATION-KEY": KEYS["datadog-app-key"],
        "Authorization": f"Bearer {KEYS['sentry-token']}",
    }
    for method, path in (
        ("GET", "opsgenie/rugmunch/"),
        ("GET", "datadog/mealplanner/api/v1/monitor/search"),
        ("POST", "datadog/rugmunch/api/v1/events"),
        ("GET", "sentry/rugmunch/api/0/organizations/others/issues/"),
        ("POST", "sentry/rugmunch/api/0/organizations/rugmunch/issues/"),
        ("GET", "sentry/rugmunch/api/0/organizations/rugmunch/releases/rugmunch-api%40v0.0.0/"),
    ):
        assert desk.sandbox.request(method, f"/_outsiders/{path}", b"{}", keys)[0] == 404, path
    status, _ = desk.sandbox.request(
        "POST", "/_outsiders/datadog/rugmunch/api/v2/query/timeseries", b'{"data": []}', keys
    )
    assert status == 400
    assert desk.sandbox.request("GET", "/_outsiders/datadog/rugmunch/api/v1/monitor/search")[0] == 401
