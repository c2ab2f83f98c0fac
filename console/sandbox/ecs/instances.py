"""Container instances: EC2 machines that a cluster's tasks may run on, and how one is chosen.

Tasks go to ACTIVE instances whose agent is connected and that have room for them: first to the zone
with the fewest of the service's tasks, there to the instance with the fewest (spread, as a new
service does by default).
"""

from typing import TYPE_CHECKING

from console.sandbox import conditions
from console.sandbox.ecs.model import (
    Cluster,
    ContainerInstance,
    Service,
    ServiceRevision,
    Task,
    TaskDefinition,
)

if TYPE_CHECKING:
    from console.sandbox.account import Account

UNPLACED = "was unable to place a task because no container instance met all of its requirements."


def add_instance(
    account: "Account", cluster: Cluster, zone: str, cpu: int = 2048, memory: int = 3884
) -> ContainerInstance:
    """Register an instance; CPU units and MiB by default are those of a t3.medium."""
    stream = account.world.rng(f"{cluster.arn}:instance:{len(cluster.instances)}")
    number = f"{stream.getrandbits(128):032x}"
    instance = ContainerInstance(
        id=number,
        arn=account.arn("ecs", f"container-instance/{cluster.name}/{number}"),
        ec2_id=f"i-{stream.getrandbits(68):017x}",
        zone=zone,
        cpu=cpu,
        memory=memory,
        registered_at=account.world.now(),
    )
    cluster.instances[number] = instance
    return instance


def tasks_on(cluster: Cluster, instance: ContainerInstance) -> list[Task]:
    """Those that are not STOPPED, of services and of RunTask."""
    return [
        task
        for keeper in cluster.keepers
        for task in keeper.present.values()
        if task.instance == instance.arn
    ]


def needs(definition: TaskDefinition) -> tuple[int, int]:
    """CPU units and MiB that a task reserves."""
    content, containers = definition.content, definition.containers
    cpu = content.get("cpu") or sum(int(item.get("cpu") or 0) for item in containers)
    memory = content.get("memory") or sum(
        int(item.get("memoryReservation") or item.get("memory") or 0) for item in containers
    )
    return int(cpu), int(memory)


def left(cluster: Cluster, instance: ContainerInstance) -> tuple[int, int]:
    """CPU units and MiB that no task has reserved."""
    taken = [needs(task.definition) for task in tasks_on(cluster, instance)]
    return instance.cpu - sum(cpu for cpu, _ in taken), instance.memory - sum(mib for _, mib in taken)


def fitting(account: "Account", cluster: str, definition: TaskDefinition) -> list[ContainerInstance]:
    """Instances that could take one more task."""
    owner = account.ecs.clusters[cluster]
    return [item for item in owner.instances.values() if not obstacle(account, owner, item, definition)]


def best(account: "Account", service: Service, revision: ServiceRevision) -> ContainerInstance | None:
    """The instance for the next task; ``None`` if none will do."""
    fit = fitting(account, service.cluster, revision.task_definition)
    own = [task for task in service.present.values() if task.is_alive and not task.moving]

    def load(item: ContainerInstance) -> tuple[int, int]:
        return sum(task.zone == item.zone for task in own), sum(task.instance == item.arn for task in own)

    return min(fit, key=load, default=None)


def obstacle(
    account: "Account", cluster: Cluster, instance: ContainerInstance, definition: TaskDefinition
) -> str:
    """Why an instance cannot take a task, as ``failures[]`` names it; empty: it can."""
    is_lost = account.conditions.concerns(conditions.ZONE_LOST, "zone", instance.zone)
    if instance.status != "ACTIVE" or not instance.agent_connected or is_lost:
        return "AGENT"
    cpu, memory = needs(definition)
    free_cpu, free_memory = left(cluster, instance)
    if cpu > free_cpu:
        return "RESOURCE:CPU"
    return "RESOURCE:MEMORY" if memory > free_memory else ""


def unplaced(account: "Account", cluster: Cluster, definition: TaskDefinition) -> str:
    """What ECS says of a task that no instance can take: the nearest miss is named."""
    wordings = {
        "RESOURCE:CPU": "has insufficient CPU units available.",
        "RESOURCE:MEMORY": "has insufficient memory available.",
        "AGENT": 'encountered error "AGENT".',
    }
    found = [(item, obstacle(account, cluster, item, definition)) for item in cluster.instances.values()]
    for kind, wording in wordings.items():
        for item, reason in found:
            if reason == kind:
                return f"{UNPLACED} The closest matching (container-instance {item.id}) {wording}"
    return f"{UNPLACED} Reason: No Container Instances were found in your cluster."


def instance_of(cluster: Cluster, reference: str) -> ContainerInstance | None:
    """By id or ARN."""
    found = cluster.instances.get(reference.rpartition("/")[2])
    return None if found is None or (reference.startswith("arn:") and reference != found.arn) else found


def drain(account: "Account", cluster: Cluster, instance: ContainerInstance) -> list[Service]:
    """Let the tasks of services move elsewhere; one-off tasks stay (container-instance-draining).

    Returns:
        The services that have tasks to move.
    """
    concerned = []
    for service in cluster.services.values():
        own = [task for task in service.present.values() if task.instance == instance.arn and task.is_alive]
        for task in own:
            task.moving = "drain"
        if own:
            concerned.append(service)
    return concerned


def undrain(cluster: Cluster, instance: ContainerInstance) -> None:
    """Tasks that have not been told to stop may stay after all."""
    for task in tasks_on(cluster, instance):
        if task.is_alive and task.moving == "drain":
            task.moving = ""
