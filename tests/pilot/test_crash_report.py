"""The console that crashes tells of it once its terminal is given back, where that is wanted."""

from dataclasses import replace

import pytest

from console.app import QuarterdeckApp, run
from console.config.integrations import CrashSettings
from console.config.settings import Settings
from tests.pilot.desk import Desk


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_crash_is_told_after_the_console_has_ended(
    monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    """The bug itself, with the settings of the run."""
    desk = Desk()
    async with desk.app.run_test():
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            desk.app._fatal_error()
        desk.app._exit_renderables.clear()
    told: list[tuple[BaseException, Settings]] = []
    monkeypatch.setattr("console.crash.tell", lambda error, settings: told.append((error, settings)))

    def ended(app: QuarterdeckApp) -> None:
        app.crash = desk.app.crash

    monkeypatch.setattr(QuarterdeckApp, "run", ended)
    runtime = desk.app.runtime
    reports = CrashSettings("env:QD_DSN") if wanted else None
    runtime.settings = replace(runtime.settings, crash_reports=reports, keys={})
    run(runtime)

    assert [type(error) for error, _ in told] == ([ZeroDivisionError] if wanted else [])
