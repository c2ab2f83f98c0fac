"""Alarms of the sandbox: what makes them change, when, and how they say it; and metric math."""

import json
from typing import Any

import pytest

import console.sandbox.services  # noqa: F401  (fills the registry)
from console.sandbox.alarm_judgement import Point, Rule, judge
from console.sandbox.alarms import Alarm
from console.sandbox.registry import HANDLERS, AwsError
from console.sandbox.traffic import Profile
from tests.unit.sandbox_fleets import Fleets
from tests.unit.sandbox_world import START, Stage

CPU = {
    "Namespace": "AWS/ECS",
    "MetricName": "CPUUtilization",
    "Dimensions": [{"Name": "ClusterName", "Value": "main"}, {"Name": "ServiceName", "Value": "api"}],
    "Statistic": "Average",
    "Period": 60,
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ALARM, OK, NONE, SAME = "ALARM", "OK", "INSUFFICIENT_DATA", None


def cloudwatch(stage: Stage, operation: str, **params: Any) -> dict[str, Any]:
    stage.world.advance()
    return HANDLERS["cloudwatch", operation](stage.account, params)


def refused(stage: Stage, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as refusal:
        cloudwatch(stage, operation, **params)
    return refusal.value.code


def put(stage: Stage, name: str = "busy", **settings: Any) -> Alarm:
    """An alarm on the service's CPU: over 50 % in one minute of one, unless told otherwise."""
    usual = {"EvaluationPeriods": 1, "Threshold": 50.0, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch(stage, "PutMetricAlarm", AlarmName=name, **CPU | usual | settings)
    alarm = stage.account.alarms.get(name)
    assert alarm is not None
    return alarm


def busy(per_minute: float = 300.0) -> Stage:
    """One task that answers that many requests a minute: 5 a second are over 100 % CPU."""
    stage = Stage()
    stage.account.logs.traffic.profiles[stage.service.arn] = Profile(per_minute=per_minute, swing=0.0)
    return stage


def shown(stage: Stage, name: str = "busy") -> dict[str, Any]:
    (alarm,) = cloudwatch(stage, "DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


@pytest.mark.parametrize(
    ("enough", "points", "expected"),
    [
        (3, "0 - X - X", (OK, OK, OK, OK)),
        (3, "0 - - - -", (OK, OK, OK, OK)),
        (3, "- - - - -", (NONE, SAME, ALARM, OK)),
        (3, "0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        (3, "- - X - -", (ALARM, SAME, ALARM, OK)),
        (2, "0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "0 - X - -", (OK, OK, ALARM, OK)),
        (2, "- - - - 0", (OK, OK, ALARM, OK)),
        (2, "- - - X -", (ALARM, SAME, ALARM, OK)),
    ],
)
def test_missing_datapoints_are_judged_as_the_user_guide_tabulates(
    enough: int, points: str, expected: tuple[str | None, ...]
) -> None:
    """Three periods are evaluated out of five looked at: X breaches, 0 does not, - is missing."""
    values = {"X": 9.0, "0": 1.0, "-": None}
    looked = [Point(60.0 * number, values[sign]) for number, sign in enumerate(points.split())]
    found = tuple(
        judge(Rule("GreaterThanThreshold", 5.0, 3, enough, missing), looked) for missing in TREATMENTS
    )
    assert found == expected


def test_an_alarm_fires_on_published_figures_only_and_says_why() -> None:
    """A minute is published one to two minutes after its end: no alarm can know it earlier."""
    stage = busy()
    put(stage, EvaluationPeriods=2, AlarmActions=["arn:aws:sns:us-east-1:111122223333:oncall"])
    assert shown(stage)["StateValue"] == "INSUFFICIENT_DATA"
    assert shown(stage)["StateReason"] == "Unchecked: Initial alarm creation"
    stage.wait(240)
    alarm = shown(stage)
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith("Threshold Crossed: 2 out of the last 2 datapoints [100.0 (")
    assert alarm["StateReason"].endswith(
        "were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    data = json.loads(alarm["StateReasonData"])
    assert data["recentDatapoints"] == [100.0, 100.0]
    assert data["period"] == 60
    newest = START // 60 * 60 + 60
    assert alarm["StateTransitionedTimestamp"] > newest


def test_a_clock_that_jumps_still_evaluates_every_minute() -> None:
    """Whoever looks every second and who comes back after two hours find the same history."""
    patient, restless = busy(per_minute=110), busy(per_minute=110)
    for stage in (patient, restless):
        put(stage, Threshold=48.0)
    patient.wait(3600, step=3600)
    restless.wait(3600, step=7)
    histories = [
        cloudwatch(stage, "DescribeAlarmHistory", AlarmName="busy", HistoryItemType="StateUpdate")
        for stage in (patient, restless)
    ]
    assert histories[0] == histories[1]
    assert len(histories[0]["AlarmHistoryItems"]) > 2


def test_without_running_tasks_there_is_no_figure_and_the_alarm_does_not_know() -> None:
    """ECS reports nothing for a service at zero; what that means is the alarm's own setting."""
    stage = busy()
    put(stage)
    put(stage, "sure", TreatMissingData="notBreaching")
    stage.wait(300)
    assert {shown(stage, name)["StateValue"] for name in ("busy", "sure")} == {"ALARM"}
    stage.update(desiredCount=0)
    stage.wait(900)
    assert shown(stage)["StateValue"] == "INSUFFICIENT_DATA"
    assert shown(stage)["StateReason"] == "Insufficient Data: 1 datapoint was unknown."
    assert shown(stage, "sure")["StateValue"] == "OK"


def test_only_published_sets_of_dimensions_have_figures() -> None:
    """A service's name without its cluster is another metric, one that nobody publishes."""
    stage = busy()
    put(stage, Dimensions=CPU["Dimensions"][1:])  # type: ignore[index]
    stage.wait(600)
    assert shown(stage)["StateValue"] == "INSUFFICIENT_DATA"


def test_a_state_set_by_hand_lasts_until_the_next_evaluation_and_stays_in_the_history() -> None:
    """SetAlarmState is for trying actions out."""
    stage = busy(per_minute=30)
    put(stage, AlarmActions=["arn:aws:sns:us-east-1:111122223333:oncall"])
    stage.wait(300)
    assert stage.account.alarms.state("busy") == "OK"
    cloudwatch(stage, "SetAlarmState", AlarmName="busy", StateValue="ALARM", StateReason="a drill")
    assert stage.account.alarms.state("busy") == "ALARM"
    stage.wait(61)
    assert stage.account.alarms.state("busy") == "OK"
    items = cloudwatch(stage, "DescribeAlarmHistory", AlarmName="busy")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from ALARM to OK",
        "Successfully executed action arn:aws:sns:us-east-1:111122223333:oncall",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
        'Alarm "busy" created',
    ]
    update = json.loads(items[2]["HistoryData"])
    assert update["newState"]["stateReason"] == "a drill"
    cloudwatch(stage, "DisableAlarmActions", AlarmNames=["busy"])
    assert shown(stage)["ActionsEnabled"] is False
    cloudwatch(stage, "EnableAlarmActions", AlarmNames=["busy", "nobody"])
    assert shown(stage)["ActionsEnabled"] is True


def test_alarms_are_found_by_name_state_action_and_metric() -> None:
    """And deleted all together or not at all."""
    stage = busy()
    put(stage, "b-busy")
    put(stage, "a-idle", ComparisonOperator="LessThanThreshold", OKActions=["arn:aws:sns:us-east-1:1:x"])
    stage.wait(300)

    def names(**params: Any) -> list[str]:
        found = cloudwatch(stage, "DescribeAlarms", **params)["MetricAlarms"]
        return [alarm["AlarmName"] for alarm in found]

    assert names() == ["a-idle", "b-busy"]
    assert names(AlarmNamePrefix="b") == ["b-busy"] == names(StateValue="ALARM")
    assert names(ActionPrefix="arn:aws:sns") == ["a-idle"]
    assert names(AlarmNames=["nobody"]) == []
    asked = {key: CPU[key] for key in ("Namespace", "MetricName", "Dimensions")}
    assert len(cloudwatch(stage, "DescribeAlarmsForMetric", **asked)["MetricAlarms"]) == 2
    asked["Dimensions"] = []
    assert cloudwatch(stage, "DescribeAlarmsForMetric", **asked)["MetricAlarms"] == []
    page = cloudwatch(stage, "DescribeAlarms", MaxRecords=1)
    assert names(MaxRecords=1, NextToken=page["NextToken"]) == ["b-busy"]
    assert refused(stage, "DescribeAlarms", NextToken="wrong") == "InvalidNextToken"
    assert refused(stage, "DeleteAlarms", AlarmNames=["a-idle", "nobody"]) == "ResourceNotFound"
    cloudwatch(stage, "DeleteAlarms", AlarmNames=["a-idle", "b-busy"])
    assert names() == []


@pytest.mark.parametrize(
    "settings",
    [
        {"ComparisonOperator": "Above"},
        {"DatapointsToAlarm": 2},
        {"TreatMissingData": "never"},
        {"Period": 45},
        {"Statistic": None},
        {"EvaluationPeriods": 2000},
        {"Threshold": None},
    ],
)
def test_settings_that_cloudwatch_refuses_are_refused(settings: dict[str, Any]) -> None:
    """With ValidationError, and without an alarm."""
    usual = {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    stage = Stage()
    assert refused(stage, "PutMetricAlarm", AlarmName="x", **CPU | usual | settings) == "ValidationError"
    assert stage.account.alarms.state("x") is None


def metric(name: str, statistic: str = "Sum") -> dict[str, Any]:
    """A query of one of the load balancer's metrics, under the metric's initial."""
    stat = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": name,
        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/front"}],
    }
    return {"MetricStat": {"Metric": stat, "Period": 60, "Stat": statistic}}


def ask(stage: Stage, *queries: dict[str, Any]) -> dict[str, dict[float, float]]:
    """The series of ten minutes, by id."""
    balancer = next(iter(stage.account.elb.load_balancers))
    for query in queries:
        for dimension in query.get("MetricStat", {}).get("Metric", {}).get("Dimensions", []):
            dimension["Value"] = balancer.rpartition(":loadbalancer/")[2]
    answer = cloudwatch(
        stage, "GetMetricData", MetricDataQueries=list(queries), StartTime=START, EndTime=START + 600
    )
    return {
        result["Id"]: dict(zip(result["Timestamps"], result["Values"], strict=True))
        for result in answer["MetricDataResults"]
    }


def test_the_error_rate_of_metric_math_is_that_of_the_counts() -> None:
    """FILL makes 0 of what is not reported, so that a quiet minute is 0 % and not a gap."""
    stage = busy()
    stage.deploy("error-spike")
    stage.wait(900)
    requests, errors = metric("RequestCount"), metric("HTTPCode_Target_5XX_Count")
    rate = {"Id": "rate", "Expression": "100 * FILL(errors, 0) / requests"}
    found = ask(stage, requests | {"Id": "requests"}, errors | {"Id": "errors"}, rate)
    assert found["rate"].keys() == found["requests"].keys() != found["errors"].keys()
    for moment, value in found["rate"].items():
        expected = 100 * found["errors"].get(moment, 0.0) / found["requests"][moment]
        assert value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SUM(METRICS())", lambda n: 2 * n),
        ("SUM([m1, m2, m1])", lambda n: 3 * n),
        ("IF(m1 > 0 AND m1 < 1e9, m1, 0)", lambda n: n),
        ("IF(m1 > 1e9, 1)", None),
        ("-m1 + 2 ^ 3 * (m1 / m1)", lambda n: 8 - n),
        ("m1 / 0", None),
        ('MAX(METRICS("m1")) - MIN([m1,m2])', lambda n: 0.0),
        ("CEIL(m1 / 1e9)", lambda n: 1.0),
        ("e2 * 2", lambda n: 4 * n),
    ],
)
def test_an_expression_is_worked_out_period_by_period(expression: str, expected: Any) -> None:
    """Both metrics are the same here, so that the result can be said of one number."""
    stage = busy()
    stage.wait(900)
    first, second = metric("RequestCount") | {"Id": "m1"}, metric("RequestCount") | {"Id": "m2"}
    other = {"Id": "e2", "Expression": "m1 + m2", "ReturnData": False}
    found = ask(stage, first, second, other, {"Id": "e1", "Expression": expression})
    assert "e2" not in found
    counts = found["m1"]
    assert counts
    wanted = {} if expected is None else {moment: expected(count) for moment, count in counts.items()}
    assert found["e1"] == pytest.approx(wanted)


@pytest.mark.parametrize("expression", ["m1 +", "WHAT(m1)", "m9", "e1", "SUM(m1)", "m1 $ 2", "FILL(m1)"])
def test_what_is_not_metric_math_is_refused(expression: str) -> None:
    """A number is no answer either: GetMetricData returns time series."""
    stage = busy()
    stage.wait(300)
    with pytest.raises(AwsError) as refusal:
        ask(stage, metric("RequestCount") | {"Id": "m1"}, {"Id": "e1", "Expression": expression})
    assert refusal.value.code == "ValidationError"


def test_an_alarm_can_watch_an_expression() -> None:
    """Its period is that of the metrics in it."""
    stage = busy()
    balancer = next(iter(stage.account.elb.load_balancers)).rpartition(":loadbalancer/")[2]
    requests = metric("RequestCount") | {"Id": "m1", "ReturnData": False}
    requests["MetricStat"]["Metric"]["Dimensions"][0]["Value"] = balancer
    cloudwatch(
        stage,
        "PutMetricAlarm",
        AlarmName="rate",
        Metrics=[requests, {"Id": "e1", "Expression": "m1 / 60"}],
        EvaluationPeriods=1,
        Threshold=4.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    stage.wait(300)
    assert stage.account.alarms.state("rate") == "ALARM"


def test_the_alarms_of_a_fleet_know_their_state_when_the_world_begins() -> None:
    """They have stood for weeks: none is unchecked, and nothing has acted in the first second."""
    fleets = Fleets("rugmunch")
    fleets.wait(1)
    alarms = {alarm.name: alarm for alarm in fleets.account("rugmunch").alarms}
    assert alarms["rugmunch-queue-depth-high"].state == "OK"
    for alarm in alarms.values():
        assert alarm.state != "INSUFFICIENT_DATA"
        assert alarm.reason.startswith("Threshold Crossed: ")
    kinds = {item.kind for item in fleets.account("rugmunch").alarms.history}
    assert kinds <= {"ConfigurationUpdate"}
    assert fleets.account("rugmunch").scaling.log.activities == []
