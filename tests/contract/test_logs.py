"""The log tail on the sandbox: every line that its world wrote, once, or counted as lost."""

import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from console.aws.logs import CloudWatchLogs
from console.aws.platform import EcsPlatform
from console.cli.main import main
from console.domain.address import Address
from console.domain.words import milliseconds
from console.logtail.ring import LogRing
from console.logtail.tail import LogTail
from console.runtime import Runtime
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, SharedWorld, open_world
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def shared(
    make_sandbox: SandboxFactory, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> SharedWorld:
    return open_world(make_sandbox("rugmunch", clock=clock), clock, monkeypatch, tmp_path)


def written(shared: SharedWorld, address: Address, start: datetime, end: datetime) -> list[str]:
    """The ids of what the world itself says that a service's tasks wrote, in order."""
    logs = shared.sandbox.account(address.system).logs
    group = f"/ecs/{shared.settings.service(address).service}"
    first, last = milliseconds(start), milliseconds(end)
    return [
        event.id
        for minute in range(first // 60_000, last // 60_000 + 1)
        for event in logs.events(group, lambda life: True, minute)
        if first <= event.ms < last
    ]


def test_a_rollout_a_storm_and_a_lost_line_leave_no_gap_and_no_double(
    shared: SharedWorld, clock: FakeClock
) -> None:
    """The tasks of the new revision are joined by themselves; what failed is read where it stood."""
    begun = clock.now()
    ring = LogRing()
    tail = LogTail(shared.connections["rugmunch/production"].logs, API, ring, clock, begun, whole=True)
    stop, notes = Event(), set[str]()
    shared.begin(API, "v1.4.1")
    clock.at(60, lambda: shared.sandbox.fault("logs.FilterLogEvents", "ThrottlingException", count=25))
    clock.at(150, lambda: shared.sandbox.fault("logs.FilterLogEvents", "reset", count=8))
    clock.at(180, lambda: shared.sandbox.fault("logs.FilterLogEvents", "half-page", count=20))
    clock.at(200, lambda: shared.sandbox.fault("ecs.DescribeServices", "ThrottlingException", count=10))
    while clock.now() < begun + timedelta(minutes=6):
        clock.advance(min(1.0, max(0.2, tail.step(stop))))
        notes.update(tail.notes)
    end = clock.now() - timedelta(seconds=10)
    expected = written(shared, API, begun, end)
    held = [line.id for line in ring.snapshot().lines if line.at < end]
    assert len(expected) > 100
    assert (held, ring.lost) == (expected, 0)
    assert len({line.task for line in ring.snapshot().lines}) > 3
    assert any("throttled" in note for note in notes)
    assert tail.notes == ()


def test_a_live_session_that_breaks_is_begun_anew_and_nothing_is_missing(
    shared: SharedWorld, clock: FakeClock
) -> None:
    """A session tells lines without ids: the same lines, read to close the gap, must not be held twice."""
    platform = shared.connections["rugmunch/production"].platform
    assert isinstance(platform, EcsPlatform)
    logs = CloudWatchLogs(platform._calls, platform.services_reader, platform.definitions, clock, live=True)
    begun, ring, stop = clock.now(), LogRing(), Event()
    tail = LogTail(logs, API, ring, clock, begun, whole=True)
    sessions = shared.sandbox.account("rugmunch").logs.tails
    open_sessions: list[int] = []
    fill = tail._polling.step

    def passing() -> float:
        """Between two updates half a minute of the world goes by; the first session is cut off."""
        clock.advance(30)
        open_sessions.append(len(sessions))
        if len(open_sessions) == 2:
            tail.cancel()
        if len(open_sessions) == 6:
            stop.set()
        return fill()

    tail._polling.step = passing  # type: ignore[method-assign]
    while not stop.is_set():
        tail.step(stop)
    clock.advance(60)
    for _ in range(5):
        tail._polling.hurry()
        fill()
    end = clock.now() - timedelta(seconds=45)
    held = [line for line in ring.snapshot().lines if line.at < end]
    expected = written(shared, API, begun, end)
    assert 1 in open_sessions
    assert len(expected) > 50
    assert (len(held), ring.lost) == (len(expected), 0)


def test_the_command_line_prints_what_the_world_wrote(
    shared: SharedWorld, clock: FakeClock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, in order, with the revision of every task."""
    monkeypatch.setattr("console.runtime.Runtime", partial(Runtime, clock=clock))
    clock.advance(120)
    shared.sandbox.control("GET", "health")
    begun = clock.now() - timedelta(seconds=60)
    expected = written(shared, API, begun, clock.now())
    config = ["--config", str(shared.settings.path)]
    assert main(["logs", str(API), "--since", "60s", "--json", *config]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["id"] for item in shown] == expected
    assert {item["revision"] for item in shown} == {shown[0]["revision"]}
    assert main(["logs", str(API), "--since", "60s", "--revision", "old", *config]) == 0
    assert capsys.readouterr().out == ""
    task = shown[0]["task"]
    assert main(["logs", str(API), "--since", "60s", "--task", task[:8], *config]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == sum(item["task"] == task for item in shown)
    assert lines[0].split()[1:4] == [f":{shown[0]['revision']}", task[:8], shown[0]["severity"]]
    shared.sandbox.fault("logs.FilterLogEvents", "AccessDeniedException")
    assert main(["logs", str(API), *config]) == 2
    assert "permission" in capsys.readouterr().err


def test_a_live_session_is_cancelled_at_once_from_another_thread(
    shared: SharedWorld, clock: FakeClock
) -> None:
    """While its reader waits for the next update; and the session makes room for another."""
    platform = shared.connections["rugmunch/production"].platform
    assert isinstance(platform, EcsPlatform)
    logs = CloudWatchLogs(platform._calls, platform.services_reader, platform.definitions, clock, live=True)
    session = logs.live([place for place in logs.sources(API) if not place.problem], Event())
    begun, ended, updates = Event(), Event(), list[object]()

    def read() -> None:
        for update in session:
            updates.append(update)
            begun.set()
        ended.set()

    thread = Thread(target=read, daemon=True)
    thread.start()
    assert begun.wait(60)
    assert callable(session._stream._raw_stream.shutdown)
    session.cancel()
    assert ended.wait(60)
    thread.join(60)
    assert len(updates) <= 2
