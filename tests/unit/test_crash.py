"""Crash reports: off unless asked for, and nothing in them but where it happened."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from console import crash
from console.config.integrations import CrashSettings
from console.config.settings import Settings
from console.errors import ConfigError

DSN = "https://public@crashes.example/7"
SECRETS = (
    "0123456789abcdef0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "hunter2hunter2",
    "B0/XYZsecret",
    "7712345:AAHsecret",
    "sntryu_5ecret",
    "482319607715",
    "sam@rugmunch.example",
    "rugmunch-cluster",
    "10.0.12.7",
)


class Caught(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        assert event is not None
        self.events.append(dict(event))


def settings(tmp_path: Path, dsn: str = "env:QD_TEST_DSN", *, wanted: bool = True) -> Settings:
    return Settings(
        path=tmp_path / "config.toml",
        journal=tmp_path / "journal",
        cache=tmp_path / "cache",
        crash_reports=CrashSettings(dsn, "on-call") if wanted else None,
    )


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QD_TEST_DSN", DSN)
    monkeypatch.setenv("SENTRY_DSN", "https://theirs@sentry.example/1")


def a_crash() -> BaseException:
    """One with secrets wherever they can be: in words, in variables, in the error that it came from."""
    dd_app_key, headers = SECRETS[0], {"h": {"Authorization": f"Bearer {SECRETS[2]}"}}
    try:
        try:
            raise ValueError(f"POST https://hooks.slack.com/services/T0/{SECRETS[3]} refused {SECRETS[1]}")
        except ValueError as error:
            raise RuntimeError(
                f"api_key={dd_app_key} Authorization: Bearer {SECRETS[2]} /bot{SECRETS[4]}/getMe "
                f"arn:aws:ecs:us-east-1:{SECRETS[6]}:cluster/{SECRETS[8]} {' '.join(SECRETS[5:8])} "
                f"{SECRETS[9]} {Path.home()}/.keys/datadog"
            ) from error
    except RuntimeError as error:
        assert headers
        return error


def told(tmp_path: Path) -> dict[str, Any]:
    caught = Caught()
    crash.tell(a_crash(), settings(tmp_path), caught)
    (event,) = caught.events
    return event


def test_nothing_secret_leaves(tmp_path: Path) -> None:
    """No key, no account, no address, nobody's folder or name; neither words nor variables."""
    text = json.dumps(told(tmp_path), default=str)

    assert {secret for secret in SECRETS if secret in text} == set()
    assert str(Path.home()) not in text
    assert "headers" not in text
    assert os.uname().nodename not in text


def test_what_is_left_says_where_it_happened(tmp_path: Path) -> None:
    """Both errors, the function and the line; filed under the console's own version and environment."""
    event = told(tmp_path)
    cause, error = event["exception"]["values"]
    frame = error["stacktrace"]["frames"][-1]

    assert (cause["type"], error["type"]) == ("ValueError", "RuntimeError")
    assert (frame["function"], frame["module"]) == ("a_crash", "tests.unit.test_crash")
    assert frame["lineno"] > 0
    assert set(frame).isdisjoint({"vars", "abs_path", "context_line", "pre_context", "post_context"})
    assert event["release"].startswith("quarterdeck@0")
    assert event["environment"] == "on-call"
    assert "server_name" not in event
    assert "modules" not in event


def test_breadcrumbs_are_scrubbed_at_any_depth(tmp_path: Path) -> None:
    """Whatever another part of the process left in the library's hands."""
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(sentry_sdk.Client(dsn=DSN, default_integrations=False, transport=Caught()))
        scope.add_breadcrumb(
            category="deploy",
            message=f"Bearer {SECRETS[2]}",
            data={"h": {"Authorization": SECRETS[2], "deep": {"routing_key": SECRETS[0]}}},
        )
        scope.set_extra("dd_app_key", SECRETS[0])
        event = told(tmp_path)
    text = json.dumps(event, default=str)

    assert event["breadcrumbs"]["values"][0]["category"] == "deploy"
    assert "dd_app_key" in event["extra"]
    assert {secret for secret in SECRETS if secret in text} == set()


def test_nothing_is_hooked_into_the_process(tmp_path: Path) -> None:
    """No client for others, no event for a logged error, no hook for exceptions."""
    hook = sys.excepthook
    caught = Caught()
    crash.tell(a_crash(), settings(tmp_path), caught)
    logging.getLogger("console").error("not an event")
    sentry_sdk.capture_message("nor this")

    assert len(caught.events) == 1
    assert not sentry_sdk.is_initialized()
    assert sys.excepthook is hook


@pytest.mark.parametrize("way", ["not wanted", "no key", "an error that is no bug"])
def test_nobody_is_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Without the table, without a value behind its reference, and of what the operator can mend."""
    caught, found = Caught(), settings(tmp_path, wanted=way != "not wanted")
    if way == "no key":
        monkeypatch.delenv("QD_TEST_DSN")
    error = ConfigError("no such key") if way == "an error that is no bug" else a_crash()
    crash.tell(error, found, caught)

    assert caught.events == []


def test_a_report_that_fails_says_nothing(tmp_path: Path) -> None:
    """The crash itself is what counts."""

    class Broken(Caught):
        def capture_envelope(self, envelope: Envelope) -> None:
            raise OSError("no network")

    crash.tell(a_crash(), settings(tmp_path), Broken())
    crash.tell(a_crash(), settings(tmp_path, "file:nothing"), Caught())


def test_the_library_is_not_loaded_before_a_crash_is_told() -> None:
    """It takes a sixth of a second."""
    code = "import sys, console.cli.main, console.crash; print('sentry_sdk' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
