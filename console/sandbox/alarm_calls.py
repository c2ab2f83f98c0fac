"""CloudWatch: the calls about alarms (API reference, PutMetricAlarm and its neighbours)."""

import json
from typing import TYPE_CHECKING, Any

from console.sandbox.alarm_judgement import ALARM, COMPARISONS, INSUFFICIENT, OK
from console.sandbox.alarms import Alarm, HistoryItem
from console.sandbox.paging import next_token_page
from console.sandbox.registry import AwsError, operation
from console.sandbox.statistics import check
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

MOST_ALARMS = 100
MOST_DELETED = 100
_DAY_S = 86_400
_MISSING = ("missing", "ignore", "breaching", "notBreaching")
_SHOWN = (
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "Metrics",
)
"""Settings that DescribeAlarms gives back as they were put."""


@operation("cloudwatch")
def PutMetricAlarm(account: "Account", params: Json) -> Json:
    """Make an alarm or replace all settings of one.

    Raises:
        AwsError: ``ValidationError`` for settings that CloudWatch does not take.
    """
    _check(params)
    settings = {name: params[name] for name in _SHOWN if params.get(name) is not None}
    settings["AlarmName"] = params["AlarmName"]
    for name in ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"):
        settings.setdefault(name, [])
    settings.setdefault("ActionsEnabled", True)
    account.alarms.put(settings)
    return {}


@operation("cloudwatch")
def DescribeAlarms(account: "Account", params: Json) -> Json:
    """Alarms by name, prefix, state or action, in the order of their names; 100 a page.

    There are only metric alarms here: composite ones and log alarms are listed as none.
    """
    names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix") or ""
    if names and prefix:
        raise AwsError("ValidationError", "AlarmNamePrefix and AlarmNames cannot be used together.")
    kinds = params.get("AlarmTypes") or ["MetricAlarm"]
    found = [
        alarm
        for alarm in sorted(account.alarms, key=lambda item: item.name)
        if "MetricAlarm" in kinds
        and (not names or alarm.name in names)
        and alarm.name.startswith(prefix)
        and params.get("StateValue") in (None, alarm.state)
        and _has_action(alarm, params.get("ActionPrefix") or "")
    ]
    size = _size(params)
    shown, following = next_token_page(found, params.get("NextToken"), size, "InvalidNextToken")
    pictures = [picture(alarm) for alarm in shown]
    return {"MetricAlarms": pictures, "CompositeAlarms": [], "LogAlarms": [], **following}


@operation("cloudwatch")
def DescribeAlarmsForMetric(account: "Account", params: Json) -> Json:
    """Alarms on exactly that metric; statistic, period and unit narrow them down if given."""
    dimensions = _pairs(params.get("Dimensions"))
    found = [
        alarm
        for alarm in sorted(account.alarms, key=lambda item: item.name)
        if all(alarm.settings.get(name) == params[name] for name in ("Namespace", "MetricName"))
        and _pairs(alarm.settings.get("Dimensions")) == dimensions
        and all(
            params.get(name) in (None, alarm.settings.get(name))
            for name in ("Statistic", "ExtendedStatistic", "Period", "Unit")
        )
    ]
    return {"MetricAlarms": [picture(alarm) for alarm in found]}


@operation("cloudwatch")
def DescribeAlarmHistory(account: "Account", params: Json) -> Json:
    """What happened to alarms in the last 30 days, newest first unless asked otherwise."""
    start, end = params.get("StartDate"), params.get("EndDate")
    items = [
        item
        for item in sorted(account.alarms.history, key=lambda item: item.at)
        if params.get("AlarmName") in (None, item.alarm)
        and params.get("HistoryItemType") in (None, item.kind)
        and (start is None or item.at >= start)
        and (end is None or item.at <= end)
    ]
    if params.get("ScanBy") != "TimestampAscending":
        items.reverse()
    size = _size(params)
    shown, following = next_token_page(items, params.get("NextToken"), size, "InvalidNextToken")
    return {"AlarmHistoryItems": [_line(item) for item in shown], **following}


@operation("cloudwatch")
def SetAlarmState(account: "Account", params: Json) -> Json:
    """Put an alarm into a state until the next evaluation says otherwise; its actions are carried out."""
    alarm = account.alarms.get(params["AlarmName"])
    if alarm is None:
        raise AwsError("ResourceNotFound", f"Alarm {params['AlarmName']} does not exist.", 404)
    state, data = params["StateValue"], params.get("StateReasonData") or ""
    if state not in (OK, ALARM, INSUFFICIENT):
        raise AwsError("ValidationError", f"Value '{state}' at 'stateValue' is not a state of an alarm.")
    if data:
        try:
            json.loads(data)
        except ValueError as error:
            raise AwsError("InvalidFormatFault", "StateReasonData is not valid JSON.") from error
    account.alarms.change(alarm, state, params["StateReason"], data)
    return {}


@operation("cloudwatch")
def DeleteAlarms(account: "Account", params: Json) -> Json:
    """All of them or, if one does not exist, none."""
    names = params["AlarmNames"]
    if len(names) > MOST_DELETED:
        raise AwsError("ValidationError", f"At most {MOST_DELETED} alarms can be deleted at once.")
    for name in names:
        if account.alarms.get(name) is None:
            raise AwsError("ResourceNotFound", f"Alarm {name} does not exist.", 404)
    for name in names:
        account.alarms.delete(name)
    return {}


@operation("cloudwatch")
def EnableAlarmActions(account: "Account", params: Json) -> Json:
    """Let alarms act again; names that there are not are passed over."""
    return _allow_actions(account, params, allowed=True)


@operation("cloudwatch")
def DisableAlarmActions(account: "Account", params: Json) -> Json:
    """Let alarms change their state without acting."""
    return _allow_actions(account, params, allowed=False)


def picture(alarm: Alarm) -> Json:
    """An alarm as DescribeAlarms shows it."""
    return {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateReasonData": alarm.reason_data or None,
        "StateUpdatedTimestamp": alarm.updated_at,
        "StateTransitionedTimestamp": alarm.changed_at,
        **{name: alarm.settings[name] for name in _SHOWN if name in alarm.settings},
    }


def _allow_actions(account: "Account", params: Json, *, allowed: bool) -> Json:
    for name in params["AlarmNames"]:
        alarm = account.alarms.get(name)
        if alarm is not None:
            account.alarms.put(alarm.settings | {"ActionsEnabled": allowed})
    return {}


def _line(item: HistoryItem) -> Json:
    return {
        "AlarmName": item.alarm,
        "AlarmType": "MetricAlarm",
        "Timestamp": item.at,
        "HistoryItemType": item.kind,
        "HistorySummary": item.summary,
        "HistoryData": json.dumps(item.data, separators=(",", ":")),
    }


def _check(params: Json) -> None:
    """Refuse what CloudWatch refuses."""
    if params.get("ComparisonOperator") not in COMPARISONS:
        raise _invalid("ComparisonOperator must be one of " + ", ".join(COMPARISONS))
    for name in ("EvaluationPeriods", "Threshold"):
        if params.get(name) is None:
            raise _invalid(f"The parameter {name} is required.")
    periods, enough = params["EvaluationPeriods"], params.get("DatapointsToAlarm")
    if periods < 1 or (enough is not None and not 1 <= enough <= periods):
        raise _invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
    if params.get("TreatMissingData") not in (None, *_MISSING):
        raise _invalid("TreatMissingData must be one of " + ", ".join(_MISSING))
    if params.get("Metrics"):
        if any(params.get(name) for name in ("MetricName", "Namespace", "Period", "Statistic")):
            raise _invalid("Metrics and the parameters of a single metric cannot be used together.")
        if sum(query.get("ReturnData", True) for query in params["Metrics"]) != 1:
            raise _invalid("Exactly one element of the metrics list should return data.")
        return
    _check_metric(params)
    if params["Period"] * periods > _DAY_S and params["Period"] < 3600:
        raise _invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period).")


def _check_metric(params: Json) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if params.get(name) is None:
            raise _invalid(f"The parameter {name} is required.")
    if bool(params.get("Statistic")) == bool(params.get("ExtendedStatistic")):
        raise _invalid("Exactly one of Statistic and ExtendedStatistic must be specified.")
    check(params.get("Statistic") or params["ExtendedStatistic"])
    if params["Period"] <= 0 or params["Period"] % MINUTE:
        raise _invalid(f"The metrics of this account have a period that is a multiple of {MINUTE}.")


def _has_action(alarm: Alarm, prefix: str) -> bool:
    names = ("OKActions", "AlarmActions", "InsufficientDataActions")
    actions = [action for name in names for action in alarm.settings.get(name) or []]
    return not prefix or any(action.startswith(prefix) for action in actions)


def _pairs(dimensions: list[Json] | None) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in dimensions or []}


def _size(params: Json) -> int:
    size = params.get("MaxRecords") or MOST_ALARMS
    if not 1 <= size <= MOST_ALARMS:
        raise _invalid(f"MaxRecords must be between 1 and {MOST_ALARMS}.")
    return int(size)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
