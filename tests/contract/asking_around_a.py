"""Every call to what stands around the services and decides for them: asked once, over HTTP."""

from typing import Any

from tests.contract.conftest import Sandbox
from tests.fakes import FakeClock


def ask_around_a(sandbox: Sandbox, clock: FakeClock) -> None:
    """All of them, in the fleet ``fairtradeworker``."""
    ask_alarms(sandbox.client("cloudwatch"), clock)
    ask_scaling(sandbox.client("application-autoscaling"))
    ask_queues(sandbox.client("sqs"))
    ask_quotas(sandbox.client("service-quotas"))
    assert sandbox.client("cloudtrail").lookup_events()["Events"]


def ask_alarms(cloudwatch: Any, clock: FakeClock) -> None:
    """An alarm that fires, is set by hand, silenced, found in all ways and deleted."""
    metric = {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [
            {"Name": "ClusterName", "Value": "fairtradeworker-cluster"},
            {"Name": "ServiceName", "Value": "fairtradeworker-api"},
        ],
    }
    cloudwatch.put_metric_alarm(
        AlarmName="asked",
        **metric,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=["arn:aws:sns:us-east-1:111122223333:oncall"],
    )
    clock.advance(300)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["asked"])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    assert cloudwatch.describe_alarms_for_metric(**metric)["MetricAlarms"]
    cloudwatch.disable_alarm_actions(AlarmNames=["asked"])
    cloudwatch.enable_alarm_actions(AlarmNames=["asked"])
    cloudwatch.set_alarm_state(AlarmName="asked", StateValue="OK", StateReason="by hand")
    items = cloudwatch.describe_alarm_history(AlarmName="asked")["AlarmHistoryItems"]
    assert {item["HistoryItemType"] for item in items} == {"ConfigurationUpdate", "StateUpdate", "Action"}
    cloudwatch.delete_alarms(AlarmNames=["asked"])


def ask_scaling(scaling: Any) -> None:
    """A target that raises its service, a policy, and both gone again."""
    resource = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/fairtradeworker-cluster/fairtradeworker-api",
    }
    target = resource | {"ScalableDimension": "ecs:service:DesiredCount"}
    assert scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=9)["ScalableTargetARN"]
    (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    scaling.register_scalable_target(**target, MinCapacity=5)
    policy = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    made = scaling.put_scaling_policy(
        **target,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=policy,
    )
    assert len(made["Alarms"]) == 2
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
    (activity,) = scaling.describe_scaling_activities(**resource)["ScalingActivities"]
    assert activity["Description"] == "Setting desired count to 5."
    scaling.delete_scaling_policy(**target, PolicyName="cpu")
    scaling.register_scalable_target(**target, MinCapacity=found["MinCapacity"])
    scaling.deregister_scalable_target(**target)


def ask_queues(sqs: Any) -> None:
    """A queue, a message through all of its life, and an empty queue."""
    url = sqs.create_queue(QueueName="asked")["QueueUrl"]
    assert sqs.get_queue_url(QueueName="asked")["QueueUrl"] == url
    assert url in sqs.list_queues()["QueueUrls"]
    sqs.send_message(QueueUrl=url, MessageBody="one")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    sqs.purge_queue(QueueUrl=url)


def ask_quotas(quotas: Any) -> None:
    """One that a double fleet runs into, by its code and in the list."""
    for service, code in (("fargate", "L-3032A538"), ("ecs", "L-92E49DE3")):
        quota = quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
        assert quota in quotas.list_service_quotas(ServiceCode=service)["Quotas"]
