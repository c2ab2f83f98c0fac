"""The rules of load balancers' listeners, read once for everybody who asks within a few seconds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock, RLock
from typing import Any, Generic, TypeVar

from console.aws.calls import Answer, Calls, batches
from console.errors import QuarterdeckError, RejectedError
from console.ports import Clock

BATCH = 20
"""Rules or listeners that we name in one call."""
LISTED_S = 300.0
"""For so long the listeners of an Application Load Balancer are not listed again."""
FAILED_S = 10.0
"""For so long, at most, a call that failed is not tried again."""
_NETWORK = ":loadbalancer/net/"
_LISTENER = ":listener/"
_T = TypeVar("_T")
Rules = tuple[Answer, ...]


@dataclass(frozen=True)
class _Reading(Generic[_T]):
    at: float
    """Monotonic."""
    value: _T | None = None
    error: QuarterdeckError | None = None


class _Kept(Generic[_T]):
    """What was read under a key, or why it was not; of those who ask at once one reads. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._turns: dict[str, Any] = {}
        """Key -> the lock of those who read it (what ``RLock`` makes has no name to annotate it with)."""
        self._readings: dict[str, _Reading[_T]] = {}

    def get(self, key: str, within_s: float, read: Callable[[], _T]) -> _T:
        with self._lock:
            turn = self._turns.setdefault(key, RLock())
        # Who waits for a throttled call to be tried again may read the same on the same thread.
        with turn:
            reading = self._readings.get(key)
            if reading is None or not self._serves(reading, within_s):
                reading = self._readings[key] = self._read(read)
        if reading.error is not None:
            raise reading.error
        assert reading.value is not None
        return reading.value

    def forget(self, key: str) -> None:
        with self._lock:
            self._readings.pop(key, None)

    def _serves(self, reading: _Reading[_T], within_s: float) -> bool:
        limit = within_s if reading.error is None else min(within_s, FAILED_S)
        return self._clock.monotonic() - reading.at < limit

    def _read(self, read: Callable[[], _T]) -> _Reading[_T]:
        try:
            value = read()
        except QuarterdeckError as error:
            return _Reading(self._clock.monotonic(), error=error)
        return _Reading(self._clock.monotonic(), value)


class ListenerRules:
    """Reads rules for whoever judges by them: where requests go, and whose a load balancer's errors are."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._listeners: _Kept[Rules] = _Kept(clock)
        self._rules: _Kept[Rules] = _Kept(clock)

    def of(self, balancer: str, within_s: float) -> dict[str, Rules]:
        """Listener -> its rules, of every listener of a load balancer.

        A listener of a Network Load Balancer has no rules: its default action stands for one.

        Args:
            balancer: ARN of an Application or Network Load Balancer.
            within_s: How old a reading may be, in seconds; 0: read now.

        Raises:
            QuarterdeckError: when listeners or rules cannot be read.
        """
        network = _NETWORK in balancer
        listeners = self._listeners.get(
            balancer,
            within_s if network else LISTED_S,
            lambda: tuple(self._pages("DescribeListeners", "Listeners", LoadBalancerArn=balancer)),
        )
        if network:
            return {str(item["ListenerArn"]): (_default(item),) for item in listeners}
        try:
            return {arn: self._on(arn, within_s) for item in listeners if (arn := str(item["ListenerArn"]))}
        except RejectedError:
            self._listeners.forget(balancer)  # one of them may be gone
            raise

    def named(self, arns: Sequence[str], within_s: float) -> Rules:
        """Those rules. What ECS names as the rule of a Network Load Balancer is the listener.

        Raises:
            QuarterdeckError: when one of them cannot be read.
        """
        return self._rules.get("|".join(sorted(arns)), within_s, lambda: tuple(self._named(arns)))

    def _on(self, listener: str, within_s: float) -> Rules:
        return self._rules.get(
            listener,
            within_s,
            lambda: tuple(self._pages("DescribeRules", "Rules", ListenerArn=listener)),
        )

    def _named(self, arns: Sequence[str]) -> Iterator[Answer]:
        for batch in batches([arn for arn in arns if _LISTENER not in arn], BATCH):
            yield from self._pages("DescribeRules", "Rules", RuleArns=batch)
        for batch in batches([arn for arn in arns if _LISTENER in arn], BATCH):
            for item in self._pages("DescribeListeners", "Listeners", ListenerArns=batch):
                yield _default(item)

    def _pages(self, operation: str, member: str, **params: Any) -> Iterator[Answer]:
        while True:
            answer = self._calls.read("elbv2", operation, **params)
            yield from answer.get(member, ())
            marker = answer.get("NextMarker")
            if not marker or marker == params.get("Marker"):
                return
            params["Marker"] = marker


def _default(listener: Answer) -> Answer:
    return {"Actions": listener.get("DefaultActions", ()), "IsDefault": True}
