"""CloudWatch Logs: the calls that read groups, streams and events."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from console.sandbox.lives import Life
from console.sandbox.log_lines import LogEvent
from console.sandbox.log_pattern import matcher
from console.sandbox.log_state import FOREVER_MS, LogGroup, LogState, Position, Search
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

__all__ = ["LogState"]

MOST_EVENTS = 10_000
_INGESTION_MS = 840
_FIRST = Position(0, "", descending=False)
_LAST = Position(FOREVER_MS, "", descending=True)


@operation("logs")
def FilterLogEvents(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Events of a group's streams, merged; ``startFromHead=false`` reads newest first."""
    group = _group(account, params)
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names and prefix:
        raise AwsError(
            "InvalidParameterException",
            "Only one of the parameters logStreamNames and logStreamNamePrefix can be specified.",
        )
    search = _search(params, group.name, _wanted(names, prefix), matcher(params.get("filterPattern") or ""))
    token = params.get("nextToken")
    newest_first = params.get("startFromHead") is False
    position = Position.from_token(token) if token else _LAST if newest_first else _FIRST
    events, following = account.logs.scan(search, position)
    answer: dict[str, Any] = {"events": [_filtered(event) for event in events], "searchedLogStreams": []}
    if following is not None:
        answer["nextToken"] = following.token
    return answer


@operation("logs")
def GetLogEvents(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Events of one stream, oldest first; at either end the token that was sent comes back."""
    group, name = _group(account, params), params["logStreamName"]
    if all(life.stream != name for life in account.logs.streams(group.name)):
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    search = _search(params, group.name, _wanted([name], None), lambda _: True)
    token = params.get("nextToken")
    position = Position.from_token(token) if token else _FIRST if params.get("startFromHead") else _LAST
    events, following = account.logs.scan(search, position)
    ahead, behind = _ends(sorted(events), position, account.world.now())
    if following is not None:
        ahead, behind = (ahead, following) if position.descending else (following, behind)
    return {
        "events": [_plain(event) for event in sorted(events)],
        "nextForwardToken": ahead.token,
        "nextBackwardToken": behind.token,
    }


def _ends(events: list[LogEvent], position: Position, now: float) -> tuple[Position, Position]:
    """Where to read on, forwards and backwards; without events, where the reader already is."""
    if events:
        first, last = events[0], events[-1]
        return Position(last.ms, last.id, descending=False), Position(first.ms, first.id, descending=True)
    ms = min(position.ms, int(now * 1000))
    return Position(ms, position.id, descending=False), Position(ms, position.id, descending=True)


@operation("logs")
def DescribeLogStreams(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """The streams of a group, by name, or by the time of their last event."""
    group = _group(account, params)
    prefix = params.get("logStreamNamePrefix") or ""
    found = [life for life in account.logs.streams(group.name) if life.stream.startswith(prefix)]
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and prefix:
        raise AwsError(
            "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."
        )
    now = account.world.now()
    found.sort(
        key=lambda life: (life.ended_at or now, life.stream) if by_time else (0.0, life.stream),
        reverse=bool(params.get("descending")),
    )
    shown, following = page(found, params.get("nextToken"), params.get("limit") or 50)
    return {"logStreams": [_stream_shape(group, life, now) for life in shown], **following}


@operation("logs")
def DescribeLogGroups(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Every group, or those whose name starts with a prefix or holds a pattern."""
    prefix, part = params.get("logGroupNamePrefix") or "", params.get("logGroupNamePattern") or ""
    found = [
        group
        for name, group in sorted(account.logs.groups.items())
        if name.startswith(prefix) and part.lower() in name.lower()
    ]
    shown, following = page(found, params.get("nextToken"), params.get("limit") or 50)
    return {"logGroups": [_group_shape(group) for group in shown], **following}


def _group(account: "Account", params: dict[str, Any]) -> LogGroup:
    name = params.get("logGroupName")
    if not name:
        name = str(params.get("logGroupIdentifier", "")).partition(":log-group:")[2].removesuffix(":*")
        name = name or params.get("logGroupIdentifier", "")
    group = account.logs.groups.get(name)
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _search(
    params: dict[str, Any], group: str, wanted: Callable[[Life], bool], matches: Callable[[str], bool]
) -> Search:
    limit = params.get("limit") or MOST_EVENTS
    if not 1 <= limit <= MOST_EVENTS:
        raise AwsError("InvalidParameterException", f"limit must be between 1 and {MOST_EVENTS}.")
    return Search(
        group, wanted, matches, params.get("startTime") or 0, params.get("endTime") or 10**15, limit
    )


def _wanted(names: list[str] | None, prefix: str | None) -> Callable[[Life], bool]:
    if names:
        return lambda life: life.stream in names
    return lambda life: life.stream.startswith(prefix or "")


def _plain(event: LogEvent) -> dict[str, Any]:
    return {"timestamp": event.ms, "message": event.message, "ingestionTime": event.ms + _INGESTION_MS}


def _filtered(event: LogEvent) -> dict[str, Any]:
    return {"logStreamName": event.stream, "eventId": event.id, **_plain(event)}


def _stream_shape(group: LogGroup, life: Life, now: float) -> dict[str, Any]:
    begun = int((life.started_at or life.created_at) * 1000)
    last = int((life.ended_at or now) * 1000)
    return {
        "logStreamName": life.stream,
        "creationTime": begun,
        "firstEventTimestamp": begun + 200,
        "lastEventTimestamp": max(begun + 200, last),
        "lastIngestionTime": max(begun + 200, last) + _INGESTION_MS,
        "uploadSequenceToken": "1",
        "arn": f"{group.arn}:log-stream:{life.stream}",
        "storedBytes": 0,
    }


def _group_shape(group: LogGroup) -> dict[str, Any]:
    return {
        "logGroupName": group.name,
        "creationTime": int(group.created_at * 1000),
        "retentionInDays": group.retention_days,
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }
