"""Queues of workers: Amazon SQS for the counts of now, CloudWatch for the age and the alarms."""

from contextlib import suppress
from datetime import timedelta

from console.aws.calls import Calls
from console.aws.metrics import of_queue, read_metrics
from console.domain.backlog import Backlog
from console.domain.text import plain
from console.errors import QuarterdeckError
from console.ports import Clock

_ATTRIBUTES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_WATCHED = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
MEASURED_WITHIN = timedelta(minutes=15)
"""CloudWatch may be that late with a queue that was asleep (SQS developer guide, available metrics)."""


class Backlogs:
    """Reads queues by their names; keeps their addresses."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._urls: dict[str, str] = {}

    def of(self, queue: str) -> Backlog:
        """A queue with everything that is known of it; age and alarms are left out where they fail.

        Raises:
            QuarterdeckError: when its counts cannot be read.
        """
        now = self.now(queue)
        oldest: float | None = None
        alarms: tuple[tuple[str, str], ...] = ()
        with suppress(QuarterdeckError):
            oldest = self._oldest(queue)
        with suppress(QuarterdeckError):
            alarms = self._alarms(queue)
        return Backlog(queue, now.waiting, now.in_flight, now.delayed, oldest, alarms)

    def now(self, queue: str) -> Backlog:
        """The counts alone: one call once its address is known."""
        if queue not in self._urls:
            self._urls[queue] = str(self._calls.read("sqs", "GetQueueUrl", QueueName=queue)["QueueUrl"])
        answer = self._calls.read(
            "sqs", "GetQueueAttributes", QueueUrl=self._urls[queue], AttributeNames=list(_ATTRIBUTES)
        )
        waiting, in_flight, delayed = (int(answer["Attributes"].get(name, 0)) for name in _ATTRIBUTES)
        return Backlog(queue, waiting, in_flight, delayed)

    def _oldest(self, queue: str) -> float | None:
        """Seconds, of the newest minute that was measured."""
        end = self._clock.now()
        query = of_queue(_WATCHED[1], "Maximum", queue)
        points = read_metrics(self._calls, {queue: query}, end - MEASURED_WITHIN, end).get(queue)
        return points[max(points)] if points else None

    def _alarms(self, queue: str) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        for name in _WATCHED:
            answer = self._calls.read(
                "cloudwatch", "DescribeAlarmsForMetric", **of_queue(name, "Maximum", queue).metric
            )
            for raw in answer.get("MetricAlarms", ()):
                found[plain(str(raw.get("AlarmName", "")))] = plain(str(raw.get("StateValue", "")))
        return tuple(found.items())
