"""What waits to strike, for how long, and whom."""

from typing import Any

import pytest

from console.sandbox.faults import FaultRequestError, Faults, as_error, described
from console.sandbox.wire.identify import Call
from tests.unit.sandbox_world import Hand

LIST = Call("ecs", "ListTasks", "json", "AKIASTAGE")
UPDATE = Call("ecs", "UpdateService", "json", "AKIASTAGE")
ROLE = "arn:aws:sts::111122223333:assumed-role/operator/session"


def waiting(*bodies: dict[str, Any]) -> tuple[Faults, Hand]:
    """Faults as they were asked for, and the hand of their clock."""
    hand = Hand()
    faults = Faults(hand)
    for body in bodies:
        faults.add(described(body))
    return faults, hand


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    """Without count and duration there is one failure."""
    faults, _ = waiting({"operation": "ecs.ListTasks", "error": "reset"})
    assert faults.strike(UPDATE) is None
    assert faults.strike(LIST) is not None
    assert faults.strike(LIST) is None


def test_a_fault_with_a_duration_strikes_every_call_until_it_is_over() -> None:
    """The seconds are the caller's, counted from the asking."""
    faults, hand = waiting({"operation": "*", "error": "ThrottlingException", "duration": 30})
    for _ in range(3):
        assert faults.strike(LIST) is not None
    hand.at += 29.9
    assert faults.strike(UPDATE) is not None
    hand.at += 0.1
    assert faults.strike(UPDATE) is None
    assert faults.waiting() == ()


def test_with_count_and_duration_whichever_ends_first_ends_it() -> None:
    """Two failures, or half a minute."""
    body = {"operation": "*", "error": "InternalFailure", "duration": 30, "count": 2}
    faults, hand = waiting(body, body)
    assert [faults.strike(LIST) is not None for _ in range(3)] == [True, True, True]
    hand.at += 31
    assert faults.strike(LIST) is None


def test_a_latency_holds_up_and_lets_the_other_faults_strike() -> None:
    """A call can be late and fail."""
    faults, _ = waiting(
        {"operation": "*", "error": "latency", "seconds": 2.5},
        {"operation": "*", "error": "ServiceUnavailable"},
    )
    late, failing = faults.delay(LIST), faults.strike(LIST)
    assert late is not None
    assert failing is not None
    assert (late.seconds, failing.error) == (2.5, "ServiceUnavailable")
    assert faults.delay(LIST) is None


def test_half_a_page_waits_for_a_call_that_has_pages() -> None:
    """Others pass it by without using it up."""
    faults, _ = waiting({"operation": "*", "error": "half-page"})
    assert faults.strike(UPDATE) is None
    assert faults.strike(LIST) is not None


def test_one_fault_can_be_taken_back() -> None:
    """By the number that it was given; the others stay."""
    faults, _ = waiting(*[{"operation": "*", "error": "reset", "count": 9}] * 3)
    assert faults.remove(2)
    assert not faults.remove(2)
    assert [fault.id for fault in faults.waiting()] == [1, 3]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"error": "latency"}, "latency has seconds"),
        ({"error": "latency", "seconds": 0}, "latency has seconds"),
        ({"error": "latency", "seconds": float("nan")}, "latency has seconds"),
        ({"error": "reset", "seconds": 3}, "seconds is for latency"),
        ({"error": "reset", "duration": True}, "duration is a number of seconds above 0"),
        ({"error": "reset", "duration": 1e9}, "duration is a number of seconds above 0"),
        ({"error": "half-page", "operation": "ecs.UpdateService"}, "ecs.UpdateService has no pages"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(wrong: dict[str, Any], complaint: str) -> None:
    """With the first reason, for whoever sent it."""
    with pytest.raises(FaultRequestError, match=complaint):
        described({"operation": "*"} | wrong)


@pytest.mark.parametrize(("error", "status"), [("InternalFailure", 500), ("ServiceUnavailable", 503)])
def test_failures_of_awss_own_have_their_status(error: str, status: int) -> None:
    """Which is what SDKs decide by whether they ask again."""
    answered = as_error(described({"operation": "*", "error": error}), LIST, ROLE)
    assert (answered.code, answered.status) == (error, status)
