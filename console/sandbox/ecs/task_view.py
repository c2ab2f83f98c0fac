"""The picture of a task, as DescribeTasks and StopTask show it."""

from console.sandbox.ecs import ids
from console.sandbox.ecs.model import Container, Json, Task
from console.sandbox.ecs.views import present, stamp


def task(item: Task, with_tags: bool = True) -> Json:
    content = item.definition.content
    is_attached = item.status not in ("PROVISIONING", "STOPPED")
    return present(
        {
            "attachments": [_attachment(item)],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "availabilityZone": item.zone,
            "clusterArn": item.cluster_arn,
            "connectivity": "CONNECTED" if is_attached else None,
            "connectivityAt": stamp(item.pull_started_at) if is_attached else None,
            "containers": [_container(item, each) for each in item.containers],
            "cpu": content.get("cpu"),
            "createdAt": stamp(item.created_at),
            "desiredStatus": item.desired_status,
            "enableExecuteCommand": item.enable_execute_command,
            "executionStoppedAt": stamp(item.execution_stopped_at),
            "group": item.group or f"service:{item.service}",
            "healthStatus": health(item),
            "lastStatus": item.status,
            "launchType": item.launch_type,
            "capacityProviderName": item.capacity_provider or None,
            "containerInstanceArn": item.instance or None,
            "memory": content.get("memory"),
            "overrides": _overrides(item),
            "platformVersion": None if item.instance else "1.4.0",
            "platformFamily": None if item.instance else "Linux",
            "pullStartedAt": stamp(item.pull_started_at),
            "pullStoppedAt": stamp(item.pull_stopped_at),
            "startedAt": stamp(item.started_at),
            "startedBy": item.deployment or None,
            "stopCode": item.stop_code or None,
            "stoppedAt": stamp(item.stopped_at),
            "stoppedReason": item.stopped_reason or None,
            "stoppingAt": stamp(item.stopping_at),
            "tags": item.tags if with_tags else [],
            "taskArn": item.arn,
            "taskDefinitionArn": item.definition.arn,
            "version": item.version,
            "ephemeralStorage": None if item.instance else {"sizeInGiB": 20},
        }
    )


def health(item: Task) -> str:
    """Of the essential containers that are checked: the worst one's (HealthCheck in the API)."""
    states = [each.health for each in item.containers if each.essential and "healthCheck" in each.definition]
    for state in ("UNHEALTHY", "UNKNOWN"):
        if state in states:
            return state
    return "HEALTHY" if states else "UNKNOWN"


def _overrides(item: Task) -> Json:
    """Every container is named, overridden or not."""
    given = {each["name"]: each for each in item.overrides.get("containerOverrides") or ()}
    return {
        **item.overrides,
        "containerOverrides": [given.get(each.name, {"name": each.name}) for each in item.containers],
        "inferenceAcceleratorOverrides": [],
    }


def _container(owner: Task, item: Container) -> Json:
    memory, cpu = item.definition.get("memory"), item.definition.get("cpu", 0)
    reservation = item.definition.get("memoryReservation")
    interface = ids.attachment_id(owner.id, "interface")
    return present(
        {
            "containerArn": item.arn,
            "taskArn": owner.arn,
            "name": item.name,
            "image": item.image,
            "imageDigest": item.digest if owner.pull_stopped_at is not None else None,
            "runtimeId": item.runtime_id if owner.started_at is not None else None,
            "lastStatus": item.status,
            "exitCode": item.exit_code,
            "reason": item.reason or None,
            "networkBindings": [],
            "networkInterfaces": [{"attachmentId": interface, "privateIpv4Address": owner.ip}],
            "healthStatus": item.health,
            "cpu": str(cpu),
            "memory": str(memory) if memory else None,
            "memoryReservation": str(reservation) if reservation else None,
        }
    )


def interface_id(item: Task) -> str:
    """The id of its network interface: ``eni-`` and 17 hexadecimal digits."""
    return f"eni-0{ids.attachment_id(item.id, 'interface').replace('-', '')[:16]}"


def _attachment(item: Task) -> Json:
    status = {"PROVISIONING": "PRECREATED", "STOPPED": "DELETED", "DEPROVISIONING": "DETACHING"}
    own = ids.attachment_id(item.id, "interface")
    mac = ":".join(own.replace("-", "")[at : at + 2] for at in range(0, 10, 2))
    details = [
        ("subnetId", item.subnet),
        ("networkInterfaceId", interface_id(item)),
        ("macAddress", f"0a:{mac}"),
        ("privateDnsName", f"ip-{item.ip.replace('.', '-')}.ec2.internal"),
        ("privateIPv4Address", item.ip),
    ]
    return {
        "id": own,
        "type": "ElasticNetworkInterface",
        "status": status.get(item.status, "ATTACHED"),
        "details": [{"name": name, "value": value} for name, value in details],
    }
