"""The queues of one account: what arrives in them, who works it off, and how deep they are.

A queue goes forward in steps of ten wall-clock seconds, whoever looks: the tasks that served at a
moment are known ever after, so that a step can be worked out late and is the same. Before the world
began, queues were as shallow as their workers keep them.
"""

import json
import math
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

SQS = "AWS/SQS"
UNITS = {
    "ApproximateNumberOfMessagesVisible": "Count",
    "ApproximateNumberOfMessagesNotVisible": "Count",
    "ApproximateAgeOfOldestMessage": "Seconds",
    "NumberOfMessagesSent": "Count",
    "NumberOfMessagesDeleted": "Count",
}
"""The metrics of a queue."""
STEP_S = 10
_SHORTEST_LAG_S, _LONGEST_LAG_S = 30.0, 75.0
_SPARE = 1.7
"""What workers can do, as a multiple of what usually comes: enough for the hour of the peak."""
_KEPT_MINUTES = 2 * 24 * 60


@dataclass
class Messages:
    """Messages that came together: many of the model's, or one that was sent by a call."""

    at: float
    """Epoch seconds."""
    count: int = 1
    body: str = ""
    id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    received: int = 0
    first_received_at: float = 0.0


@dataclass
class Flight:
    """A message that somebody has received and not deleted."""

    message: Messages
    until: float
    """When it becomes visible again."""


@dataclass(frozen=True)
class Work:
    """Who fills a queue and works it off."""

    service: str
    """ARN of the service whose tasks take the jobs."""
    job: str
    a_task: float
    """Jobs that one task can do a minute."""


@dataclass(frozen=True)
class _Sample:
    visible: int
    invisible: int
    age: float
    sent: int
    deleted: int


class Queue:
    """One standard queue."""

    def __init__(
        self, account: "Account", name: str, created_at: float, settings: dict[str, str], work: Work | None
    ) -> None:
        self.name = name
        self.arn = account.arn("sqs", name)
        self.worker = work.service if work else ""
        """ARN of the service that works it off."""
        self.created_at = created_at
        self.changed_at = created_at
        self.settings = settings
        self.waiting: deque[Messages] = deque()
        self.delayed: list[tuple[float, Messages]] = []
        """(moment from which it can be seen, message)."""
        self.flights: dict[str, Flight] = {}
        """By receipt handle."""
        self.purged_at = -math.inf
        self.counter = 0
        self._account = account
        self._work = work
        self._surges: list[tuple[float, float, float]] = []
        self._step = int(account.world.now() // STEP_S)
        self._credit = 0.0
        self._busy = 0
        self._sent = self._deleted = 0
        self._first_minute = int(account.world.now() // MINUTE) + 1
        self._samples: dict[int, list[_Sample]] = {}

    @property
    def visible(self) -> int:
        return sum(item.count for item in self.waiting)

    @property
    def invisible(self) -> int:
        """Received and not deleted: by calls, and by the tasks that are at work."""
        return len(self.flights) + self._busy

    def surge(self, factor: float) -> None:
        """Let so many times as many jobs arrive from now on; 1 is as usual."""
        self.catch_up()
        now = self._account.world.now()
        self._surges = [(since, min(until, now), old) for since, until, old in self._surges]
        if factor != 1:
            self._surges.append((now, math.inf, factor))

    def pour(self, count: int) -> None:
        """So many jobs arrive at once, on top of the usual ones."""
        self.catch_up()
        self.waiting.append(Messages(self._account.world.now(), count))
        self._sent += count

    def add(self, message: Messages, delay_s: float) -> None:
        """A message that a call has sent."""
        if delay_s > 0:
            self.delayed.append((message.at + delay_s, message))
        else:
            self.waiting.append(message)
        self._sent += 1

    def take(self) -> Messages | None:
        """The oldest visible message, out of its place; of a batch one."""
        if not self.waiting:
            return None
        first = self.waiting[0]
        if first.count == 1 and first.id:
            return self.waiting.popleft()
        first.count -= 1
        if first.count == 0:
            self.waiting.popleft()
        number = self._number()
        job = self._work.job if self._work else self.name
        return Messages(first.at, 1, json.dumps({"job": job, "id": str(number)}), str(number))

    def delete(self, receipt: str) -> None:
        if self.flights.pop(receipt, None) is not None:
            self._deleted += 1

    def purge(self) -> None:
        self.waiting.clear()
        self.delayed.clear()
        self.flights.clear()
        self.purged_at = self._account.world.now()

    def message_id(self) -> str:
        return str(self._number())

    def catch_up(self) -> None:
        """Work out all that has happened up to now."""
        now = self._account.world.now()
        while (self._step + 1) * STEP_S <= now:
            self._step += 1
            self._go(float(self._step * STEP_S))
        self._surface(now)

    def values(self, metric: str, minute: int) -> Sequence[float]:
        """What was measured in one minute; empty if it is not over and published, or before its time."""
        if (minute + 1) * MINUTE + self._lag() > self._account.world.now():
            return ()
        if minute * MINUTE < self.created_at:
            return ()
        self.catch_up()
        samples = self._samples.get(minute) or self._usual(minute)
        if metric == "ApproximateNumberOfMessagesVisible":
            return [float(sample.visible) for sample in samples]
        if metric == "ApproximateNumberOfMessagesNotVisible":
            return [float(sample.invisible) for sample in samples]
        if metric == "ApproximateAgeOfOldestMessage":
            return [sample.age for sample in samples]
        counted = [sample.sent if metric == "NumberOfMessagesSent" else sample.deleted for sample in samples]
        return [float(sum(counted))]

    def _go(self, at: float) -> None:
        """One step: what waits is worked off, then what has come meanwhile waits."""
        self._surface(at)
        done = self._work_off(at)
        came = self._arrivals(at)
        if came:
            self.waiting.append(Messages(at - STEP_S / 2, came))
        age = at - self.waiting[0].at if self.waiting else 0.0
        sample = _Sample(self.visible, self.invisible, age, self._sent + came, self._deleted + done)
        self._sent = self._deleted = 0
        minute = int((at - 1) // MINUTE)
        self._samples.setdefault(minute, []).append(sample)
        while len(self._samples) > _KEPT_MINUTES:
            del self._samples[next(iter(self._samples))]

    def _surface(self, at: float) -> None:
        """Messages whose delay or visibility timeout is over can be seen again."""
        self.waiting.extend(message for moment, message in self.delayed if moment <= at)
        self.delayed = [entry for entry in self.delayed if entry[0] > at]
        for receipt, flight in list(self.flights.items()):
            if flight.until <= at:
                del self.flights[receipt]
                self.waiting.appendleft(flight.message)
        kept = int(self.settings["MessageRetentionPeriod"])
        while self.waiting and self.waiting[0].at + kept < at:
            self.waiting.popleft()

    def _work_off(self, at: float) -> int:
        """Let the tasks that serve take messages, the oldest first; how many they finish."""
        if self._work is None:
            return 0
        lives = self._account.logs.lives.of_service(self._work.service)
        power = sum(life.is_serving(at) for life in lives) * self._work.a_task * STEP_S / MINUTE
        self._credit = min(self._credit, power) + power
        done = 0
        while self.waiting and done < int(self._credit):
            first = self.waiting[0]
            taken = min(first.count, int(self._credit) - done)
            first.count -= taken
            done += taken
            if first.count == 0:
                self.waiting.popleft()
        self._credit -= done
        pace = self._account.logs.traffic.profile(self._work.service).median_s
        self._busy = math.ceil(done * min(1.0, pace / STEP_S))
        return done

    def _arrivals(self, at: float) -> int:
        if self._work is None:
            return 0
        factor = math.prod(factor for since, until, factor in self._surges if since < at <= until)
        rate = self._account.logs.traffic.profile(self._work.service).rate(at)
        mean = rate * STEP_S / MINUTE * factor
        rng = self._account.world.rng(f"arrivals:{self.arn}:{int(at)}")
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))

    def _usual(self, minute: int) -> list[_Sample]:
        """A minute before the world began."""
        ends = [minute * MINUTE + STEP_S * (number + 1) for number in range(MINUTE // STEP_S)]
        came = [self._arrivals(float(at)) for at in ends]
        return [_Sample(count, int(count > 0), STEP_S / 2 * (count > 0), count, count) for count in came]

    def _lag(self) -> float:
        return self._account.world.rng(f"lag:{self.arn}").uniform(_SHORTEST_LAG_S, _LONGEST_LAG_S)

    def _number(self) -> uuid.UUID:
        self.counter += 1
        rng = self._account.world.rng(f"message:{self.arn}:{self.counter}")
        return uuid.UUID(int=rng.getrandbits(128), version=4)


DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
"""Attributes of a queue that is made without any."""


class QueueState:
    """The queues of one account."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._queues: dict[str, Queue] = {}

    def __iter__(self) -> Iterator[Queue]:
        return iter(list(self._queues.values()))

    def get(self, name: str) -> Queue | None:
        """The queue as it is now."""
        queue = self._queues.get(name)
        if queue is not None:
            queue.catch_up()
        return queue

    def create(self, name: str, settings: dict[str, str] | None = None, since: float | None = None) -> Queue:
        """A queue that only calls put messages into."""
        return self._add(name, settings or {}, since, None)

    def create_worked(
        self, name: str, service: str, job: str = "", a_task: float = 0.0, since: float | None = None
    ) -> Queue:
        """A queue that the tasks of a service work off; its traffic profile says what arrives.

        Args:
            service: ARN.
            job: What its messages ask for; by default the queue's name.
            a_task: Jobs that one task can do a minute; by default enough for the desired count now.
        """
        profile = self._account.logs.traffic.profile(service)
        desired = [item.desired_count for item in self._account.ecs.services() if item.arn == service]
        usual = _SPARE * profile.per_minute / max(1, *desired, 1)
        return self._add(name, {}, since, Work(service, job or name, a_task or usual))

    def _add(self, name: str, settings: dict[str, str], since: float | None, work: Work | None) -> Queue:
        at = self._account.world.now() if since is None else since
        queue = self._queues[name] = Queue(self._account, name, at, DEFAULTS | settings, work)
        return queue

    def url(self, queue: Queue) -> str:
        return f"{self._account.world.endpoint}/{self._account.id}/{queue.name}"
