"""Read-only, held at the last place before the wire.

A list of what may pass, not of what may not: an operation that nobody thought of is refused.
"""

from typing import Any

from console.errors import ReadOnlyError

READS = frozenset(
    {
        "application-autoscaling.DescribeScalableTargets",
        "application-autoscaling.DescribeScalingActivities",
        "application-autoscaling.DescribeScalingPolicies",
        "application-autoscaling.DescribeScheduledActions",
        "cloudwatch.DescribeAlarmsForMetric",
        "cloudwatch.GetMetricData",
        "codedeploy.BatchGetDeploymentTargets",
        "codedeploy.BatchGetDeployments",
        "codedeploy.GetDeployment",
        "codedeploy.GetDeploymentGroup",
        "codedeploy.ListApplications",
        "codedeploy.ListDeploymentGroups",
        "codedeploy.ListDeploymentTargets",
        "codedeploy.ListDeployments",
        "ec2.DescribeSubnets",
        "ecr.BatchGetImage",
        "ecr.DescribeImageScanFindings",
        "ecr.DescribeImages",
        "ecs.DescribeContainerInstances",
        "ecs.DescribeServiceDeployments",
        "ecs.DescribeServiceRevisions",
        "ecs.DescribeServices",
        "ecs.DescribeTaskDefinition",
        "ecs.DescribeTaskSets",
        "ecs.DescribeTasks",
        "ecs.GetTaskProtection",
        "ecs.ListContainerInstances",
        "ecs.ListServiceDeployments",
        "ecs.ListTasks",
        "elbv2.DescribeListeners",
        "elbv2.DescribeRules",
        "elbv2.DescribeTargetGroupAttributes",
        "elbv2.DescribeTargetGroups",
        "elbv2.DescribeTargetHealth",
        "iam.ListAccountAliases",
        "iam.SimulatePrincipalPolicy",
        "logs.FilterLogEvents",
        "rds.DescribeDBInstances",
        "rds.DescribeDBSnapshots",
        "secretsmanager.DescribeSecret",
        "secretsmanager.GetSecretValue",
        "service-quotas.GetServiceQuota",
        "sqs.GetQueueAttributes",
        "sqs.GetQueueUrl",
        "ssm.DescribeParameters",
        "sts.GetCallerIdentity",
    }
)
"""Every operation that a read-only environment may call."""


def forbid_writes(client: Any) -> None:
    """Make a botocore client raise :class:`ReadOnlyError` before anything but a read is sent."""
    client.meta.events.register_first("before-call", _refuse_unless_read)


def _refuse_unless_read(model: Any, **_: Any) -> None:
    name = f"{model.service_model.service_name}.{model.name}"
    if name not in READS:
        raise ReadOnlyError(
            f"{name.replace('.', ':')} is not sent: this environment is read-only",
            "take read_only out of its configuration to act on it",
        )
