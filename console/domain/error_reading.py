"""What a service's error rate says: one judgement of its figures, for every place that shows or uses it.

A share of errors alone is no judgement. Of few requests it says nothing, without requests there is none,
and where no target is healthy nobody answers, whatever the last requests got.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import exp, lgamma, log

from console.domain.guard import MINIMUM_REQUESTS, Trigger
from console.domain.measured import limit_in_words
from console.domain.series import Measure
from console.domain.signals import Figures
from console.domain.words import NODATA, NOTHING, count, percent

CHANCE = 0.05
"""A share is over a warning's limit where so many failures would be rarer than that at the limit: one error
of ninety-nine requests is more than 1 %, and says nothing."""
_STANDS_OUT = 0.001
"""The same of too few requests at the highest limit that they are over: every quiet service is looked at
every minute, so that what is rare happens."""


def chance_at(limit: float, errors: int, requests: int) -> float:
    """How likely at least so many errors are among the requests if each fails as likely as the limit says."""
    if errors <= 0 or limit >= 1:
        return 1.0
    if limit <= 0:
        return 0.0
    total = 0.0
    for k in range(errors, requests + 1):
        ways = lgamma(requests + 1) - lgamma(k + 1) - lgamma(requests - k + 1)
        term = exp(ways + k * log(limit) + (requests - k) * log(1 - limit))
        total += term
        if k > limit * requests and term < total * 1e-9:
            break
    return min(1.0, total)


def is_over(limit: float | None, errors: int, requests: int) -> bool:
    """Whether a share of errors is over a warning's limit by more than chance; never without a limit."""
    if limit is None or not requests or errors / requests <= limit:
        return False
    return chance_at(limit, errors, requests) < CHANCE


class ErrorState(StrEnum):
    """What is thought of a service's errors. Beside a bad one no word is green."""

    OK = "ok"
    """Enough requests, and over no limit by more than chance."""
    WARNING = "warning"
    CRITICAL = "critical"
    TOO_FEW = "too few"
    """Some requests, too few to judge by; :attr:`ErrorReading.limit` tells whether they are over one."""
    NOBODY_ANSWERS = "nobody answers"
    """No target is healthy although tasks are desired."""
    NO_REQUESTS = "no requests"
    """Somebody would answer, and nobody asked."""
    UNKNOWN = "unknown"
    """Nothing was read, or nothing counts its requests."""


@dataclass(frozen=True)
class ErrorLimits:
    """What a share of errors is held against."""

    warning: float | None = 0.01
    """Shares from 0 to 1; ``None``: no such limit."""
    critical: float | None = 0.05
    minimum_requests: int = MINIMUM_REQUESTS
    """Under that many requests a share says nothing."""

    @classmethod
    def of(cls, trigger: Trigger) -> "ErrorLimits":
        """Those of an alert, as it is configured."""
        return cls(trigger.warning, trigger.critical, trigger.minimum_requests)


DEFAULT_LIMITS = ErrorLimits()
NO_LIMITS = ErrorLimits(None, None)
"""Where the configuration has its alert off."""


@dataclass(frozen=True)
class ErrorReading:
    """The errors of one service, judged."""

    state: ErrorState
    share: float | None = None
    """Errors per request, from 0 to 1; ``None`` where no share can be told."""
    requests: int | None = None
    limit: float | None = None
    """The limit that the share is over, the highest one, judged or not; ``None``: over none."""
    at: datetime | None = None
    """End of their period, UTC; ``None``: there are none, or the state is of now."""
    version: str = ""
    """``new`` or ``old``: whose figures they are while two versions serve; empty: the whole service's."""
    stands_out: bool = False
    """Of too few requests more have failed than chance explains: worth a look, and no judgement."""
    note: str = ""
    """What to know of how they were counted: a load balancer that is shared."""
    serves: str = ""
    """What serves, where the newest figures are of before it served alone; empty: they are of now."""
    before: "ErrorReading | None" = None
    """What those figures say; ``None``: there are none."""

    @property
    def is_of_before(self) -> bool:
        """There are figures, and all of them are of what served before."""
        return bool(self.serves)

    @property
    def says_nothing(self) -> bool:
        """Nothing was read, and nothing tells why."""
        return self.state is ErrorState.UNKNOWN and not self.is_of_before

    @property
    def is_bad(self) -> bool:
        """Worth a person's attention by itself."""
        return self.state in (ErrorState.WARNING, ErrorState.CRITICAL, ErrorState.NOBODY_ANSWERS)

    @property
    def is_critical(self) -> bool:
        return self.state in (ErrorState.CRITICAL, ErrorState.NOBODY_ANSWERS)

    @property
    def is_doubtful(self) -> bool:
        """Over a limit by too few requests: neither well nor bad, and never to be drawn as well."""
        return self.state is ErrorState.TOO_FEW and self.limit is not None

    @property
    def cell(self) -> str:
        """As short as a column needs it: ``8.4 %``, ``new 31 %``, ``nobody``, ``no req``."""
        if self.state is ErrorState.NOBODY_ANSWERS:
            return "nobody"
        if self.state is ErrorState.NO_REQUESTS:
            return "no req"
        if self.share is None:
            return NOTHING
        return f"{self.version} {percent(self.share)}".lstrip()

    @property
    def words(self) -> str:
        """One fact, without where it is from: ``errors 41 % of 17 requests: too few to judge``."""
        if self.state is ErrorState.NOBODY_ANSWERS:
            return "nobody answers: no healthy targets"
        if self.is_of_before:
            share = self.before.share if self.before is not None else None
            before = f" (errors {percent(share)} before)" if share is not None else ""
            return f"no figures since {self.serves} serves{before}"
        if self.share is None:
            return "no requests" if self.state is ErrorState.NO_REQUESTS else f"errors {NODATA}"
        whose = f" of the {self.version} version" if self.version else ""
        many = count(self.requests or 0, "request")
        if self.state is ErrorState.TOO_FEW:
            return f"errors{whose} {percent(self.share)} of {many}: too few to judge"
        over = f", over {limit_in_words(Measure.ERRORS, self.limit)}" if self.limit is not None else ""
        return f"errors{whose} {percent(self.share)}{over} of {many}"


UNREAD = ErrorReading(ErrorState.UNKNOWN)


def read_errors(
    figures: Figures | None,
    limits: ErrorLimits = DEFAULT_LIMITS,
    *,
    desired: int | None = None,
    healthy: int | None = None,
    serves: str = "",
) -> ErrorReading:
    """Judge the errors of a service.

    Args:
        figures: Its newest figures; ``None``: there are none. Whether they are too old, the caller decides.
        limits: What they are held against.
        desired: Tasks that shall run; with 0 nobody has to answer. ``None``: not known.
        healthy: Targets that are healthy now, of all its target groups; ``None``: not read, then what the
            figures say counts.
        serves: What serves now, as people call it; empty: not known.
    """
    state = _unanswered(figures, desired, healthy)
    if state is ErrorState.NOBODY_ANSWERS:  # no share: that of the last few requests is of before
        return ErrorReading(state, requests=figures.requests if figures else None)
    if figures is None:
        return ErrorReading(ErrorState.UNKNOWN)
    if figures.before is not None:
        before = read_errors(figures.before, limits)
        return ErrorReading(ErrorState.UNKNOWN, serves=serves or "this version", before=before)
    share, requests = figures.error_share, figures.requests
    over = [item for item in (limits.critical, limits.warning) if item is not None and (share or 0.0) > item]
    if state is None:
        state = _state(figures, limits)
    stands_out = bool(over) and state is ErrorState.TOO_FEW
    if stands_out:
        stands_out = chance_at(over[0], figures.errors or 0, requests or 0) < _STANDS_OUT
    return ErrorReading(
        state=state,
        share=share,
        requests=requests,
        limit=over[0] if over and state is not ErrorState.OK else None,
        stands_out=stands_out,
        at=figures.at,
        version=figures.version,
        note=figures.note,
    )


def _unanswered(figures: Figures | None, desired: int | None, healthy: int | None) -> ErrorState | None:
    """Nobody answers; ``None``: somebody does, or it is not known.

    A group in which no target is healthy is not silent by that alone: the load balancer then sends
    requests to all of its targets (ELB user guide, target-group-health-checks, "fails open"). Where
    the figures of such a minute have good answers in them, they stand.
    """
    if not desired:
        return None
    measured = figures.healthy_targets if figures is not None else None
    now = measured if healthy is None else healthy
    if now != 0:
        return None
    answered = (figures.requests or 0) - (figures.errors or 0) if figures is not None else 0
    return None if measured == 0 and answered > 0 else ErrorState.NOBODY_ANSWERS


def _state(figures: Figures, limits: ErrorLimits) -> ErrorState:
    share, requests = figures.error_share, figures.requests
    if requests == 0:
        return ErrorState.NO_REQUESTS
    if share is None or requests is None:
        return ErrorState.UNKNOWN
    if requests < limits.minimum_requests:
        return ErrorState.TOO_FEW
    if limits.critical is not None and share > limits.critical:
        return ErrorState.CRITICAL
    if is_over(limits.warning, figures.errors or 0, requests):
        return ErrorState.WARNING
    return ErrorState.OK
