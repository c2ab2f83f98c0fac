"""Errors, latency, processor and log errors, against limits that the item names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import named
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.config.data import ValidateSettings
from console.domain.checklist import Result
from console.operations.within_limits import within_limits

_EVERY_S = 30.0
_LIMIT_S = 20.0


def _judged(context: CheckContext, name: str, **limits: object) -> Result:
    settings = replace(context.settings, validate=_limits(limits))
    seen = context.observe()
    findings = within_limits(settings, context.signals, context.logs, context.clock, observation=seen)
    return named(findings, name)


def _limits(limits: Mapping[str, object]) -> ValidateSettings:
    return replace(ValidateSettings(), **limits)  # type: ignore[arg-type]


@REGISTRY.check(
    "figures.errors",
    "the share of requests that fail is under a limit",
    parameters={"limit": 'in per cent: 5, or "0.1 %"'},
    every_s=_EVERY_S,
    limit_s=_LIMIT_S,
)
def errors(context: CheckContext, given: Given) -> Result:
    """Over the last minutes, of all versions together; too few requests decide nothing, and where no target
    is healthy nobody answers."""
    return _judged(context, "errors", error_share=given.number("limit", 5) / 100)


def _latency(of_a_hundred: int) -> None:
    """A check of one percentile of the response times."""
    name = f"p{of_a_hundred}"

    @REGISTRY.check(
        f"figures.{name}",
        f"{of_a_hundred} of 100 answers are faster than a limit",
        parameters={"limit*": '"0.5s"'},
        every_s=_EVERY_S,
        limit_s=_LIMIT_S,
    )
    def judge(context: CheckContext, given: Given) -> Result:
        """The newest complete minute; of several target groups the slowest."""
        return _judged(context, name, **{name: given.length("limit", timedelta(seconds=1))})


for _percentile in (95, 99):
    _latency(_percentile)


@REGISTRY.check(
    "figures.cpu",
    "the processor is used less than a limit",
    parameters={"limit*": "in per cent of what is reserved"},
    every_s=_EVERY_S,
    limit_s=_LIMIT_S,
)
def cpu(context: CheckContext, given: Given) -> Result:
    """On average over the tasks."""
    return _judged(context, "CPU", cpu=given.number("limit", 70))


@REGISTRY.check(
    "logs.errors",
    "its log has not more errors than before",
    parameters={"limit": "lines at error or worse a minute, if that is also twice as many as before (1)"},
    every_s=_EVERY_S,
    limit_s=_LIMIT_S,
)
def log_errors(context: CheckContext, given: Given) -> Result:
    """The last five minutes beside the twenty-five before."""
    return _judged(context, "log errors", log_errors=given.number("limit", 1))
