"""``validate``: who is meant, what is printed, and the exit code."""

import json
from pathlib import Path

import pytest

from console.cli import validate
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.address import Address
from console.domain.findings import Finding, Outcome, ng, ok, skipped
from console.errors import UnknownServiceError
from tests.builders import ADDRESS, CLUSTER, an_environment
from tests.fakes import FakeClock

WORKER = Address("rugmunch", "production", "worker")
OTHER = str(WORKER)
FOUND = [
    ok("version", "v1.4.2", str(ADDRESS)),
    skipped("alarms", "its deployments watch none", str(ADDRESS)),
    Finding("smoke: jobs", Outcome.NG, "answers 500", took_s=0.2, evidence='{"e": 1}', subject=OTHER),
]


def configured() -> Settings:
    environment = an_environment()
    services = {a.alias: ServiceSettings(a, a.service, CLUSTER) for a in (ADDRESS, WORKER)}
    groups = {"all": (("api", "worker"),), "app": (("worker",), ("api",))}
    return Settings(
        Path("config.toml"),
        Path("journal.db"),
        Path("cache"),
        environments={environment.key: EnvironmentSettings(environment, services=services, groups=groups)},
    )


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("rugmunch/production/worker", ["worker"]),
        ("production/api", ["api"]),
        ("rugmunch/production", ["api", "worker"]),
        ("rugmunch/production/@app", ["worker", "api"]),
    ],
)
def test_a_service_an_environment_or_a_group_is_meant(text: str, aliases: list[str]) -> None:
    """A group in the order of its waves."""
    assert [address.alias for address in validate.select(configured(), text)] == aliases


@pytest.mark.parametrize("text", ["rugmunch/prod", "production/@nobody", ""])
def test_nobody_is_meant(text: str) -> None:
    with pytest.raises(UnknownServiceError):
        validate.select(configured(), text)


def test_a_table_a_service_and_the_numbers_at_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    """One thing that is not well is exit 1; what was answered stands beside it."""
    assert validate.tell(FOUND, FakeClock(), as_json=False) == 1

    assert capsys.readouterr().out.splitlines() == [
        str(ADDRESS),
        f"  OK    {'version':<30}  v1.4.2",
        f"  SKIP  {'alarms':<30}  its deployments watch none",
        OTHER,
        f"  NG    {'smoke: jobs':<30}  " + 'answers 500 · {"e": 1}',
        "NG · 1 OK, 1 NG, 1 SKIP",
    ]


def test_what_was_skipped_fails_nothing_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert validate.tell(FOUND[:2], FakeClock(), as_json=False) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "OK · 1 OK, 0 NG, 1 SKIP"


def test_each_finding_is_one_object_and_the_last_has_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert validate.tell(FOUND, FakeClock(), as_json=True) == 1

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["finding"] * 3 + ["validated"]
    assert all({"at", "operation", "text"} <= line.keys() for line in lines)
    assert lines[2] | {"at": ""} == {
        "event": "finding",
        "at": "",
        "operation": None,
        "text": "NG smoke: jobs: answers 500",
        "address": OTHER,
        "name": "smoke: jobs",
        "outcome": "NG",
        "said": "answers 500",
        "fatal": True,
        "took_s": 0.2,
        "evidence": '{"e": 1}',
    }
    assert {name: lines[-1][name] for name in ("outcome", "ok", "ng", "skip")} == {
        "outcome": "NG",
        "ok": 1,
        "ng": 1,
        "skip": 1,
    }


def test_words_from_outside_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    validate.tell([ng("steady", "\x1b[2Jgone\nx", str(ADDRESS))], FakeClock(), as_json=False)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 3
