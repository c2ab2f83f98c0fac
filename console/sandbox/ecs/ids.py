"""Identifiers in AWS's forms, the same in every run of the same seed."""

import string
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Service

if TYPE_CHECKING:
    from console.sandbox.kernel import World

_URL_SAFE = string.ascii_letters + string.digits + "-_"


def _stream(world: "World", service: Service, kind: str) -> str:
    service.counter += 1
    return f"{service.arn}:{kind}:{service.counter}"


def task_id(world: "World", service: Service) -> str:
    """32 hexadecimal digits."""
    return f"{world.rng(_stream(world, service, 'task')).getrandbits(128):032x}"


def deployment_number(world: "World", service: Service) -> str:
    """19 digits, shared by ``ecs-svc/…`` and the service revision."""
    return str(world.rng(_stream(world, service, "deployment")).randrange(10**18, 9 * 10**18))


def service_deployment_tail(world: "World", service: Service) -> str:
    """21 characters that are safe in a URL."""
    stream = world.rng(_stream(world, service, "service-deployment"))
    return "".join(stream.choices(_URL_SAFE, k=21))


def hook_tail(world: "World", service: Service) -> str:
    """43 characters that are safe in a URL."""
    return "".join(world.rng(_stream(world, service, "hook")).choices(_URL_SAFE, k=43))


def event_id(world: "World", service: Service) -> str:
    """A UUID."""
    bits = world.rng(_stream(world, service, "event")).getrandbits(128)
    return str(uuid.UUID(int=bits, version=4))


@lru_cache(maxsize=20_000)
def attachment_id(task: str, what: str) -> str:
    """A UUID that belongs to a task."""
    return str(uuid.uuid5(uuid.UUID(task), what))
