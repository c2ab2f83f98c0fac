"""Log lines: where they are, how bad they are, and what is hidden in them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from console.aws.definitions import Definitions
from console.aws.log_lines import LONGEST, kept_text
from console.aws.logs import MAX_PAGES, CloudWatchLogs
from console.aws.services import Services
from console.domain.words import milliseconds
from console.errors import RejectedError
from console.logtail.masks import masked
from console.logtail.parse import fields, readable, severity_of
from tests.builders import ADDRESS, NOW, ago, task_id
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    ScriptedAws,
    aws_error,
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
        ('{"db":"postgres:\\/\\/app:s3cr3t@db"}', "s3cr3t"),
        ("-----BEGIN RSA PRIVATE KEY----- MIIEowIBAAKCAQEA7 -----END RSA PRIVATE KEY-----", "MIIE"),
        ('{"private_key":"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADAN"}', "MIIE"),
        ("MIIEowIBAAKCAQEAx4UbaDzY5xjW6hc9jwN0mX33XpTDVW5YqXv8eJvF0p3NAQDx", "MIIE"),
        ("pushing with ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghij"),
        ("GET /x?X-Amz-Signature=0123456789abcdef&a=b", "0123456789abcdef"),
        ("bot 123456789:AAabcdefghijklmnopqrstuvwxyz0123456", "AAabcdef"),
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
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "-----BEGIN CERTIFICATE-----",
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
        ("2026-11-20T03:12:47.123Z ERROR it broke", "it broke"),
        ("2026-11-20 03:12:47,123 [WARN] careful", "careful"),
        ("2026-11-20T03:12:47Z GET /error", "GET /error"),
        ("2026-11-20T03:12:47Z", "2026-11-20T03:12:47Z"),
        ('{"msg":"\\u001b[2Jgone","password":"hunter2"}', "gone password=****"),
    ],
)
def test_a_json_line_shows_its_message_first(text: str, shown: str) -> None:
    """What the columns already say is left out; what has no message stays as it is."""
    assert readable(text) == shown


def test_a_line_that_is_opened_shows_all_its_members() -> None:
    """Nested ones by their path; of logfmt the pairs; of a sentence nothing."""
    text = '{"msg":"x","req":{"path":"/a","headers":{"n":1}},"tags":["a"],"ok":true}'
    assert fields(text) == (
        ("msg", "x"),
        ("req.path", "/a"),
        ("req.headers.n", "1"),
        ("tags", '["a"]'),
        ("ok", "true"),
    )
    assert fields('level=info msg="two words"') == (("level", "info"), ("msg", "two words"))
    assert fields("one pair=1 in a sentence") == ()


def test_a_very_long_line_is_cut_with_a_mark_and_a_secret_across_the_cut_is_hidden() -> None:
    """Its length is told."""
    text = kept_text("x" * (LONGEST - 20) + " password=" + "s3cr3t" * 2000)
    assert "s3cr3t" not in text
    assert text.endswith(f"… (cut, {LONGEST - 10 + 12000:,} characters)")
    assert len(text) < LONGEST + 50


def test_every_container_has_a_place_or_a_reason_why_not(aws: ScriptedAws) -> None:
    """Groups, Regions and prefixes of their own; another driver is named."""
    definition = raw_definition()
    (api, *_) = definition["containerDefinitions"]
    options = {
        "awslogs-group": "/ecs/proxy",
        "awslogs-region": "eu-central-1",
        "awslogs-stream-prefix": "edge",
    }
    proxy = {**api, "name": "proxy", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    router = {**api, "name": "router", "logConfiguration": {"logDriver": "awsfirelens"}}
    bare_options = {"awslogs-group": "/ecs/bare"}
    bare = {**api, "name": "bare", "logConfiguration": {"logDriver": "awslogs", "options": bare_options}}
    definition["containerDefinitions"] = [api, proxy, router, bare]
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(definition))
    first, second, third, fourth = logs_on(aws).sources(ADDRESS)
    assert (first.container, first.group, first.stream) == ("api", "/ecs/rugmunch-api", "api/api/")
    assert first.group_id.endswith(":log-group:/ecs/rugmunch-api")
    assert (second.region, second.stream) == ("eu-central-1", "edge/proxy/")
    assert ":eu-central-1:" in second.group_id
    assert third.problem == "container router logs with awsfirelens: not readable here"
    assert "without a stream prefix" in fourth.problem


def test_where_a_service_writes_is_looked_up_again_when_nobody_else_reads_its_status(
    aws: ScriptedAws,
) -> None:
    """At most every ten seconds."""
    clock, calls = FakeClock(), calls_on(aws)
    logs = CloudWatchLogs(calls, Services(settings(), calls), Definitions(calls), clock)
    for _ in range(30):
        logs.sources(ADDRESS)
        clock.advance(1)
    assert aws.names().count("ecs.DescribeServices") == 3


def test_a_page_is_asked_for_without_its_end_and_says_how_late_its_lines_came(aws: ScriptedAws) -> None:
    """FilterLogEvents counts the end in."""
    late = {**event(1, seconds=30), "ingestionTime": milliseconds(ago(10))}
    ahead = {**event(2, seconds=0), "ingestionTime": milliseconds(ago(5))}
    aws.on("logs.FilterLogEvents", {"events": [late, ahead], "nextToken": "t"})
    logs = logs_on(aws)
    place = logs.sources(ADDRESS)[0]
    page = logs.read(place, ago(60), NOW, "before", 7)
    assert (page.token, page.ingested, page.late_s, page.ahead_s) == ("t", ago(5), 20.0, 5.0)
    (params,) = aws.params("logs.FilterLogEvents")
    assert (params["endTime"], params["nextToken"]) == (milliseconds(NOW) - 1, "before")


def test_a_missing_group_is_named(aws: ScriptedAws) -> None:
    """AWS's own words do not name it."""
    aws.on("logs.FilterLogEvents", aws_error("ResourceNotFoundException"))
    logs = logs_on(aws)
    with pytest.raises(RejectedError, match="there is no log group /ecs/rugmunch-api"):
        logs.read(logs.sources(ADDRESS)[0], ago(60))
