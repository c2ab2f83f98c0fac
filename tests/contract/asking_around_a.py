"""Every call to what stands around the services and decides for them: asked once, over HTTP."""

from typing import Any

from tests.contract.conftest import Sandbox
from tests.fakes import FakeClock


def ask_around_a(sandbox: Sandbox, clock: FakeClock) -> None:
    """All of them, in the fleet ``fairtradeworker``."""
    ask_alarms(sandbox.client("cloudwatch"), clock)


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
