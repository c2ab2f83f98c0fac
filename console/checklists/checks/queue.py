"""What the queue of a worker says."""

from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result


@REGISTRY.check(
    "queue.depth",
    "no more jobs wait than usual",
    parameters={"most": "jobs that may wait", "oldest": "how long the oldest may have waited: 5m"},
)
def queue(context: CheckContext, given: Given) -> Result:
    """The depth is approximate, as queues count."""
    backlog = context.platform.backlog(context.address)
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


@REGISTRY.check("queue.worked", "jobs are being worked on")
def worked(context: CheckContext, given: Given) -> Result:
    """Some are in flight, or none wait."""
    backlog = context.platform.backlog(context.address)
    if backlog is None:
        return not_applicable("no queue is configured")
    if backlog.in_flight or not backlog.waiting:
        return passed(backlog.said)
    return failed(f"{backlog.said}: nobody takes them", "look at the worker's log")
