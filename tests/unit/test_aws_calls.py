"""The one door to AWS: budget, retries, guard."""

import pytest
from botocore.exceptions import ConnectionClosedError

from console.aws.budget import ALLOWANCES, Budget
from console.errors import EndpointError, OutcomeUnknownError, ThrottledError
from tests.fakes import FakeClock
from tests.unit.scripted_aws import ScriptedAws, aws_error, calls_on

THROTTLED = aws_error("ThrottlingException", "Rate exceeded", "DescribeServices")
CLOSED = ConnectionClosedError(endpoint_url="http://127.0.0.1:1")


def test_a_throttled_read_is_tried_again_after_a_growing_wait() -> None:
    """The caller sees only the answer."""
    aws, clock = ScriptedAws(), FakeClock()
    aws.on("ecs.DescribeServices", THROTTLED, THROTTLED, {"services": []})
    answer = calls_on(aws, clock).read("ecs", "DescribeServices", cluster="c", services=["s"])
    assert answer == {"services": []}
    assert clock.waits == [0.5, 1.0]


def test_a_read_that_stays_throttled_says_so_after_a_few_attempts() -> None:
    """Retrying has an end."""
    aws = ScriptedAws()
    aws.on("ecs.DescribeServices", THROTTLED)
    with pytest.raises(ThrottledError):
        calls_on(aws).read("ecs", "DescribeServices", cluster="c", services=["s"])
    assert len(aws.sent) == 4


def test_a_read_over_a_broken_connection_is_repeated() -> None:
    """A keep-alive connection that the other side closed is no reason to complain."""
    aws = ScriptedAws()
    aws.on("ecs.DescribeServices", CLOSED, {"services": []})
    assert calls_on(aws).read("ecs", "DescribeServices", services=["s"]) == {"services": []}


@pytest.mark.parametrize("error", [THROTTLED, CLOSED, aws_error("X", operation="UpdateService", status=503)])
def test_a_write_is_sent_once_whatever_happens(error: Exception) -> None:
    """Not even a throttled write is repeated: the operator decides."""
    aws = ScriptedAws()
    aws.on("ecs.UpdateService", error)
    with pytest.raises((ThrottledError, OutcomeUnknownError)):
        calls_on(aws).write("ecs", "UpdateService", service="s")
    assert aws.names() == ["ecs.UpdateService"]


def test_pages_are_followed_to_the_last_and_an_endless_one_is_not() -> None:
    """A token that repeats itself ends the list."""
    aws = ScriptedAws()
    aws.on("ecs.ListTasks", {"taskArns": ["a"], "nextToken": "1"}, {"taskArns": ["b"], "nextToken": "1"})
    pages = list(calls_on(aws).pages("ecs", "ListTasks", cluster="c"))
    assert [page["taskArns"] for page in pages] == [["a"], ["b"]]


def test_calls_beyond_the_burst_wait_for_their_turn_and_the_rate_is_kept() -> None:
    """After the burst a call goes out every 1 / rate seconds."""
    clock = FakeClock()
    budget, allowance = Budget(clock), ALLOWANCES["service read"]
    for _ in range(int(allowance.burst) + 20):
        budget.take("ecs", "DescribeServices")
    assert clock.monotonic() == pytest.approx(20 / allowance.rate)


def test_categories_do_not_wait_for_each_other() -> None:
    """A thousand task reads leave the order its way."""
    clock = FakeClock()
    budget = Budget(clock)
    for _ in range(200):
        budget.take("ecs", "ListTasks")
    before = clock.monotonic()
    budget.take("ecs", "UpdateService")
    assert clock.monotonic() == before


def test_a_time_out_is_not_repeated() -> None:
    """Eight seconds were enough."""
    from botocore.exceptions import ReadTimeoutError

    aws = ScriptedAws()
    aws.on("ecs.DescribeServices", ReadTimeoutError(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(EndpointError):
        calls_on(aws).read("ecs", "DescribeServices", services=["s"])
    assert len(aws.sent) == 1
