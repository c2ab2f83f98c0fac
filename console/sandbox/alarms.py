"""CloudWatch alarms of one account: evaluated every minute, as the world's time passes.

Each evaluation is a thing to come on the world's heap, so that a clock which jumps over hours still
evaluates every minute of them, with the figures that were published by then. Periods are wall-clock
like all figures; ``speed`` leaves them alone.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sandbox import alarm_judgement as judgement
from console.sandbox.alarm_judgement import ALARM, INSUFFICIENT, OK, Point, Rule
from console.sandbox.metric_math import answer
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

ACTIONS = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT: "InsufficientDataActions"}
UNCHECKED = "Unchecked: Initial alarm creation"
_EXTRA_PERIODS = 2
"""Periods looked at beyond those that the rule needs: the newest are often not published yet."""
_KEPT_S = 30 * 86_400.0
_EARLIEST_S, _LATEST_S = 3.0, 50.0


@dataclass
class Alarm:
    """One metric alarm."""

    name: str
    arn: str
    settings: Json
    """PutMetricAlarm's parameters, with AWS's defaults filled in."""
    configured_at: float
    state: str = INSUFFICIENT
    reason: str = UNCHECKED
    reason_data: str = ""
    updated_at: float = 0.0
    changed_at: float = 0.0
    """When the state was last another one."""
    value: float | None = None
    """The newest datapoint of the last evaluation."""

    @property
    def rule(self) -> Rule:
        periods = int(self.settings["EvaluationPeriods"])
        return Rule(
            self.settings["ComparisonOperator"],
            float(self.settings["Threshold"]),
            periods,
            int(self.settings.get("DatapointsToAlarm") or periods),
            self.settings.get("TreatMissingData") or "missing",
        )

    @property
    def statistic(self) -> str:
        return str(self.settings.get("Statistic") or self.settings.get("ExtendedStatistic") or "Average")

    @property
    def queries(self) -> list[Json]:
        """What GetMetricData would be asked for; the alarm watches the one that is returned."""
        if self.settings.get("Metrics"):
            metrics: list[Json] = self.settings["Metrics"]
            return metrics
        metric = {
            "Namespace": self.settings["Namespace"],
            "MetricName": self.settings["MetricName"],
            "Dimensions": self.settings.get("Dimensions") or [],
        }
        stat = {"Metric": metric, "Period": self.settings["Period"], "Stat": self.statistic}
        return [{"Id": "m1", "MetricStat": stat}]

    @property
    def period(self) -> int:
        """Seconds."""
        own = self.settings.get("Period")
        found = [q["MetricStat"]["Period"] for q in self.queries if "MetricStat" in q]
        found += [q["Period"] for q in self.queries if q.get("Period")]
        return int(own or max(found, default=MINUTE))


@dataclass(frozen=True)
class HistoryItem:
    """One line of an alarm's history."""

    alarm: str
    at: float
    kind: str
    """ConfigurationUpdate, StateUpdate or Action."""
    summary: str
    data: Json


Actor = Callable[[Alarm, str], bool]
"""Told (alarm, action ARN) when an action is due; whether it is the one that takes it on."""


class AlarmState:
    """The alarms of one account."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._alarms: dict[str, Alarm] = {}
        self.history: list[HistoryItem] = []
        """Oldest first, of the last 30 days."""
        self.actors: list[Actor] = []
        """Who carries out actions; those of a scaling policy are due every minute of the state."""

    def __iter__(self) -> Iterator[Alarm]:
        return iter(list(self._alarms.values()))

    def get(self, name: str) -> Alarm | None:
        return self._alarms.get(name)

    def state(self, name: str) -> str | None:
        """OK, ALARM or INSUFFICIENT_DATA; ``None``: there is no such alarm."""
        alarm = self._alarms.get(name)
        return None if alarm is None else alarm.state

    def put(self, settings: Json, *, state: str = "", since: float | None = None) -> Alarm:
        """Make or change an alarm; one that is changed keeps its state until it is next evaluated.

        Args:
            state: The state of one that stands before the world begins.
            since: Moment of its creation and of that state.
        """
        now, name = self._account.world.now(), settings["AlarmName"]
        at = now if since is None else since
        alarm = self._alarms.get(name)
        if alarm is not None:
            alarm.settings, alarm.configured_at = settings, at
            self._note(alarm, at, "ConfigurationUpdate", f'Alarm "{name}" updated', {"type": "Update"})
            return alarm
        alarm = Alarm(name, self._account.arn("cloudwatch", f"alarm:{name}"), settings, at)
        alarm.updated_at = alarm.changed_at = at
        self._alarms[name] = alarm
        self._note(alarm, at, "ConfigurationUpdate", f'Alarm "{name}" created', {"type": "Create"})
        alarm.state = state or alarm.state
        self._await(alarm)
        return alarm

    def delete(self, name: str) -> None:
        """Forget an alarm; its history stays."""
        alarm = self._alarms.pop(name, None)
        if alarm is not None:
            now = self._account.world.now()
            self._note(alarm, now, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})

    def change(self, alarm: Alarm, state: str, reason: str, data: str = "") -> None:
        """Put an alarm into a state, and carry out the actions of one that it was not in."""
        now, before = self._account.world.now(), alarm.state
        old = {"stateValue": before, "stateReason": alarm.reason}
        alarm.state, alarm.reason, alarm.reason_data, alarm.updated_at = state, reason, data, now
        if state == before:
            return
        alarm.changed_at = now
        new = {"stateValue": state, "stateReason": reason}
        if data:
            new["stateReasonData"] = json.loads(data)
        summary = f"Alarm updated from {before} to {state}"
        self._note(alarm, now, "StateUpdate", summary, {"oldState": old, "newState": new})
        self._act(alarm, is_new=True)

    def evaluate(self, alarm: Alarm) -> None:
        """Look at what is published by now."""
        points = self._range(alarm)
        state = judgement.judge(alarm.rule, points)
        if state is None or state == alarm.state:
            self._act(alarm, is_new=False)
        else:
            self.change(alarm, state, *self._why(alarm, state, points))

    def settle(self) -> None:
        """Let alarms that stand when the world begins look back: they have been evaluated before.

        One that was put with a state keeps it and gets its reason; nothing acts, and nothing is noted.
        """
        for alarm in self:
            if alarm.reason == UNCHECKED:
                points = self._range(alarm)
                if alarm.state == INSUFFICIENT:
                    alarm.state = judgement.judge(alarm.rule, points) or alarm.state
                alarm.reason, alarm.reason_data = self._why(alarm, alarm.state, points)

    def _why(self, alarm: Alarm, state: str, points: list[Point]) -> tuple[str, str]:
        """The reason of a state, as a sentence and as data."""
        rule, now = alarm.rule, self._account.world.now()
        data = judgement.reason_data(rule, points, alarm.statistic, alarm.period, now)
        return judgement.reason(rule, state, points), data

    def _range(self, alarm: Alarm) -> list[Point]:
        """The periods up to the last whole minute, oldest first; notes the newest datapoint."""
        period, count = alarm.period, alarm.rule.periods + _EXTRA_PERIODS
        end = math.floor(self._account.world.now() / MINUTE) * MINUTE
        start = end - period * count
        found = answer(self._account, alarm.queries, start, end, is_aligned=False)
        watched = next(q["Id"] for q in alarm.queries if q.get("ReturnData", True))
        points = found[watched]
        alarm.value = next(reversed(points.values()), None)
        return [Point(at, points.get(float(at))) for at in range(start, end, period)]

    def _await(self, alarm: Alarm) -> None:
        """Evaluate at the next minute, and so on for as long as the alarm is there."""
        world = self._account.world
        minute = math.floor(world.now() / MINUTE) * MINUTE + MINUTE
        offset = world.rng(f"alarm:{alarm.arn}").uniform(_EARLIEST_S, _LATEST_S)

        def again() -> None:
            if self._alarms.get(alarm.name) is alarm:
                self.evaluate(alarm)
                self._await(alarm)

        world.at(minute + offset, again)

    def _act(self, alarm: Alarm, *, is_new: bool) -> None:
        if not alarm.settings.get("ActionsEnabled", True):
            return
        for action in alarm.settings.get(ACTIONS[alarm.state]) or []:
            if not is_new and ":scalingPolicy:" not in action:
                continue
            taken = any(actor(alarm, action) for actor in self.actors)
            if is_new and (taken or ":scalingPolicy:" not in action):
                summary = f"Successfully executed action {action}"
                data = {"actionState": "Succeeded", "notificationResource": action}
                self._note(alarm, self._account.world.now(), "Action", summary, data)

    def _note(self, alarm: Alarm, at: float, kind: str, summary: str, data: Json) -> None:
        self.history.append(HistoryItem(alarm.name, at, kind, summary, {"version": "1.0"} | data))
        oldest = self._account.world.now() - _KEPT_S
        while self.history and self.history[0].at < oldest:
            del self.history[0]
