"""Sentry's figures from scripted answers: what is asked, what becomes of it, and what none of it means."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from console.config.integrations import SentrySettings
from console.domain.address import Address
from console.domain.series import Measure, Scope, Scoped, Series
from console.domain.web import Reply, Request
from console.errors import EndpointError, QuarterdeckError, RejectedError, ThrottledError
from console.signals.sentry import MEASURES, SentrySource
from console.signals.sentry_wire import MOST_PAGES, next_cursor
from tests.builders import NOW, a_new_release, a_release
from tests.fakes import FakeClock, FakeSecrets

API = Address("shop", "production", "api")
SETTINGS = SentrySettings("https://de.sentry.io", "file:token", "acme", "4501", "prod", "api@{version}")
MINUTE = NOW.replace(second=0, microsecond=0)
SINCE = MINUTE - timedelta(minutes=5)
MOVED = Scoped(new=a_new_release(), old=a_release(), moved_at=MINUTE - timedelta(minutes=3))
Answer = Callable[[Mapping[str, str]], Any]


class Sentry:
    """A web behind which Sentry answers by what is asked: JSON, or a whole reply."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.events: Answer = lambda asked: counts([1.0] * 5)
        self.issues: Answer = lambda asked: []
        self.releases: Answer = lambda asked: {"version": "known"}

    def send(self, request: Request, limit_s: float) -> Reply:
        self.sent.append(request)
        parts = urlsplit(request.url)
        asked = dict(parse_qsl(parts.query))
        what = parts.path.removeprefix("/api/0/organizations/acme/").split("/")[0]
        answer = {"events-timeseries": self.events, "issues": self.issues, "releases": self.releases}[what]
        found = answer(asked)
        return found if isinstance(found, Reply) else Reply(200, {}, json.dumps(found).encode())

    def asked(self, what: str) -> list[dict[str, str]]:
        return [dict(parse_qsl(urlsplit(r.url).query)) for r in self.sent if f"/{what}/" in r.url]


class Desk:
    """A source with its surroundings."""

    def __init__(self) -> None:
        self.clock = FakeClock(MINUTE + timedelta(seconds=20))
        self.web = Sentry()
        self.secrets = FakeSecrets(**{"file:token": "sntryu_5ecret"})
        self.source = SentrySource({API: SETTINGS}, self.web, self.secrets, self.clock)

    def series(self, scoped: Scoped = MOVED) -> dict[tuple[Measure, Scope], Series]:
        found = self.source.series(API, scoped, SINCE)
        assert len({(item.measure, item.scope) for item in found}) == len(found)
        return {(item.measure, item.scope): item for item in found}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def counts(values: list[Any], newest: bool = True) -> dict[str, Any]:
    """The shape of ``events-timeseries``; five minutes up to now, and the one that is not over."""
    begins = [SINCE + timedelta(minutes=n) for n in range(len(values) + newest)]
    rows = [
        {"timestamp": begin.timestamp() * 1000, "value": value, "incomplete": False}
        for begin, value in zip(begins, [*values, 99.0], strict=False)
    ]
    if newest:
        rows[-1]["incomplete"] = True
    return {"timeSeries": [{"yAxis": "count()", "values": rows, "meta": {"interval": 60000}}]}


def issue(number: int, first_seen: datetime, **overrides: Any) -> dict[str, Any]:
    return {
        "shortId": f"API-{number}",
        "title": "TypeError: x is undefined",
        "culprit": "GET /api/items",
        "level": "error",
        "count": "17",
        "userCount": 4,
        "firstSeen": first_seen.isoformat().replace("+00:00", "Z"),
        "lastSeen": None,
        "permalink": f"https://acme.sentry.io/issues/{number}/",
        **overrides,
    }


def test_errors_are_asked_by_release_and_environment(desk: Desk) -> None:
    """Service-wide, of the new and of the old one; by the project, with the token."""
    desk.series()
    asked = desk.web.asked("events-timeseries")

    assert [row.get("query", "") for row in asked] == ["", 'release:"api@v1.4.3"', 'release:"api@v1.4.2"']
    assert {(row["environment"], row["project"], row["interval"]) for row in asked} == {
        ("prod", "4501", "60")
    }
    assert {(row["dataset"], row["yAxis"], row["statsPeriod"]) for row in asked} == {
        ("errors", "count()", "6m")
    }
    assert {request.headers["Authorization"] for request in desk.web.sent} == {"Bearer sntryu_5ecret"}
    assert not any(request.changes for request in desk.web.sent)
    assert desk.web.sent[0].url.startswith(
        "https://de.sentry.io/api/0/organizations/acme/events-timeseries/?"
    )


def test_new_stands_beside_old_and_what_is_incomplete_is_left_out(desk: Desk) -> None:
    """Events a minute, with the version's name there; none is a true zero where Sentry knows the release."""
    answers = {
        "": [1.0, 1.0, 9.0, 9.0, 9.0],
        "api@v1.4.3": [0.0, 0.0, 8.0, 8.0, 8.0],
        "api@v1.4.2": [0.0] * 5,
    }
    desk.web.events = lambda asked: counts(
        answers[asked.get("query", "").removeprefix("release:").strip('"')]
    )
    found = desk.series()

    assert found[Measure.ERROR_EVENTS, Scope.SERVICE].values == (1.0, 1.0, 9.0, 9.0, 9.0)
    assert found[Measure.ERROR_EVENTS, Scope.NEW].values == (0.0, 0.0, 8.0, 8.0, 8.0)
    assert found[Measure.ERROR_EVENTS, Scope.NEW].version == "api@v1.4.3"
    assert found[Measure.ERROR_EVENTS, Scope.OLD].values == (0.0,) * 5
    assert found[Measure.ERROR_EVENTS, Scope.OLD].points[-1].at == MINUTE


def test_a_period_that_is_not_over_is_left_out_whatever_it_says_of_itself(desk: Desk) -> None:
    desk.web.events = lambda asked: counts([1.0] * 6, newest=False)

    assert len(desk.series()[Measure.ERROR_EVENTS, Scope.SERVICE].points) == 5


def test_a_release_that_sentry_has_not_is_no_data_and_not_without_errors(desk: Desk) -> None:
    """A name that does not fit would look healthy for ever."""
    desk.web.events = lambda asked: counts([0.0] * 5)
    desk.web.releases = lambda asked: Reply(404, {}, b'{"detail": "not found"}')
    found = desk.series()

    assert found[Measure.ERROR_EVENTS, Scope.NEW].no_data == "no release api@v1.4.3 there"
    assert found[Measure.NEW_ISSUES, Scope.NEW].no_data == "no release api@v1.4.3 there"
    assert found[Measure.ERROR_EVENTS, Scope.SERVICE].values == (0.0,) * 5
    assert any("/releases/api%40v1.4.3/" in request.url for request in desk.web.sent)


def test_a_release_that_sentry_has_is_looked_up_once(desk: Desk) -> None:
    desk.web.events = lambda asked: counts([0.0] * 5)
    for _ in range(3):
        assert desk.series()[Measure.ERROR_EVENTS, Scope.NEW].values == (0.0,) * 5

    assert len([request for request in desk.web.sent if "/releases/" in request.url]) == 2


def test_new_issues_are_counted_minute_by_minute(desk: Desk) -> None:
    """As they came since the deploy; by the release that brought them."""
    desk.web.issues = lambda asked: [
        issue(2, MINUTE - timedelta(seconds=50)),
        issue(1, MINUTE - timedelta(seconds=130)),
    ]
    found = desk.series()[Measure.NEW_ISSUES, Scope.NEW]

    assert found.values == (1.0, 1.0, 2.0)
    assert [point.at for point in found.points] == [MINUTE - timedelta(minutes=n) for n in (2, 1, 0)]
    (asked,) = desk.web.asked("issues")
    assert asked["query"] == 'is:unresolved firstRelease:"api@v1.4.3"'
    assert asked["sort"] == "new"


def test_without_releases_new_issues_are_those_first_seen_since_the_deploy(desk: Desk) -> None:
    """Service-wide then; what was first seen before does not count."""
    scoped = Scoped(
        new=a_new_release(label="latest"),
        old=a_release(label="latest"),
        moved_at=MINUTE - timedelta(minutes=2),
    )
    desk.web.issues = lambda asked: [
        issue(1, MINUTE - timedelta(seconds=90)),
        issue(2, MINUTE - timedelta(minutes=9)),
    ]
    found = desk.series(scoped)

    assert set(found) == {(Measure.ERROR_EVENTS, Scope.SERVICE), (Measure.NEW_ISSUES, Scope.SERVICE)}
    assert found[Measure.NEW_ISSUES, Scope.SERVICE].values == (1.0, 1.0)
    assert desk.web.asked("issues")[0]["query"] == "is:unresolved age:-3m"


def test_a_sentry_that_does_not_know_the_word_is_asked_by_age(desk: Desk) -> None:
    """``firstRelease`` is not in the published schema."""

    def answer(asked: Mapping[str, str]) -> Any:
        if "firstRelease" in asked["query"]:
            return Reply(400, {}, b'{"detail": "Invalid search"}')
        return [issue(1, MINUTE - timedelta(seconds=90))]

    desk.web.issues = answer

    assert [item.id for item in desk.source.issues(API, MOVED, SINCE)] == ["API-1"]
    assert desk.web.asked("issues")[1]["query"] == 'is:unresolved age:-6m release:"api@v1.4.3"'


def test_another_tag_of_the_digest_names_the_release_too(desk: Desk) -> None:
    """A pipeline may call the release after the commit, where people say the version."""
    release = a_new_release()
    version = release.version.__class__(release.version.digest, "v1.4.3", ("v1.4.3", 'b"7'))
    desk.series(Scoped(new=a_new_release(version=version), moved_at=MOVED.moved_at))

    assert desk.web.asked("events-timeseries")[1]["query"] == 'release:["api@v1.4.3", "api@b\\"7"]'


def test_issues_come_over_all_pages(desk: Desk) -> None:
    """``rel="next"`` is always there; ``results`` says whether it leads anywhere."""

    def page(asked: Mapping[str, str]) -> Reply:
        number = int(asked.get("cursor", "0").split(":")[0])
        more = "true" if number < 2 else "false"
        link = f'<u>; rel="previous"; results="false"; cursor="0:0:1", <u>; rel="next"; results="{more}"; '
        rows = [issue(number, NOW - timedelta(minutes=number))]
        return Reply(200, {"link": f'{link}cursor="{number + 1}:0:0"'}, json.dumps(rows).encode())

    desk.web.issues = page
    found = desk.source.issues(API, MOVED, SINCE)

    assert [item.id for item in found] == ["API-0", "API-1", "API-2"]
    assert (found[0].count, found[0].users, found[0].place) == (17, 4, "GET /api/items")
    assert [row.get("cursor") for row in desk.web.asked("issues")] == [None, "1:0:0", "2:0:0"]


def test_pages_without_end_are_left(desk: Desk) -> None:
    link = '<u>; rel="next"; results="true"; cursor="1:0:0"'
    body = json.dumps([issue(1, NOW)]).encode()
    desk.web.issues = lambda asked: Reply(200, {"link": link}, body)

    assert len(desk.source.issues(API, MOVED, SINCE)) == MOST_PAGES


@pytest.mark.parametrize("link", ["", "nonsense", '<u>; rel="previous"; results="true"; cursor="0:0:1"'])
def test_there_is_no_next_page_unless_it_is_said(link: str) -> None:
    assert next_cursor(link) == ""


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "key not accepted"), (403, "key not accepted"), (0, "no key")]
)
def test_a_token_that_is_wrong_or_missing_is_said_once_with_the_remedy(
    desk: Desk, status: int, reason: str
) -> None:
    """All is NODATA, one problem stands, and nobody is asked again at once."""
    if status:
        desk.web.events = lambda asked: Reply(status, {}, b'{"detail": "Invalid token"}')
    else:
        desk.secrets.values.clear()
    for _ in range(4):
        found = desk.series()
        assert {item.no_data for item in found.values()} == {reason}
        assert {measure for measure, _ in found} == set(MEASURES)
    problem = desk.source.problem
    with pytest.raises(type(problem) if problem else AssertionError) as caught:
        desk.source.issues(API, MOVED, SINCE)

    assert str(caught.value) == str(problem)
    assert len(desk.web.sent) == (1 if status else 0)
    assert problem is not None
    assert "file:token" in problem.message
    assert problem.remedy
    assert "5ecret" not in str(problem)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(502), EndpointError),
        (Reply(429, {}, b"{}"), ThrottledError),
        (Reply(400, {}, b'{"detail": "bad \\u001b[31mquery"}'), RejectedError),
        (Reply(200, {}, b"<html>"), EndpointError),
        (Reply(200, {}, b"[" * 100_000), EndpointError),
        (Reply(200, {}, b"null"), EndpointError),
        (Reply(200, {}, b'{"timeSeries": null}'), EndpointError),
        (Reply(200, {}, b'{"timeSeries": [{"values": [{"value": 1}, 7]}]}'), EndpointError),
        (Reply(200, {}, b"{}", is_cut=True), EndpointError),
    ],
)
def test_a_supplier_that_does_not_answer_well_is_an_error_with_a_reason(
    desk: Desk, reply: Reply, error: type[QuarterdeckError]
) -> None:
    """Never figures; whoever gathers makes NODATA of it."""
    desk.web.events = lambda asked: reply

    with pytest.raises(error) as caught:
        desk.series()
    assert "Sentry" in caught.value.message
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("body", [{"timeSeries": []}, counts([None] * 5)], ids=["empty", "null"])
def test_nothing_counted_is_no_data(desk: Desk, body: Any) -> None:
    desk.web.events = lambda asked: body
    found = desk.series(Scoped())

    assert [item.no_data for item in found.values()] == ["nothing counted"]


def test_a_slow_supplier_takes_one_limit_for_everything(desk: Desk) -> None:
    """Each answer within the limit, all of them not: the rest is not asked for."""

    def slow(asked: Mapping[str, str]) -> Any:
        desk.clock.advance(4.0)
        return counts([1.0] * 5)

    desk.web.events = slow

    with pytest.raises(EndpointError, match="no answer within 8 s"):
        desk.series()
    assert len(desk.web.sent) == 2
