"""A sealed world: no test sees the developer's configuration, credentials, proxies or home folder."""

import os
import signal
import tempfile
import threading
from pathlib import Path

import pytest

ORIGINAL_ENVIRONMENT = dict(os.environ)
"""What the tests were started with, for the one that must reach a package index."""

_RUNNERS = ("PYTEST_", "TEXTUAL_SNAPSHOT_", "MUTANT_")
"""What a test runner, or a mutation run inside this very process, tells the tests while they run."""
_LEAKS = ("AWS_", "BOTO_", "QUARTERDECK_", "XDG_", "TEXTUAL_", "SENTRY_", "DD_", "MUTANT_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_DISPLAY = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES")


def seal(home: Path) -> dict[str, str]:
    """The environment of a machine on which nobody has configured anything yet."""
    kept = {
        name: value
        for name, value in ORIGINAL_ENVIRONMENT.items()
        if not name.upper().startswith(_LEAKS) and name.lower() not in _PROXIES and name not in _DISPLAY
    }
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LOCALAPPDATA": str(home / "AppData" / "Local"),
        "APPDATA": str(home / "AppData" / "Roaming"),
        "TZ": "UTC",
    }


def _enter(environment: dict[str, str]) -> None:
    for name in set(os.environ) - set(environment) - {"PYTEST_CURRENT_TEST"}:
        del os.environ[name]
    os.environ.update(environment)


def pytest_configure(config: pytest.Config) -> None:
    """Seal before anything is imported or any session fixture starts a process.

    The process that only hands tests to workers stays as it is: they inherit its environment, and one
    test needs the original.
    """
    if getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="quarterdeck-home-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    kept = {name: value for name, value in os.environ.items() if name.startswith(_RUNNERS)}
    _enter(seal(Path(folder.name)) | kept)
    _hear_interrupts()


def _hear_interrupts() -> None:
    """A shell that starts something in the background has it ignore ``ctrl+c``, and so would every process
    that the tests start and interrupt."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own for each test."""
    folder = tmp_path_factory.mktemp("home")
    for name, value in seal(folder).items():
        monkeypatch.setenv(name, value)
    return folder
