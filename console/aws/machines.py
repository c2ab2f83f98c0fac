"""The container instances of a cluster."""

from collections.abc import Iterator

from console.aws.calls import Answer, Calls, batches
from console.domain.instance import Instance
from console.domain.text import plain

MOST = 100
"""Container instances that one DescribeContainerInstances may name (ECS API reference)."""
_ZONE = "ecs.availability-zone"


def instances(calls: Calls, cluster: str) -> Iterator[Instance]:
    """Every container instance, in no order."""
    arns = [
        str(arn)
        for page in calls.pages("ecs", "ListContainerInstances", cluster=cluster)
        for arn in page.get("containerInstanceArns", ())
    ]
    for batch in batches(arns, MOST):
        answer = calls.read("ecs", "DescribeContainerInstances", cluster=cluster, containerInstances=batch)
        yield from map(instance_of, answer.get("containerInstances", ()))


def instance_of(raw: Answer) -> Instance:
    """Turn one described container instance into ours."""
    arn = str(raw.get("containerInstanceArn", ""))
    zone = next((item.get("value") for item in raw.get("attributes", ()) if item.get("name") == _ZONE), "")
    return Instance(
        id=arn.rsplit("/", 1)[-1],
        arn=arn,
        machine=plain(str(raw.get("ec2InstanceId") or "")),
        status=plain(str(raw.get("status", ""))),
        running=int(raw.get("runningTasksCount", 0)),
        pending=int(raw.get("pendingTasksCount", 0)),
        zone=plain(str(zone or "")),
        connected=bool(raw.get("agentConnected", True)),
    )
