"""A task definition in another size: memory and CPU of the task, and what its main container may use.

Fargate runs some pairs of CPU and memory only (ECS developer guide, task definition parameters).
"""

from typing import Any

from console.aws.configuration import Raw
from console.domain.operation import Sizing
from console.errors import RefusedError

_PAIRS: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units -> MB of memory that go with them."""
_LEAST_MB = 6
"""Docker starts no container with less (ECS API reference, ContainerDefinition)."""


def sized(definition: Raw, sizing: Sizing) -> dict[str, Any]:
    """The definition with other sizes; everything else as it is.

    Raises:
        RefusedError: when Fargate runs no such pair, naming the nearest; or when the main container
            would be left with nothing.
    """
    changed = dict(definition)
    if not sizing.changes_definition:
        return changed
    cpu, memory = _whole(definition.get("cpu")), _whole(definition.get("memory"))
    wanted_cpu = cpu if sizing.cpu is None else sizing.cpu
    wanted_memory = memory if sizing.memory_mb is None else sizing.memory_mb
    if "FARGATE" in definition.get("requiresCompatibilities", ()):
        _insist(wanted_cpu, wanted_memory)
    has_task_level = memory is not None
    if cpu is not None and wanted_cpu is not None:
        changed["cpu"] = str(wanted_cpu)
    if has_task_level:
        changed["memory"] = str(wanted_memory)
    more = (wanted_memory or 0) - memory if memory is not None else None
    changed["containerDefinitions"] = [
        _container(item, sizing, more, has_task_cpu=cpu is not None)
        if item.get("name") == sizing.container
        else dict(item)
        for item in definition.get("containerDefinitions", ())
    ]
    return changed


def _container(item: Raw, sizing: Sizing, more: int | None, *, has_task_cpu: bool) -> dict[str, Any]:
    """The main container: its own limits move with the task's; without any for the task they are set."""
    changed = dict(item)
    limit = _whole(item.get("memory"))
    if sizing.memory_mb is not None:
        if more is None:
            changed["memory"] = sizing.memory_mb
        elif limit:
            changed["memory"] = limit + more
    limit = _whole(changed.get("memory"))
    if limit is not None and limit < _LEAST_MB:
        name = item.get("name", "")
        raise RefusedError(f"{name} would be left with {limit} MB", "ask for more memory")
    if limit is not None and (_whole(item.get("memoryReservation")) or 0) > limit:
        changed["memoryReservation"] = limit
    own = _whole(item.get("cpu"))
    if sizing.cpu is not None and (own or not has_task_cpu):
        changed["cpu"] = sizing.cpu if not has_task_cpu else min(own or 0, sizing.cpu)
    return changed


def _insist(cpu: int | None, memory: int | None) -> None:
    """Only what Fargate runs; the nearest pair keeps what was not asked too little for."""
    if cpu in _PAIRS and memory in _PAIRS[cpu]:
        return
    units, size = nearest(cpu or 0, memory or 0)
    raise RefusedError(
        f"Fargate does not run {cpu} CPU units with {memory} MB",
        f"the nearest that it runs is {units} with {size} MB: --cpu {units} --memory {size}",
    )


def nearest(cpu: int, memory: int) -> tuple[int, int]:
    """The smallest pair that has at least as much of both; the largest where none has."""
    for units, sizes in _PAIRS.items():
        fitting = [size for size in sizes if size >= memory]
        if units >= cpu and fitting:
            return units, fitting[0]
    units = max(_PAIRS)
    return units, _PAIRS[units][-1]


def _whole(value: Any) -> int | None:
    """A size as definitions write it, ``"512"`` or 512; ``None`` where there is none, or in other words."""
    text = str(value or "")
    return int(text) if text.isdigit() else None
