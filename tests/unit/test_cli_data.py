"""``migrate`` and ``restore`` without a screen: what is wished for, and how an answer goes on."""

import argparse
import json
from dataclasses import replace
from typing import Any

import pytest

from console.cli import data, options
from console.cli.report import Report
from console.domain.operation import Verb
from console.errors import RefusedError, UsageError
from tests.builders import ADDRESS, a_record
from tests.fakes import FakeClock
from tests.unit.test_cli_operate import SHORT, FakeEngine, a_course, a_plan

RESTORE = a_plan(verb=Verb.RESTORE)


def words(*given: str) -> argparse.Namespace:
    parser: argparse.ArgumentParser = options.Parser()
    data.add_parser(parser.add_subparsers())
    return parser.parse_args([*given, "--json"])


def run(engine: FakeEngine, *given: str) -> int:
    return data.restore(engine, ADDRESS, words("restore", SHORT, *given), Report(FakeClock(), as_json=True))


def last(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(planned=RESTORE, course=a_course())


@pytest.fixture
def waiting(engine: FakeEngine) -> FakeEngine:
    """A restore that stands before a person."""
    engine.under_way = replace(a_record(), verb=Verb.RESTORE)
    engine.question = "lead it to the new one"
    return engine


def test_a_restore_is_confirmed_like_everything_else(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused without the phrase; shown and not sent by a dry run."""
    assert run(engine) == 3
    assert last(capsys)["verdict"] == "REFUSED"
    assert run(engine, "--dry-run", "--confirm", SHORT) == 0
    assert last(capsys)["verdict"] is None
    assert "execute" not in engine.names
    assert run(engine, "--confirm", SHORT, "--snapshot", "pre-migration-1", "--desired", "3") == 0
    assert engine.calls[-1] == ("execute", SHORT)


@pytest.mark.parametrize("word", ["yes", "no"])
def test_an_answer_goes_to_the_restore_under_way_and_plans_nothing(waiting: FakeEngine, word: str) -> None:
    """Confirmed it was when it began."""
    assert run(waiting, "--answer", word) == 0
    operation = a_record().id
    yes = word == "yes"
    assert waiting.calls == [("answer", operation, yes), ("resume", operation, *([True] if yes else []))]


def test_a_dry_run_of_an_answer_says_what_is_asked(
    waiting: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(waiting, "--answer", "yes", "--dry-run") == 0
    assert last(capsys)["text"] == "dry run: nothing was sent; it asks: lead it to the new one"
    assert waiting.calls == []


def test_there_is_nothing_to_answer(engine: FakeEngine) -> None:
    with pytest.raises(RefusedError, match=r"no restore of .* is under way"):
        run(engine, "--answer", "yes")


def test_the_command_line_says_what_it_takes() -> None:
    """Defaults are left to the plan; a count is a number."""
    plain = words("restore", SHORT)
    assert (plain.snapshot, plain.database, plain.to, plain.desired, plain.answer) == ("", "", "", None, None)
    assert words("migrate", SHORT).version == ""
    with pytest.raises(UsageError, match="not a whole number"):
        words("restore", SHORT, "--desired", "-1")
