"""The registry, filled: importing this module imports every module with handlers."""

from console.sandbox import (
    alarm_calls,
    cloudwatch,
    ec2,
    ecr,
    ecr_scan,
    ecr_tags,
    iam,
    live_tail,
    logs,
    quotas,
    secrets,
    sqs,
    ssm,
    sts,
    trail,
)
from console.sandbox.autoscaling import calls as autoscaling
from console.sandbox.codedeploy import calls as codedeploy_calls
from console.sandbox.codedeploy import reading as codedeploy_reading
from console.sandbox.ecs import (
    continuing,
    instance_calls,
    protection,
    provider_calls,
    reading,
    run_task,
    task_definitions,
    writing,
)
from console.sandbox.elb import ops
from console.sandbox.rds import instances, snapshots
from console.sandbox.registry import HANDLERS

MODULES = (
    alarm_calls,
    autoscaling,
    cloudwatch,
    codedeploy_calls,
    codedeploy_reading,
    continuing,
    ec2,
    ecr,
    ecr_scan,
    ecr_tags,
    iam,
    instance_calls,
    instances,
    live_tail,
    logs,
    ops,
    protection,
    provider_calls,
    quotas,
    reading,
    run_task,
    secrets,
    snapshots,
    sqs,
    ssm,
    sts,
    task_definitions,
    trail,
    writing,
)
"""Each registers the operations of its service, or of one side of it."""

__all__ = ["HANDLERS", "MODULES"]
