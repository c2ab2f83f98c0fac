"""Whether an operation's process is alive decides between following it and taking it over."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from console.operations.lives import SILENT_FOR, host, is_carried
from tests.builders import NOW, a_record

ELSEWHERE = "another-machine"


@pytest.fixture(scope="module")
def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_heartbeat_counts_for_fifteen_seconds_and_not_for_a_moment_longer() -> None:
    """The process that carries an operation writes one every few seconds, on whatever machine it is."""
    record = a_record(host=ELSEWHERE, pid=1, heartbeat_at=NOW)
    assert timedelta(seconds=15) == SILENT_FOR
    assert is_carried(record, NOW + SILENT_FOR)
    assert not is_carried(record, NOW + SILENT_FOR + timedelta(milliseconds=1))


def test_a_process_of_this_machine_that_is_gone_carries_nothing(gone: int) -> None:
    """However fresh its last heartbeat: nobody has to wait until it is old."""
    assert not is_carried(a_record(host=host(), pid=gone, heartbeat_at=NOW), NOW)
    assert is_carried(a_record(host=ELSEWHERE, pid=gone, heartbeat_at=NOW), NOW)


def test_a_process_of_this_machine_that_lives_carries_it_as_long_as_it_says_so() -> None:
    """The id may have been given to another process since: without a heartbeat it counts for nothing.
    Asking does it no harm."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        record = a_record(host=host(), pid=process.pid, heartbeat_at=NOW)
        assert is_carried(record, NOW)
        assert not is_carried(record, NOW + timedelta(minutes=1))
        process.communicate(b"\n")
    assert process.returncode == 0


def test_a_process_of_somebody_else_lives_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system does not let us signal it, and so it is there; the signal is none that does anything."""
    asked: list[tuple[int, int]] = []

    def refuse(pid: int, number: int) -> None:
        asked.append((pid, number))
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert is_carried(a_record(host=host(), pid=1, heartbeat_at=NOW), NOW)
    assert asked == [(1, 0)]


def test_this_process_does_not_follow_itself() -> None:
    """What this one carries it takes up, and does not watch."""
    assert not is_carried(a_record(host=host(), pid=os.getpid(), heartbeat_at=NOW), NOW)
