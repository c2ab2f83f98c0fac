"""Bad lines a minute, of the service and of each version."""

from datetime import datetime, timedelta

import pytest

from console.domain.series import Scope, Scoped, Series
from console.domain.signals import LogLine
from console.signals import log_errors
from console.signals.log_errors import LogErrors
from tests.builders import ADDRESS, NOW, a_log_line, a_new_release, a_release, task_id
from tests.fakes import FakeClock, FakeLogs

OLD, NEW = task_id(1), task_id(2)
SCOPED = Scoped(a_new_release(), a_release(), moved_at=NOW, revisions={OLD: "old", NEW: "new"})
MINUTE = NOW.replace(second=0)
SINCE = MINUTE - timedelta(minutes=5)


def line(at: datetime, task: str = OLD, severity: str = "info") -> LogLine:
    return a_log_line(id=f"{at}{task}{severity}", at=at, task=task, severity=severity)


def told(logs: FakeLogs, clock: FakeClock, scoped: Scoped = SCOPED) -> dict[Scope, Series]:
    return {item.scope: item for item in LogErrors(logs, clock).series(ADDRESS, scoped, SINCE)}


def test_bad_lines_are_counted_by_minute_and_version() -> None:
    before = MINUTE - timedelta(minutes=2)
    lines = [line(before, OLD), line(before, NEW, "error"), line(before + timedelta(seconds=9), NEW, "fatal")]
    found = told(FakeLogs({ADDRESS: lines}), FakeClock())
    last = {scope: item.points[-2].value for scope, item in found.items()}
    assert last == {Scope.SERVICE: 2.0, Scope.NEW: 2.0, Scope.OLD: 0.0}
    assert (found[Scope.NEW].version, found[Scope.OLD].version) == ("v1.4.3", "v1.4.2")


def test_a_minute_without_a_line_is_no_data() -> None:
    found = told(FakeLogs({ADDRESS: [line(MINUTE - timedelta(minutes=2))]}), FakeClock())
    assert found[Scope.SERVICE].values == (None, None, None, 0.0, None)
    assert (found[Scope.NEW].points, found[Scope.NEW].no_data) == ((), "no line was read")


def test_the_minute_that_is_not_over_is_not_told() -> None:
    found = told(FakeLogs({ADDRESS: [line(NOW, severity="error")]}), FakeClock())
    assert found[Scope.SERVICE].no_data == "no line was read"


def test_without_two_versions_only_the_service_is_told() -> None:
    logs = FakeLogs({ADDRESS: [line(MINUTE - timedelta(minutes=1))]})
    assert list(told(logs, FakeClock(), Scoped())) == [Scope.SERVICE]


def test_of_more_lines_than_are_read_only_whole_minutes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_errors, "MOST_LINES", 10)
    lines = [line(MINUTE - timedelta(seconds=10 * number + 1)) for number in range(25)]
    found = told(FakeLogs({ADDRESS: lines}), FakeClock())
    assert [point.at for point in found[Scope.SERVICE].points] == [MINUTE]


def test_lines_that_come_late_are_counted_all_the_same() -> None:
    """And those that were read twice once."""
    clock, logs = FakeClock(), FakeLogs({ADDRESS: [line(MINUTE - timedelta(seconds=50))]})
    source = LogErrors(logs, clock)
    (first,) = source.series(ADDRESS, Scoped(), SINCE)
    assert first.last is not None
    assert first.last.value == 0.0
    logs.lines[ADDRESS].append(line(MINUTE - timedelta(seconds=5), severity="error"))
    clock.advance(60)
    (second,) = source.series(ADDRESS, Scoped(), SINCE)
    assert [point.value for point in second.points if point.at == MINUTE] == [1.0]
