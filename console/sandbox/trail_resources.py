"""What a request is about, and what of it is not written down, for the trail."""

from typing import Any, NamedTuple

Json = dict[str, Any]

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail writes in place of environment values and secrets."""
_SECRET = ("environment", "secretString", "SecretString", "MasterUserPassword", "containerOverrides")
_KINDS = {
    "cluster": "AWS::ECS::Cluster",
    "service": "AWS::ECS::Service",
    "serviceName": "AWS::ECS::Service",
    "serviceDeploymentArn": "AWS::ECS::ServiceDeployment",
    "task": "AWS::ECS::Task",
    "taskDefinition": "AWS::ECS::TaskDefinition",
    "family": "AWS::ECS::TaskDefinition",
    "repositoryName": "AWS::ECR::Repository",
    "AlarmName": "AWS::CloudWatch::Alarm",
    "ResourceId": "AWS::ApplicationAutoScaling::ScalableTarget",
    "PolicyName": "AWS::ApplicationAutoScaling::ScalingPolicy",
    "QueueName": "AWS::SQS::Queue",
    "QueueUrl": "AWS::SQS::Queue",
    "DBInstanceIdentifier": "AWS::RDS::DBInstance",
    "DBSnapshotIdentifier": "AWS::RDS::DBSnapshot",
    "ListenerArn": "AWS::ElasticLoadBalancingV2::Listener",
    "RuleArn": "AWS::ElasticLoadBalancingV2::ListenerRule",
    "TargetGroupArn": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "SecretId": "AWS::SecretsManager::Secret",
    "applicationName": "AWS::CodeDeploy::Application",
    "deploymentGroupName": "AWS::CodeDeploy::DeploymentGroup",
}
"""Parameter -> type of the resource that it names."""


class Resource(NamedTuple):
    """One resource of an event."""

    kind: str
    """``AWS::ECS::Service`` and the like."""
    name: str


def resources_of(params: Json) -> tuple[Resource, ...]:
    """The resources that a request names, in the order of its parameters."""
    found = [Resource(_KINDS[key], value) for key, value in params.items() if _is_named(key, value)]
    found += [Resource(_KINDS["AlarmName"], name) for name in params.get("AlarmNames") or []]
    return tuple(found)


def hidden(params: Json) -> Json:
    """A request without the values that are nobody's business."""
    return {key: HIDDEN if key in _SECRET else _hidden(value) for key, value in params.items()}


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return hidden(value)
    return [_hidden(item) for item in value] if isinstance(value, list) else value


def _is_named(key: str, value: object) -> bool:
    return key in _KINDS and isinstance(value, str) and bool(value)
