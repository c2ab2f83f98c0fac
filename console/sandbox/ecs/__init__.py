"""Elastic Container Service: a deterministic scheduler and the operations upon it."""

from console.sandbox.ecs import (
    continuing,
    instance_calls,
    protection,
    provider_calls,
    reading,
    run_task,
    spot,
    task_definitions,
    writing,
)
from console.sandbox.ecs.definitions import register
from console.sandbox.ecs.seed import Past, ServiceSpec, seed_service
from console.sandbox.ecs.services import add_cluster

__all__ = [
    "Past",
    "ServiceSpec",
    "add_cluster",
    "continuing",
    "instance_calls",
    "protection",
    "provider_calls",
    "reading",
    "register",
    "run_task",
    "seed_service",
    "spot",
    "task_definitions",
    "writing",
]
