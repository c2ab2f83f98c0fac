"""Log lines: where they are, how bad they are, and what is hidden in them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from console.aws.definitions import Definitions
from console.aws.logs import MAX_PAGES, CloudWatchLogs
from console.aws.services import Services
from console.domain.words import milliseconds
from console.logtail.masks import masked
from console.logtail.parse import readable, severity_of
from tests.builders import ADDRESS, NOW, ago, task_id
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    ScriptedAws,
    calls_on,
    describe_definitions,
    raw_definition,
    raw_service,
    settings,
)


def event(number: int, message: str = "hello", seconds: float = 0) -> dict[str, Any]:
    return {
        "eventId": f"e{number:04}",
        "logStreamName": f"api/api/{task_id(1)}",
        "timestamp": milliseconds(ago(seconds)),
        "message": message,
    }


@pytest.fixture
def aws() -> ScriptedAws:
    scripted = ScriptedAws()
    scripted.on("ecs.DescribeServices", {"services": [raw_service()]})
    scripted.on("ecs.DescribeTaskDefinition", describe_definitions(raw_definition()))
    return scripted


def logs_on(aws: ScriptedAws) -> CloudWatchLogs:
    calls = calls_on(aws)
    return CloudWatchLogs(calls, Services(settings(), calls), Definitions(calls), FakeClock())


def test_the_newest_lines_come_oldest_first_with_their_task(aws: ScriptedAws) -> None:
    """The newest are asked for; a screen reads downwards."""
    aws.on(
        "logs.FilterLogEvents", {"events": [event(3, seconds=1), event(2, seconds=2), event(1, seconds=3)]}
    )
    lines = logs_on(aws).tail(ADDRESS, NOW - timedelta(minutes=5), 2)
    assert [line.id for line in lines] == ["e0002", "e0003"]
    assert lines[0].task == task_id(1)
    assert lines[0].container == "api"
    assert lines[0].at == ago(2)
    (params,) = aws.params("logs.FilterLogEvents")
    assert params == {
        "logGroupName": "/ecs/rugmunch-api",
        "logStreamNamePrefix": "api/api/",
        "startTime": milliseconds(NOW - timedelta(minutes=5)),
        "startFromHead": False,
        "limit": 2,
    }


def test_an_empty_page_is_not_the_end_and_an_endless_list_is_cut(aws: ScriptedAws) -> None:
    """FilterLogEvents may answer nothing, and a token."""
    aws.on("logs.FilterLogEvents", {"events": [], "nextToken": "t"}, {"events": [event(1)]})
    assert [line.id for line in logs_on(aws).tail(ADDRESS, ago(60), 5)] == ["e0001"]
    aws.on("logs.FilterLogEvents", {"events": [], "nextToken": "t"})
    aws.sent.clear()
    assert logs_on(aws).tail(ADDRESS, ago(60), 5) == ()
    assert aws.names().count("logs.FilterLogEvents") == MAX_PAGES


def test_a_container_with_another_log_driver_has_no_lines_here(aws: ScriptedAws) -> None:
    """And nothing is asked."""
    definition = raw_definition()
    definition["containerDefinitions"][0]["logConfiguration"] = {"logDriver": "awsfirelens"}
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(definition))
    assert logs_on(aws).tail(ADDRESS, ago(60), 5) == ()
    assert "logs.FilterLogEvents" not in aws.names()


def test_a_line_is_plain_text_without_secrets(aws: ScriptedAws) -> None:
    """Escape codes cannot reach the terminal, tokens cannot reach the screen."""
    text = "\x1b[31mcalling\x1b[0m with Bearer abcdefghijklmnop\n"
    aws.on("logs.FilterLogEvents", {"events": [event(1, text)]})
    (line,) = logs_on(aws).tail(ADDRESS, ago(60), 5)
    assert line.text == "calling with Bearer ****"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (json.dumps({"level": "error", "msg": "x"}), "error"),
        (json.dumps({"severity": "WARNING"}), "warn"),
        (json.dumps({"level": 50}), "error"),
        (json.dumps({"level": 60}), "fatal"),
        (json.dumps({"level": 20}), "debug"),
        (json.dumps({"level": True}), "info"),
        (json.dumps({"levelname": "CRITICAL"}), "fatal"),
        (json.dumps({"msg": "an error in words only"}), "info"),
        ("{not json", "info"),
        ("{}", "info"),
        ('ts=2026 level=warn msg="x"', "warn"),
        ("ERROR: it broke", "error"),
        ("[WARN] careful", "warn"),
        ("2026-11-20 03:12:47,123 ERROR app.py", "error"),
        ("2026-11-20T03:12:47.123Z INFO ready", "info"),
        ("panic: runtime error", "fatal"),
        ("Traceback (most recent call last):", "error"),
        ("GET /errors 200", "info"),
        ("errors were found in the past", "info"),
        ("", "info"),
    ],
)
def test_severity_is_what_the_line_says(text: str, severity: str) -> None:
    """JSON, pino, logfmt and prefixes; a word in the middle of a sentence is no level."""
    assert severity_of(text) == severity


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key AKIAIOSFODNN7EXAMPLE used", "IOSFODNN7EXAMPLE"),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "YWRh"),
        ("Authorization: Bearer abc.def-ghi_jkl", "abc.def"),
        ("postgres://app:s3cr3t@db:5432/x", "s3cr3t"),
        ("password=hunter2 user=ada", "hunter2"),
        ('{"api_key": "abcdef123"}', "abcdef123"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalr"),
        ("token eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSM", "SflKxw"),
    ],
)
def test_a_secret_is_hidden_and_the_rest_stays(text: str, secret: str) -> None:
    """What is a secret beyond doubt."""
    assert secret not in masked(text)
    assert "****" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /tokens/7 200 12ms",
        "basic authentication failed",
        "the secret of success",
        "https://example.com:443/a@b",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    """A line should stay readable."""
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"time":"x","level":"info","msg":"GET /api/jobs","status":200}', "GET /api/jobs status=200"),
        ('{"level":50,"message":"no heap","mb":16,"tags":["a"]}', "no heap mb=16"),
        ('{"status":200}', '{"status":200}'),
        ("{broken", "{broken"),
        ("[1, 2]", "[1, 2]"),
        ("plain text", "plain text"),
    ],
)
def test_a_json_line_shows_its_message_first(text: str, shown: str) -> None:
    """What the columns already say is left out; what has no message stays as it is."""
    assert readable(text) == shown
