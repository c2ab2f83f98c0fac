"""Elastic Container Service: a deterministic scheduler and the operations upon it."""

from console.sandbox.ecs import reading, task_definitions, writing
from console.sandbox.ecs.definitions import register
from console.sandbox.ecs.seed import Past, ServiceSpec, seed_service
from console.sandbox.ecs.services import add_cluster

__all__ = [
    "Past",
    "ServiceSpec",
    "add_cluster",
    "reading",
    "register",
    "seed_service",
    "task_definitions",
    "writing",
]
