"""Smoke sequences: what is captured goes on, what is asserted decides, and no secret is ever told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from console.domain.findings import Finding, Outcome
from console.domain.smoke import SmokeSequence, SmokeStep
from console.domain.web import Reply
from console.domain.words import duration
from console.errors import EndpointError, ReadOnlyError
from console.operations import smoke
from console.operations.outside import Outside
from tests.fakes import FakeClock, FakeSecrets, FakeWeb

BASE = "https://meals.example/api/v1"
TOKEN = "tok_4c81f0d2a9e7b365"
PASSWORD = "pa$$ w/ört & more"


@pytest.fixture
def web() -> FakeWeb:
    """Everything that the steps below ask for is answered as it should be."""
    web = FakeWeb()
    web.put("GET /api/v1/health", {"status": "healthy"})
    web.put("POST /api/v1/auth/login", {"accessToken": TOKEN, "user": {"id": 7}})
    web.put("GET /api/v1/recipes", {"total": 3, "items": ["soup"]})
    web.put("POST /api/v1/meal-plans", {"id": "plan_1"}, status=201)
    return web


LOGIN = SmokeStep(
    "log in",
    "POST",
    "/auth/login",
    json={"email": "${email}", "password": "${password}"},
    capture={"token": "accessToken", "user": "user.id"},
)
HEALTH = SmokeStep("health", path="/health", expect=("status == 'healthy'",))
RECIPES = SmokeStep(
    "recipes", path="/recipes", headers={"Authorization": "Bearer ${token}"}, expect=("total > `0`",)
)
CREATE = SmokeStep(
    "create",
    "POST",
    "/meal-plans",
    {"Authorization": "Bearer ${token}"},
    json={"weekStart": "${monday}", "people": ["${user}"]},
    expect_status=(201,),
    writes=True,
)
RECIPES_WITHOUT_TOKEN = SmokeStep("recipes", path="/recipes")
LOGIN_ONLY_TOKEN = SmokeStep("log in", "POST", "/auth/login", capture={"token": "accessToken"})
CREATE_WITHOUT_TOKEN = SmokeStep("create", "POST", "/meal-plans", writes=True)


def send(web: FakeWeb, *steps: SmokeStep, reading_only: bool = False, **values: str) -> list[Finding]:
    sequence = SmokeSequence(
        BASE, steps, {"email": "smoke@meals.example"}, {"password": "env:SMOKE_PASSWORD"}
    )
    outside = Outside(web, FakeSecrets(**{"env:SMOKE_PASSWORD": PASSWORD, **values}))
    return list(smoke.run(sequence, outside, FakeClock(), reading_only=reading_only))


def outcomes(found: list[Finding]) -> list[str]:
    return [item.outcome.value for item in found]


def test_what_an_answer_gave_is_used_by_the_steps_behind_it(web: FakeWeb) -> None:
    """The token in a header, the day in a body; each request once, in their order."""
    found = send(web, HEALTH, LOGIN, RECIPES, CREATE)

    assert outcomes(found) == ["OK"] * 4
    assert smoke.passed(found)
    assert smoke.told(found) == "4 of 4 steps well"
    _, login, recipes, create = web.sent
    assert json.loads(login.body) == {"email": "smoke@meals.example", "password": PASSWORD}
    assert recipes.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(create.body) == {"weekStart": "2026-11-16", "people": ["7"]}
    assert (login.reads, recipes.reads, create.reads) == (True, True, False)
    assert create.url == f"{BASE}/meal-plans"


def test_neither_secrets_nor_what_was_captured_are_told(web: FakeWeb) -> None:
    """Not in evidence, not in a reason, as it is or as JSON spells it."""
    echo = {"you sent": PASSWORD, "again": f"Bearer {TOKEN}", "accessToken": TOKEN, "note": "fine"}
    web.answers["GET /api/v1/recipes"] = [Reply(500, {}, json.dumps(echo).encode())]
    web.put("GET /api/v1/echo", echo)
    told = send(
        web,
        LOGIN,
        SmokeStep("recipes", path="/recipes", fatal=False),
        SmokeStep("echo", path="/echo", expect=("again",), fatal=False),
        SmokeStep("bad", path="/echo", expect=('"you sent"',), fatal=False),
    )

    assert outcomes(told) == ["OK", "NG", "NG", "NG"]
    words = "".join(item.said + item.evidence for item in told)
    for secret in (TOKEN, PASSWORD, json.dumps(PASSWORD)[1:-1]):
        assert secret not in words
    assert "fine" in told[1].evidence


def test_a_long_secret_is_hidden_before_anything_is_cut(web: FakeWeb) -> None:
    """A cut through its middle would show its beginning."""
    long = "k" * 150
    web.answers["POST /api/v1/auth/login"] = [Reply(200, {}, json.dumps({"accessToken": long}).encode())]
    web.put("GET /api/v1/echo", {"message": f"no, {long}"})

    found = send(
        web,
        SmokeStep("log in", "POST", "/auth/login", capture={"token": "accessToken"}),
        SmokeStep("echo", path="/echo", expect=("message",)),
    )

    assert found[1].outcome is Outcome.NG
    assert "kkkk" not in found[1].said + found[1].evidence
    assert found[1].said.startswith('message is "no, ')


@pytest.mark.parametrize(
    ("step", "answer", "said"),
    [
        (HEALTH, Reply(503, {}, b'{"status": "unhealthy"}'), "answers 503, not 2xx"),
        (HEALTH, Reply(200, {}, b'{"status": "degraded"}'), "status == 'healthy' is false"),
        (HEALTH, Reply(200, {}, b"<html>"), "answers 200 without valid JSON"),
        (
            SmokeStep("health", path="/health", expect_status=(204, 304)),
            Reply(200),
            "answers 200, not 204 or 304",
        ),
        (
            SmokeStep("health", path="/health", capture={"id": "data.id"}),
            Reply(200, {}, b"{}"),
            "the answer has no data.id for id",
        ),
        (
            SmokeStep("health", path="/health", expect=("length(total) > `1`",)),
            Reply(200, {}, b'{"total": 12345}'),
            "length(total) > `1` cannot be judged",
        ),
        (
            SmokeStep("health", path="/health", within=duration("1s")),
            Reply(200, {}, b"{}", took_s=1.25),
            "200 in 1250 ms, more than 1000 ms",
        ),
        (SmokeStep("health", path="/${nobody}"), Reply(200), "there is no variable nobody"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(web: FakeWeb, step: SmokeStep, answer: Reply, said: str) -> None:
    """Each in its own words, and never as well."""
    web.answers["GET /api/v1/health"] = [answer]

    (found,) = send(web, step)

    assert found.outcome is Outcome.NG
    assert said in found.said
    assert "12345" not in found.said


def test_nobody_there_is_not_well(web: FakeWeb) -> None:
    """An error of the way is a finding, and not the end of the sequence where that may go on."""
    web.fail("send", EndpointError("meals.example did not answer in 5 s"))

    found = send(web, SmokeStep("health", path="/health", fatal=False), RECIPES_WITHOUT_TOKEN)

    assert outcomes(found) == ["NG", "OK"]
    assert found[0].said == "meals.example did not answer in 5 s"


def test_what_must_not_fail_ends_the_sequence(web: FakeWeb) -> None:
    """The rest is not sent; a step that is only reported ends nothing."""
    web.answers["GET /api/v1/health"] = [Reply(500)]

    found = send(web, SmokeStep("slow", path="/health", fatal=False), HEALTH, LOGIN, RECIPES)

    assert outcomes(found) == ["NG", "NG", "SKIP", "SKIP"]
    assert found[2].said == "not tried: health failed"
    assert len(web.sent) == 2
    assert "slow: answers 500" in smoke.told(found)


def test_only_reading_sends_nothing_that_writes(web: FakeWeb) -> None:
    """And nothing that would need what those steps give."""
    found = send(web, HEALTH, replace(LOGIN, writes=True), RECIPES, CREATE, reading_only=True)

    assert outcomes(found) == ["OK", "SKIP", "SKIP", "SKIP"]
    assert [request.method for request in web.sent] == ["GET"]
    assert found[1].said == "it writes, and only reading is wanted here"
    assert found[2].said == "needs token of a step that was not tried"
    assert smoke.told(found) == "1 of 4 steps well, 3 not tried"


def test_what_a_failed_step_did_not_give_keeps_others_from_being_sent(web: FakeWeb) -> None:
    """Half a header is never sent."""
    web.answers["POST /api/v1/auth/login"] = [Reply(401, {}, b'{"error": "no"}')]

    found = send(web, replace(LOGIN, fatal=False), RECIPES)

    assert outcomes(found) == ["NG", "SKIP"]
    assert len(web.sent) == 1


def test_a_variable_in_a_path_cannot_lead_elsewhere(web: FakeWeb) -> None:
    """What an answer gave is quoted as one part of the address."""
    web.answers["POST /api/v1/auth/login"] = [Reply(200, {}, b'{"accessToken": "../admin?x=1#y"}')]

    send(web, LOGIN_ONLY_TOKEN, SmokeStep("one", path="/recipes/${token}"))

    assert web.sent[-1].url == f"{BASE}/recipes/..%2Fadmin%3Fx%3D1%23y"


def test_the_client_of_a_read_only_environment_has_the_last_word(web: FakeWeb) -> None:
    """Whatever the caller thinks: what it refuses is told and not well."""
    web.fail("send", ReadOnlyError("POST meals.example is not sent: this environment is read-only"))

    (found,) = send(web, CREATE_WITHOUT_TOKEN)

    assert found.outcome is Outcome.NG
    assert "read-only" in found.said


def test_somebody_hears_of_us_before_every_request(web: FakeWeb) -> None:
    """An operation that sends many must not look dead."""
    beats: list[Any] = []
    sequence = SmokeSequence(BASE, (HEALTH, RECIPES_WITHOUT_TOKEN))

    list(
        smoke.run(
            sequence, Outside(web, FakeSecrets()), FakeClock(), between=lambda: beats.append(len(web.sent))
        )
    )

    assert beats == [0, 1]
