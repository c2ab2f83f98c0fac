"""Health answers in each team's own words, and in ours."""

import json

import pytest

from console.domain.health import Health, HealthState, HealthWords
from console.domain.web import Reply
from console.errors import EndpointError
from console.signals import health
from tests.fakes import FakeClock, FakeWeb

URL = "https://api.example/health"


def asked(reply: Reply, words: HealthWords | None = None) -> Health:
    web = FakeWeb()
    web.answers["GET /health"] = [reply]
    return health.ask(URL, words or HealthWords(), web, FakeClock())


def a_reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {}, json.dumps(body).encode(), 0.02)


@pytest.mark.parametrize(
    ("reply", "state", "said"),
    [
        (a_reply({"status": "ok"}), HealthState.OK, "ok"),
        (a_reply({"status": "Healthy"}), HealthState.OK, "Healthy"),
        (a_reply({"status": "degraded"}), HealthState.DEGRADED, "degraded"),
        (a_reply({"status": "degraded"}, 503), HealthState.DEGRADED, "degraded"),
        (a_reply({"status": "unhealthy"}, 503), HealthState.FAILING, "unhealthy"),
        (a_reply({"status": "unhealthy"}), HealthState.FAILING, "unhealthy"),
        (a_reply({"status": "ok"}, 503), HealthState.FAILING, "ok"),
        (a_reply({"status": "meh"}), HealthState.UNKNOWN, "meh"),
        (a_reply({"status": "ok"}, 404), HealthState.UNKNOWN, "ok"),
        (Reply(200, {}, b"fine"), HealthState.OK, "answers 200, and no word for it"),
        (Reply(301, {}), HealthState.UNKNOWN, "answers 301, and no word for it"),
        (a_reply({"status": {"code": 1}}), HealthState.OK, "answers 200, and no word for it"),
    ],
)
def test_an_answer_is_read_by_its_status_and_its_word(reply: Reply, state: HealthState, said: str) -> None:
    """The status decides that it is not well, the word how bad it is; what nobody knows is unknown."""
    found = asked(reply)
    assert (found.state, found.said) == (state, said)


def test_dependencies_and_version_are_found_where_they_usually_stand() -> None:
    found = asked(
        a_reply(
            {"status": "error", "version": "v2.7.2", "database": "disconnected", "redis": "connected"}, 503
        )
    )
    assert found.dependencies == {"database": HealthState.FAILING, "cache": HealthState.OK}
    assert found.words == {"database": "disconnected", "cache": "connected"}
    assert found.version == "v2.7.2"


def test_a_team_may_have_other_words_in_other_places() -> None:
    words = HealthWords("checks.all", "build", {"search": "checks.es"}, ok=("green",), failing=("red",))
    found = asked(a_reply({"checks": {"all": "green", "es": "red", "database": "ok"}, "build": 41}), words)
    assert (found.state, found.version) == (HealthState.OK, "41")
    assert found.dependencies == {"search": HealthState.FAILING}


def test_nobody_there_is_unknown_and_never_well() -> None:
    web = FakeWeb()
    web.fail("send", EndpointError("api.example did not answer in 5 s"))
    found = health.ask(URL, HealthWords(), web, FakeClock())
    assert (found.state, found.status) == (HealthState.UNKNOWN, None)
    assert found.said == "api.example did not answer in 5 s"


def test_words_from_outside_are_cut_and_cannot_move_the_cursor() -> None:
    found = asked(a_reply({"status": "\x1b[2J" + "x" * 500}))
    assert "\x1b" not in found.said
    assert len(found.said) <= 80
