"""StartLiveTail: what a few log groups write, told every second as it is written.

A session ends after three hours, and tells no more than 500 events a second: of more it tells a
sample and says so (CloudWatch Logs user guide, Live Tail).
"""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from console.sandbox.lives import Life
from console.sandbox.log_lines import LogEvent
from console.sandbox.log_pattern import matcher
from console.sandbox.log_state import LogGroup
from console.sandbox.registry import AwsError, EventStream, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]
Events = list[tuple[str, Json]]

MOST_GROUPS, MOST_STREAMS, MOST_SESSIONS = 10, 100, 15
MOST_EVENTS = 500
"""Events that one update holds."""
LASTS_S = 3 * 3600.0
"""Wall-clock seconds."""
_INGESTION_MS = 840
_MINUTE_MS = 60_000


class LiveTail:
    """One session. It counts as open from the first poll until it is closed."""

    def __init__(self, account: "Account", groups: list[LogGroup], params: Json) -> None:
        self._account = account
        self._groups = groups
        self._params = params
        self._matches = matcher(params.get("logEventFilterPattern") or "")
        self._started_at: float | None = None
        self._since_ms = int(account.world.now() * 1000)
        self._is_over = False

    def poll(self) -> Events | None:
        """What there is to tell now; ``None`` after the end."""
        if self._is_over:
            return None
        now = self._account.world.now()
        if self._started_at is None:
            self._started_at = now
            self._account.logs.tails.append(self)
            return [("sessionStart", self._start())]
        if now - self._started_at >= LASTS_S:
            self._is_over = True
            message = "Session has timed out after 3 hours. Start a new session to continue."
            return [("SessionTimeoutException", {"message": message})]
        return [("sessionUpdate", self._update(int(now * 1000)))]

    def close(self) -> None:
        """Make room for another session; more than once is once."""
        self._is_over = True
        if self in self._account.logs.tails:
            self._account.logs.tails.remove(self)

    def _start(self) -> Json:
        names = ("logStreamNames", "logStreamNamePrefixes", "logEventFilterPattern")
        return {
            "requestId": str(uuid.uuid4()),
            "sessionId": str(uuid.uuid4()),
            "logGroupIdentifiers": [group.arn for group in self._groups],
            **{name: self._params.get(name) for name in names},
        }

    def _update(self, until_ms: int) -> Json:
        found = [
            (group, event)
            for group in self._groups
            for event in self._written(group, until_ms)
            if self._matches(event.message)
        ]
        found.sort(key=lambda item: (item[1].ms, item[1].id))
        self._since_ms = until_ms
        count = len(found)
        if count > MOST_EVENTS:
            found = [found[number * count // MOST_EVENTS] for number in range(MOST_EVENTS)]
        return {
            "sessionMetadata": {"sampled": count > MOST_EVENTS},
            "sessionResults": [_result(group, event) for group, event in found],
        }

    def _written(self, group: LogGroup, until_ms: int) -> list[LogEvent]:
        """Events from the last update up to, but without, that moment."""
        wanted = _wanted(self._params)
        minutes = range(self._since_ms // _MINUTE_MS, until_ms // _MINUTE_MS + 1)
        return [
            event
            for minute in minutes
            for event in self._account.logs.events(group.name, wanted, minute)
            if self._since_ms <= event.ms < until_ms
        ]


@operation("logs")
def StartLiveTail(account: "Account", params: Json) -> Json:
    """Begin a session.

    Raises:
        AwsError: ``InvalidParameterException`` for too many groups, for what is not a group's ARN, and
            for streams of several groups; ``ResourceNotFoundException``; ``LimitExceededException``
            with 15 sessions open.
    """
    names, prefixes = params.get("logStreamNames"), params.get("logStreamNamePrefixes")
    wanted = params["logGroupIdentifiers"]
    if not 1 <= len(wanted) <= MOST_GROUPS:
        raise AwsError("InvalidParameterException", f"1 to {MOST_GROUPS} log groups can be specified.")
    if (names or prefixes) and len(wanted) > 1:
        raise AwsError(
            "InvalidParameterException",
            "Log stream names and prefixes can only be specified together with a single log group.",
        )
    if names and prefixes:
        raise AwsError(
            "InvalidParameterException",
            "Only one of the parameters logStreamNames and logStreamNamePrefixes can be specified.",
        )
    if len(names or prefixes or ()) > MOST_STREAMS:
        raise AwsError("InvalidParameterException", f"At most {MOST_STREAMS} log streams can be specified.")
    groups = [_group(account, arn) for arn in wanted]
    tail = LiveTail(account, groups, params)
    if len(account.logs.tails) >= MOST_SESSIONS:
        raise AwsError(
            "LimitExceededException", f"{MOST_SESSIONS} Live Tail sessions are open in this account already."
        )
    return {"responseStream": EventStream(tail.poll, tail.close)}


def _group(account: "Account", arn: str) -> LogGroup:
    if not arn.startswith("arn:") or ":log-group:" not in arn or arn.endswith(":*"):
        raise AwsError(
            "InvalidParameterException", f"{arn} is not the ARN of a log group; it must not end with ':*'."
        )
    group = account.logs.groups.get(arn.partition(":log-group:")[2])
    if group is None or group.arn != arn:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _wanted(params: Json) -> Callable[[Life], bool]:
    names, prefixes = params.get("logStreamNames"), params.get("logStreamNamePrefixes")
    if names:
        return lambda life: life.stream in names
    return lambda life: not prefixes or life.stream.startswith(tuple(prefixes))


def _result(group: LogGroup, event: LogEvent) -> Json:
    return {
        "logStreamName": event.stream,
        "logGroupIdentifier": group.arn,
        "message": event.message,
        "timestamp": event.ms,
        "ingestionTime": event.ms + _INGESTION_MS,
    }
