"""The fakes are implementations of the ports: mypy holds this file to it, the tests to their promises."""

from datetime import timedelta
from threading import Event

import pytest

from console.errors import EndpointError, JournalError
from console.ports import Clock, Journal, LogSource, Platform, SignalSource
from tests.builders import ADDRESS, NOW, a_record, a_rolling_observation, an_observation
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSignals, MemoryJournal

CLOCK: Clock = FakeClock()
PLATFORM: Platform = FakePlatform()
SIGNALS: SignalSource = FakeSignals()
LOGS: LogSource = FakeLogs()
JOURNAL: Journal = MemoryJournal()


def test_time_passes_only_by_waiting_and_runs_what_is_due() -> None:
    """A wait ends at the moment at which its event is set, not at its end."""
    clock, stop = FakeClock(), Event()
    clock.at(4, stop.set)
    clock.sleep(1)
    assert clock.wait(stop, 10)
    assert clock.now() == NOW + timedelta(seconds=4)
    assert clock.waits == [1, 10]


def test_a_scripted_platform_shows_one_observation_after_the_other() -> None:
    """The last one stays."""
    platform = FakePlatform()
    rolling, steady = a_rolling_observation(), an_observation()
    platform.script(rolling, steady)
    assert [platform.observe(ADDRESS) for _ in range(3)] == [rolling, steady, steady]
    assert platform.services() == (steady.status,)
    assert platform.count("observe", ADDRESS) == 3


def test_a_planned_failure_happens_as_often_as_asked() -> None:
    """Once by default, and only for the service that it names."""
    platform = FakePlatform(an_observation())
    platform.fail("observe", EndpointError("no answer"), address=ADDRESS)
    assert platform.identity().account
    with pytest.raises(EndpointError):
        platform.observe(ADDRESS)
    assert platform.observe(ADDRESS).status.address == ADDRESS


def test_the_journal_in_memory_claims_only_what_stood_still() -> None:
    """Two who saw the same heartbeat cannot both take an operation over."""
    record = a_record()
    journal = MemoryJournal(record)
    assert journal.claim(record.id, "other", 7, NOW, record.heartbeat_at)
    assert not journal.claim(record.id, "third", 8, NOW, record.heartbeat_at)
    journal.break_down()
    with pytest.raises(JournalError):
        journal.operations()
    journal.recover()
    assert journal.operations("rugmunch/production")[0].host == "other"
    assert journal.operations("rugmunch/prod") == ()
