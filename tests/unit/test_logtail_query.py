"""Which lines a query lets through, and that no expression can hold the console up."""

from datetime import timedelta
from time import thread_time
from typing import Any

import pytest

from console.errors import UsageError
from console.logtail.pattern import Pattern
from console.logtail.query import LogQuery
from tests.builders import NOW, a_log_line, ago, task_id

JSON = '{"level":"error","msg":"GET /api/jobs","status":500,"user":"Ada"}'


@pytest.mark.parametrize(
    ("term", "text", "is_found"),
    [
        ("timeout", "Upstream TIMEOUT after 2 s", True),
        ("timeout", "time out", False),
        ("connection refused", "dial: Connection refused", True),
        ("/5\\d\\d/", "status=503", True),
        ("/ada/", JSON, False),
        ("/ada/i", JSON, True),
        ("status=500", JSON, True),
        ("user=ada", JSON, True),
        ("status=50", "status=503", True),
        ("/api/jobs", JSON, True),
        ("/", "a / b", True),
        ("/(GET|POST) .{0,20}jobs/", JSON, True),
    ],
)
def test_a_term_is_a_word_in_any_case_or_an_expression(term: str, text: str, is_found: bool) -> None:
    """A path is a word, although it begins with a slash."""
    assert Pattern(term).matches(text) is is_found


@pytest.mark.parametrize(
    "body",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|a)*b",
        "(a|ab)*c",
        "(.*,)+x",
        "((ab)*c?)*d",
        "(a{1,50}){2,50}b",
        "(a+)\\1b",
        "(?:x?)*y",
    ],
)
def test_an_expression_that_explodes_is_refused(body: str) -> None:
    """It is not even tried: Python's matcher cannot be interrupted."""
    with pytest.raises(UsageError):
        LogQuery(include=(f"/{body}/",))


@pytest.mark.parametrize("body", ["(", "a{4,2}", "*a", "(?P<x", "[z-a]", ".*a.*b.*c.*d"])
def test_what_is_no_expression_or_too_much_of_one_is_refused(body: str) -> None:
    """With words for whoever typed it."""
    with pytest.raises(UsageError):
        Pattern(f"/{body}/")


@pytest.mark.parametrize(
    "body", ["(foo|bar)+", "\\w+=\\d+", "(?:GET|POST) /api/\\S*", "(ab){3}", "[[a]", "^\\s*at .*$"]
)
def test_what_people_write_is_taken(body: str) -> None:
    """A choice whose parts begin differently may be repeated."""
    assert Pattern(f"/{body}/").stopped is False


def test_a_slow_expression_is_stopped_on_a_hostile_line() -> None:
    """Three open repetitions are let through; a line made for them stops them instead of the console."""
    pattern = Pattern("/a.*a.*a.*b/")
    begun = thread_time()
    for _ in range(10):
        assert pattern.matches("a" * 100_000) is False
    assert pattern.stopped
    assert thread_time() - begun < 5
    assert pattern.matches("aaab") is False


def test_an_expression_sees_the_beginning_of_a_long_line_only() -> None:
    """The rest is a word's to find."""
    text = "x" * 5_000 + " needle"
    assert not Pattern("/needle/").matches(text)
    assert Pattern("needle").matches(text)


def test_every_include_and_no_exclude() -> None:
    """As somebody types them."""
    query = LogQuery.typed('jobs "get /api" -health !/5\\d\\d/')
    assert query == LogQuery(include=("jobs", "get /api"), exclude=("health", "/5\\d\\d/"))
    assert query.matches(a_log_line("GET /api/jobs 200"))
    assert not query.matches(a_log_line("GET /api/jobs 503"))
    assert not query.matches(a_log_line("GET /api/jobs health 200"))
    assert not query.matches(a_log_line("POST /api/jobs 200"))
    assert LogQuery.typed("  ").is_open


def test_severity_time_task_container_and_revision() -> None:
    """Each by itself; the revision of a task may become known later."""
    line = a_log_line("x", severity="warn", at=ago(60), task=task_id(1), container="api")
    later: dict[str, str] = {}
    assert LogQuery(severity="warn").matches(line) and not LogQuery(severity="error").matches(line)
    assert LogQuery(since=ago(60)).matches(line) and not LogQuery(since=ago(59)).matches(line)
    assert LogQuery(until=NOW).matches(line) and not LogQuery(until=ago(60)).matches(line)
    assert LogQuery(tasks=frozenset({task_id(1)[:6]})).matches(line)
    assert not LogQuery(tasks=frozenset({"zz"})).matches(line)
    assert not LogQuery(containers=frozenset({"proxy"})).matches(line)
    query = LogQuery(revisions=frozenset({"43"}), revision_of=later)
    assert not query.matches(line)
    later[line.task] = "43"
    assert query.matches(line)


def test_spans_are_in_order_and_do_not_overlap() -> None:
    """Of all wanted terms together."""
    query = LogQuery(include=("api", "/a\\w+i/", "jobs"))
    assert query.spans("GET /API/jobs by api") == ((5, 8), (9, 13), (17, 20))
    assert LogQuery().spans("anything") == ()
    assert LogQuery(until=NOW + timedelta(1)).spans("x") == ()


def test_what_the_platform_says_stays_beside_the_lines_that_are_wanted() -> None:
    """It need not hold the words, be serious or be of a task; what is excluded or of another time goes."""
    event = a_log_line("task 5e21 stopped: OutOfMemoryError", container="ecs", task="")
    asked: list[dict[str, Any]] = [
        {"include": ("scan",)},
        {"severity": "error"},
        {"tasks": frozenset({"ab"})},
    ]
    for wanted in asked:
        assert not LogQuery(**wanted).matches(event)
        assert LogQuery(**wanted, always=frozenset({"ecs"})).matches(event)
    assert not LogQuery(exclude=("stopped",), always=frozenset({"ecs"})).matches(event)
    assert not LogQuery(since=event.at + timedelta(seconds=1), always=frozenset({"ecs"})).matches(event)
    assert LogQuery(always=frozenset({"ecs"})).is_open
