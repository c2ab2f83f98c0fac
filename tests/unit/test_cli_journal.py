"""``quarterdeck journal``: the deployment log on the command line."""

import json
from pathlib import Path

import pytest

from console.cli.main import main
from console.domain.operation import Verb, Verdict
from console.journal.sqlite import SqliteJournal
from tests.builders import NOW, a_record, ago

CONFIG = """
[paths]
journal = "journal.sqlite3"
[systems.rugmunch.environments.production]
region = "us-east-1"
cluster = "c"
[systems.rugmunch.environments.production.services.api]
service = "rugmunch-api"
"""
ROLLBACK = "01JD3K9QW5Z8X7V6T4S2R1P0NM"
DEPLOY = "01JD3K9QW5Z8X7V6T4S2R1P0AA"


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration whose journal holds a deploy that ended and a rollback that did not."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    journal.begin(
        a_record(
            id=DEPLOY,
            verb=Verb.DEPLOY,
            planned_at=ago(900),
            ordered_at=ago(880),
            safe_at=ago(770),
            verdict=Verdict.ROLLED_BACK,
            by="ecs",
            reason="the breaker tripped",
        )
    )
    journal.begin(a_record(id=ROLLBACK))
    journal.append(ROLLBACK, "confirmed", NOW, "rollback \x1b[31mconfirmed", {})
    journal.append(ROLLBACK, "sent", NOW, "sending UpdateService", {"call": "UpdateService"})
    journal.close()
    return str(path)


def test_the_list_is_a_table_newest_first(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns stand under each other; what has not ended is open."""
    assert main(["journal", "list", "--config", config]) == 0

    head, newest, oldest = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["PLANNED", "OPERATION", "FROM"]
    assert newest.endswith(ROLLBACK)
    assert "open" in newest
    assert oldest.endswith(DEPLOY)
    column = head.index("VERDICT")
    assert oldest[column:].startswith("ROLLED BACK")
    assert newest[column:].startswith("open")
    assert "1:50" in oldest


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("rugmunch", 2), ("rugmunch/production", 2), ("production/api", 2), ("rugmunch/staging", 0), ("x", 0)],
)
def test_a_prefix_narrows_the_list(
    config: str, prefix: str, found: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole parts, or a service's short address; the journal may know what is configured no more."""
    assert main(["journal", "list", prefix, "--json", "--config", config]) == 0

    assert len(json.loads(capsys.readouterr().out)["operations"]) == found


def test_an_empty_list_says_where_it_looked(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of a head without rows."""
    assert main(["journal", "list", "staging", "--config", config]) == 0

    out = capsys.readouterr().out
    assert out.startswith("no operation on staging in ")
    assert out.endswith("journal.sqlite3\n")


@pytest.mark.parametrize("id", [ROLLBACK, ROLLBACK.lower(), ROLLBACK[:-1]])
def test_one_operation_is_shown_with_everything_that_happened(
    config: str, id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its id in any case, or by the beginning of it."""
    assert main(["journal", "show", id, "--json", "--config", config]) == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["operation"]["id"] == ROLLBACK
    assert [entry["event"] for entry in shown["entries"]] == ["confirmed", "sent"]
    assert shown["entries"][1]["facts"] == {"call": "UpdateService"}


def test_shown_for_people_it_is_text_without_escapes(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the journal holds."""
    assert main(["journal", "show", DEPLOY, "--config", config]) == 0
    assert "ROLLED BACK by ecs · the breaker tripped" in capsys.readouterr().out

    assert main(["journal", "show", ROLLBACK, "--config", config]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "rollback confirmed" in out


@pytest.mark.parametrize(
    ("id", "said"), [("01JD", "2 operations begin with 01JD"), ("02", "no operation 02")]
)
def test_what_names_no_operation_is_one_line(
    config: str, id: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2."""
    assert main(["journal", "show", id, "--config", config]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_journal_that_cannot_be_read_is_one_line(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Naming the file."""
    (tmp_path / "journal.sqlite3").write_bytes(b"not a database at all, just words" * 40)

    assert main(["journal", "list", "--config", config]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "journal.sqlite3") in line
