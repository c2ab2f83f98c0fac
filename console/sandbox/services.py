"""The registry, filled: importing this module imports every module with handlers."""

from console.sandbox import cloudwatch, ecr, iam, logs, sts
from console.sandbox.ecs import reading, task_definitions, writing
from console.sandbox.elb import ops
from console.sandbox.registry import HANDLERS

MODULES = (cloudwatch, ecr, iam, logs, ops, reading, sts, task_definitions, writing)
"""Each registers the operations of its service, or of one side of it."""

__all__ = ["HANDLERS", "MODULES"]
