"""What the queue of a worker says."""

from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.address import Address
from console.domain.backlog import Backlog
from console.domain.checklist import Result

_OF = {"service": "alias of the worker; else the service itself"}


def _backlog(context: CheckContext, given: Given) -> Backlog | None:
    """Of the service, or of another one of its environment."""
    own = context.address
    return context.platform.backlog(Address(own.system, own.environment, given.text("service", own.alias)))


@REGISTRY.check(
    "queue.depth",
    "no more jobs wait than usual",
    parameters={**_OF, "most": "jobs that may wait", "oldest": "how long the oldest may have waited: 5m"},
)
def queue(context: CheckContext, given: Given) -> Result:
    """The depth is approximate, as queues count."""
    backlog = _backlog(context, given)
    if backlog is None:
        return not_applicable("no queue is configured")
    most, oldest = given.number("most", 1000), given.length("oldest", timedelta(0)).total_seconds()
    if backlog.waiting > most:
        return failed(f"{backlog.said}, limit {most:.0f}", "scale the worker")
    if oldest and backlog.oldest_s is None and backlog.waiting:
        return unknown(f"{backlog.said}; nobody measures how old they are")
    if oldest and (backlog.oldest_s or 0) > oldest:
        return failed(f"{backlog.said}, limit {oldest:.0f} s", "scale the worker")
    return passed(backlog.said)


@REGISTRY.check("queue.worked", "jobs are being worked on", parameters=_OF)
def worked(context: CheckContext, given: Given) -> Result:
    """Some are in flight, or none wait."""
    backlog = _backlog(context, given)
    if backlog is None:
        return not_applicable("no queue is configured")
    if backlog.in_flight or not backlog.waiting:
        return passed(backlog.said)
    return failed(f"{backlog.said}: nobody takes them", "look at the worker's log")
