"""What programs told their suppliers: the requests that tasks answered, with version and outcome."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from console.sandbox.lives import Life
from console.sandbox.log_lines import USUAL_REASON, reason
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.ecs.model import Service

_KEPT = 8192
"""Minutes of failures."""


class Told(NamedTuple):
    """One request, as its program saw it."""

    at: float
    """Epoch seconds."""
    what: str
    seconds: float
    version: str
    failed: str
    """Why it failed; empty where it did not."""
    id: int


def told(account: "Account", service: "Service", begin: float, end: float) -> Iterator[Told]:
    """Requests that a task answered from ``begin`` up to but not including ``end``, by time.

    What the load balancer answers for a task that is gone, no program has seen.
    """
    lives = account.logs.lives.of_service(service.arn)
    first = lives[0].version if lives else "?"
    for minute in range(int(begin // MINUTE), int(-(-end // MINUTE))):
        for request in account.logs.traffic.requests(service.arn, minute):
            if not request.reached or not begin <= request.at < end:
                continue
            life = request.life
            yield Told(
                request.at,
                request.what,
                request.seconds,
                first if life is None else life.version,
                _why(life, request.at) if request.status >= 500 else "",
                request.id,
            )


class Failures:
    """Requests that failed, minute by minute: few enough to remember for long."""

    def __init__(self) -> None:
        self._minutes: OrderedDict[tuple[str, int], Sequence[Told]] = OrderedDict()

    def between(self, account: "Account", service: "Service", begin: float, end: float) -> Iterator[Told]:
        """Those of a service from ``begin`` up to but not including ``end``, by time."""
        for minute in range(int(begin // MINUTE), int(-(-end // MINUTE))):
            for item in self._of(account, service, minute):
                if begin <= item.at < end:
                    yield item

    def _of(self, account: "Account", service: "Service", minute: int) -> Sequence[Told]:
        key = (service.arn, minute)
        kept = self._minutes.get(key)
        if kept is not None:
            return kept
        over = (minute + 1) * MINUTE
        found = [item for item in told(account, service, minute * MINUTE, over) if item.failed]
        if over <= account.world.now():
            self._minutes[key] = found
            if len(self._minutes) > _KEPT:
                self._minutes.popitem(last=False)
        return found


def _why(life: Life | None, at: float) -> str:
    """A task that nobody remembers failed as all do now and then."""
    return USUAL_REASON if life is None else reason(life, at)
