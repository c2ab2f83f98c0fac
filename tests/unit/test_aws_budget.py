"""The request budget: counted, with time moved by hand."""

from collections.abc import Callable
from threading import Event, Thread

import pytest

from console.aws.budget import ALLOWANCES, RECOVERY_S, WINDOW_S, Allowance, Bucket, Budget, Budgets
from console.domain.urgency import Urgency, urgently
from tests.builders import NOW
from tests.fakes import FakeClock
from tests.unit.scripted_aws import ScriptedAws, aws_error, calls_on

ALLOWANCE = Allowance(burst=10, rate=2)


class HeldClock(FakeClock):
    """A clock whose sleepers wait until the test lets them go on."""

    def __init__(self) -> None:
        super().__init__()
        self.held, self.go = Event(), Event()

    def sleep(self, seconds: float) -> None:
        self.held.set()
        assert self.go.wait(30)
        super().sleep(seconds)


def within(times: list[float], seconds: float) -> int:
    """The most calls in any window of that length."""
    return max(sum(start <= other < start + seconds for other in times) for start in times)


@pytest.mark.parametrize("window", [0.5, 1.0, 7.0, 60.0])
def test_no_window_ever_holds_more_than_the_burst_and_its_rate(window: float) -> None:
    """Whoever calls, however often, with pauses of any length."""
    clock = FakeClock()
    bucket = Bucket(ALLOWANCE, clock)
    times = []
    for number in range(200):
        clock.advance((number * 7 % 13) / 10 if number % 40 < 5 else 0)
        bucket.take()
        times.append(clock.monotonic())
    assert within(times, window) <= ALLOWANCE.burst + ALLOWANCE.rate * window
    assert within(times, window) >= min(ALLOWANCE.rate * window, 100)


def test_many_threads_together_keep_to_the_same_budget() -> None:
    """One bucket for the whole process."""
    clock, times = FakeClock(), list[float]()
    bucket = Bucket(ALLOWANCE, clock)

    def work() -> None:
        for _ in range(25):
            bucket.take()
            times.append(clock.monotonic())

    together(*[work] * 8)
    assert len(times) == 200
    assert clock.monotonic() >= (200 - ALLOWANCE.burst) / ALLOWANCE.rate - 0.01


def together(*works: Callable[[], object]) -> None:
    threads = [Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_waiters_go_by_urgency_and_then_in_their_order_and_a_write_goes_first() -> None:
    """The look that came first lets the order pass; nobody overtakes his like."""
    clock = HeldClock()
    bucket = Bucket(Allowance(burst=1, rate=1), clock)
    bucket.take()
    order: list[str] = []
    threads: list[Thread] = []

    def enter(name: str, urgency: Urgency, write: bool = False) -> None:
        def work() -> None:
            with urgently(urgency):
                bucket.take(write=write)
            order.append(name)

        threads.append(Thread(target=work, daemon=True))
        threads[-1].start()
        clock.held.clear()
        for _ in range(10_000):
            if len(bucket._queue) == len(threads):
                return
            Event().wait(0.001)
        raise AssertionError("it never queued")

    enter("fleet 1", Urgency.FLEET)
    enter("spare", Urgency.SPARE)
    enter("fleet 2", Urgency.FLEET)
    enter("moving", Urgency.MOVING)
    enter("focus", Urgency.FOCUS)
    enter("order", Urgency.ORDER)
    enter("write", Urgency.FLEET, write=True)
    clock.go.set()
    for thread in threads:
        thread.join(30)
    assert order == ["write", "order", "focus", "moving", "fleet 1", "fleet 2", "spare"]


def test_spare_calls_leave_half_of_the_bucket_to_others() -> None:
    """The proofs of the way back never take what an order may need."""
    clock = FakeClock()
    bucket = Bucket(ALLOWANCE, clock)
    with urgently(Urgency.SPARE):
        for _ in range(5):
            bucket.take()
        assert clock.waits == []
        bucket.take()
    assert clock.waits
    clock.waits.clear()
    for _ in range(4):
        bucket.take()
    assert clock.waits == []


def rate_of(bucket: Bucket, clock: FakeClock, seconds: float) -> float:
    """Calls a second when somebody calls all the time."""
    start, count = clock.monotonic(), 0
    while clock.monotonic() < start + seconds:
        bucket.take()
        count += 1
    return count / (clock.monotonic() - start)


def test_a_refusal_halves_the_rate_and_ten_seconds_later_it_is_whole_again() -> None:
    """Additive increase, multiplicative decrease; the burst is gone at once."""
    clock, allowance = FakeClock(), Allowance(50, 10)
    bucket = Bucket(allowance, clock)
    bucket.refused()
    assert rate_of(bucket, clock, 1) == pytest.approx(5, abs=1.5)
    assert rate_of(bucket, clock, 2) < 8
    clock.advance(RECOVERY_S)
    clock.advance(allowance.burst / allowance.rate)
    before = len(clock.waits)
    for _ in range(int(allowance.burst)):
        bucket.take()
    assert len(clock.waits) == before
    assert rate_of(bucket, clock, 10) == pytest.approx(10, rel=0.05)


def test_refusals_of_one_burst_count_once_and_lasting_ones_down_to_the_least() -> None:
    """A minute of total throttling leaves little more than a call a second, and is got over at once."""
    clock, allowance = FakeClock(), Allowance(50, 10)
    bucket = Bucket(allowance, clock)
    for _ in range(20):
        bucket.refused()
    assert rate_of(bucket, clock, 1) > 3
    start, sent = clock.monotonic(), 0
    while clock.monotonic() < start + 60:
        bucket.take()
        bucket.refused()
        sent += 1
    assert sent <= 80
    assert rate_of(bucket, clock, RECOVERY_S + 1) > 4
    assert rate_of(bucket, clock, 5) == pytest.approx(10, rel=0.1)


def test_use_is_the_share_of_a_minute_of_the_category_that_is_used_most() -> None:
    """And forgotten a minute later."""
    clock = FakeClock()
    budget = Budget(clock)
    assert budget.use().share == 0
    for _ in range(50):
        budget.take("ecs", "DescribeServices")
    budget.take("ecs", "ListTasks")
    allowance = ALLOWANCES["service read"]
    assert budget.use().share == pytest.approx(50 / (allowance.burst + allowance.rate * WINDOW_S))
    clock.advance(WINDOW_S + 1)
    assert budget.use().share == 0


def test_a_refusal_is_told_for_a_minute_and_slows_its_own_category_only() -> None:
    """Reported by whoever was refused, read and write alike."""
    clock = FakeClock()
    aws, budget = ScriptedAws(), Budget(clock)
    calls = calls_on(aws, clock, budget)
    aws.on("ecs.DescribeServices", aws_error("ThrottlingException"), {"services": []})
    calls.read("ecs", "DescribeServices", services=["s"])
    assert calls.use().throttled_at == NOW
    clock.waits.clear()
    for _ in range(40):
        budget.take("ecs", "ListTasks")
    assert clock.waits == []
    clock.advance(WINDOW_S + 1)
    assert calls.use().throttled_at is None


def test_every_call_that_is_sent_takes_a_token_repeated_ones_too() -> None:
    """Counted at the budget and at AWS."""
    clock = FakeClock()
    aws, budget = ScriptedAws(), Budget(clock)
    throttled = aws_error("ThrottlingException")
    aws.on("ecs.DescribeServices", throttled, throttled, {"services": []})
    calls_on(aws, clock, budget).read("ecs", "DescribeServices", services=["s"])
    allowance = ALLOWANCES["service read"]
    assert budget.use().share == pytest.approx(3 / (allowance.burst + allowance.rate * WINDOW_S))


def test_a_budget_is_shared_exactly_by_account_and_region() -> None:
    """AWS throttles by both."""
    budgets = Budgets(FakeClock())
    assert budgets.of("1", "us-east-1") is budgets.of("1", "us-east-1")
    assert budgets.of("1", "us-east-1") is not budgets.of("1", "eu-west-1")
    assert budgets.of("1", "us-east-1") is not budgets.of("2", "us-east-1")
