"""What the sandbox's world itself says of a rollback, past everything that the console could see."""

from datetime import datetime

from console.domain.address import Address
from tests.contract.shared_world import SharedWorld

MINUTE = 60


def served_otherwise(
    shared: SharedWorld, address: Address, good: str | None, since: datetime, until: datetime | None = None
) -> list[str]:
    """The requests of a service, jobs of a worker alike, begun between two moments on another digest.

    Args:
        until: By default now; requests are known as far as the world has been advanced.
    """
    account = shared.sandbox.account(address.system)
    service = shared.settings.service(address)
    found = account.ecs.clusters[service.cluster].services[service.service]
    digests = {task.id: task.containers[0].digest for task in found.tasks.values()}
    first, last = since.timestamp(), (until or shared.clock.now()).timestamp()
    bad = []
    for minute in range(int(first // MINUTE), int(last // MINUTE) + 2):
        for request in account.logs.traffic.requests(found.arn, minute):
            begun = request.at - request.seconds
            if request.life is None or not first < begun < last:
                continue
            if digests.get(request.life.task) != good:
                bad.append(f"{request.what} {begun - first:.1f} s after it on {request.life.version}")
    return bad


def executing_otherwise(shared: SharedWorld, address: Address, good: str | None, at: datetime) -> list[str]:
    """Tasks of other digests whose processes ran at that moment: a worker's could still take a job."""
    account = shared.sandbox.account(address.system)
    service = shared.settings.service(address)
    found = account.ecs.clusters[service.cluster].services[service.service]
    digests = {task.id: task.containers[0].digest for task in found.tasks.values()}
    moment = at.timestamp()
    return [
        life.task
        for life in account.logs.lives.of_service(found.arn)
        if life.is_running(moment) and digests.get(life.task) != good
    ]
