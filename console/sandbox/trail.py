"""CloudTrail: who changed what, as LookupEvents tells it some minutes later, for 90 days.

Every writing call is noted, refused ones too; reading ones and those on data (messages of a queue)
are not. What stood before the world began is told from the services themselves.
"""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.sandbox.paging import next_token_page
from console.sandbox.registry import AwsError, operation
from console.sandbox.sts import SESSION, caller_arn
from console.sandbox.trail_resources import Resource, hidden, resources_of
from console.sandbox.wire.models import BY_NAME

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

KEPT_S = 90 * 86_400.0
MOST_LISTED = 50
_SHORTEST_LAG_S, _LONGEST_LAG_S = 120.0, 420.0
"""Events are delivered within minutes, five on the average (CloudTrail user guide)."""
_READING = re.compile(r"(Describe|List|Get|BatchGet|BatchCheck|Lookup|Filter|Simulate|StartLiveTail|Select)")
_ON_DATA = {
    ("sqs", "SendMessage"),
    ("sqs", "ReceiveMessage"),
    ("sqs", "DeleteMessage"),
    ("cloudwatch", "PutMetricData"),
    ("logs", "PutLogEvents"),
}


@dataclass(frozen=True)
class Event:
    """One management event."""

    id: str
    at: float
    """When it was called, epoch seconds."""
    seen_at: float
    """From when on it can be looked up."""
    service: str
    """As botocore names it."""
    operation: str
    user: str
    """Name of the session."""
    arn: str
    """Of the caller."""
    resources: tuple[Resource, ...]
    request: Json
    error: str = ""
    message: str = ""

    @property
    def source(self) -> str:
        return f"{BY_NAME[self.service].scope}.amazonaws.com"


class TrailState:
    """The events of one account."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._events: list[Event] = []
        self._past: list[Event] | None = None
        self._counter = 0

    def note(
        self,
        service: str,
        operation: str,
        params: Json,
        error: AwsError | None = None,
        *,
        user: str = SESSION,
        arn: str = "",
    ) -> None:
        """Take down a call, if it is one that writes.

        Args:
            service: As botocore names it.
            user: Name of the caller's session; by default the one under which everybody acts here.
            arn: Of the caller.
        """
        if _READING.match(operation) or (service, operation) in _ON_DATA:
            return
        self._counter += 1
        event = self._event(
            str(self._counter), self._account.world.now(), service, operation, params, error, user, arn
        )
        self._events.append(event)
        oldest = event.at - KEPT_S
        while self._events[0].at < oldest:
            del self._events[0]

    def seen(self) -> list[Event]:
        """What has been delivered by now, newest first."""
        if self._past is None:
            self._past = list(self._told())
        now = self._account.world.now()
        found = [
            event
            for event in (*self._past, *self._events)
            if event.seen_at <= now and event.at >= now - KEPT_S
        ]
        return sorted(found, key=lambda event: event.at, reverse=True)

    def _told(self) -> Iterator[Event]:
        """The deployments and registrations from before the world began."""
        start = self._account.world.started_at
        for service in self._account.ecs.services():
            for number, rollout in enumerate(service.service_deployments):
                if rollout.created_at >= start:
                    continue
                params = {
                    "cluster": service.cluster,
                    "service": service.name,
                    "taskDefinition": rollout.target.task_definition.arn,
                }
                key = f"{service.arn}:{number}"
                yield self._event(key, rollout.created_at, "ecs", "UpdateService", params)
        for family in self._account.ecs.definitions.values():
            for definition in family:
                if definition.registered_at < start:
                    at, params = definition.registered_at, {"family": definition.family}
                    yield self._event(definition.arn, at, "ecs", "RegisterTaskDefinition", params)

    def _event(
        self,
        key: str,
        at: float,
        service: str,
        operation: str,
        params: Json,
        error: AwsError | None = None,
        user: str = SESSION,
        arn: str = "",
    ) -> Event:
        world = self._account.world
        rng = world.rng(f"trail:{self._account.id}:{key}")
        return Event(
            id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            at=at,
            seen_at=at + world.seconds(rng.uniform(_SHORTEST_LAG_S, _LONGEST_LAG_S)),
            service=service,
            operation=operation,
            user=user,
            arn=arn or caller_arn(self._account),
            resources=resources_of(params),
            request=hidden(params),
            error=error.code if error else "",
            message=error.message if error else "",
        )


@operation("cloudtrail")
def LookupEvents(account: "Account", params: Json) -> Json:
    """Management events of the last 90 days, newest first, by at most one attribute."""
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
    start, end = params.get("StartTime"), params.get("EndTime")
    if start is not None and end is not None and start > end:
        raise AwsError("InvalidTimeRangeException", "The start time must be before the end time.")
    size = params.get("MaxResults") or MOST_LISTED
    if not 1 <= size <= MOST_LISTED:
        raise AwsError("InvalidMaxResultsException", f"MaxResults must be between 1 and {MOST_LISTED}.")
    found = [
        event
        for event in account.trail.seen()
        if (start is None or event.at >= start)
        and (end is None or event.at <= end)
        and all(_has(account, event, item["AttributeKey"], item["AttributeValue"]) for item in attributes)
    ]
    shown, following = next_token_page(found, params.get("NextToken"), size, "InvalidNextTokenException")
    return {"Events": [_picture(account, event) for event in shown], **following}


def _has(account: "Account", event: Event, key: str, value: str) -> bool:
    own = {
        "EventId": event.id,
        "EventName": event.operation,
        "ReadOnly": "false",
        "Username": event.user,
        "EventSource": event.source,
        "AccessKeyId": account.access_key,
    }
    if key == "ResourceName":
        return any(item.name == value for item in event.resources)
    if key == "ResourceType":
        return any(item.kind == value for item in event.resources)
    if key not in own:
        raise AwsError("InvalidLookupAttributesException", f"{key} is not an attribute to look events up by.")
    return own[key] == value


def _picture(account: "Account", event: Event) -> Json:
    return {
        "EventId": event.id,
        "EventName": event.operation,
        "ReadOnly": "false",
        "AccessKeyId": account.access_key,
        "EventTime": int(event.at),
        "EventSource": event.source,
        "Username": event.user,
        "Resources": [{"ResourceType": item.kind, "ResourceName": item.name} for item in event.resources],
        "CloudTrailEvent": json.dumps(_record(account, event), separators=(",", ":"), default=str),
    }


def _record(account: "Account", event: Event) -> Json:
    """The whole record, as CloudTrail's own JSON has it."""
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": event.arn,
            "accountId": account.id,
            "accessKeyId": account.access_key,
        },
        "eventTime": datetime.fromtimestamp(int(event.at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": event.source,
        "eventName": event.operation,
        "awsRegion": account.region,
        "requestParameters": {name[:1].lower() + name[1:]: value for name, value in event.request.items()},
        "eventID": event.id,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account.id,
        "eventCategory": "Management",
    }
    return record | ({"errorCode": event.error, "errorMessage": event.message} if event.error else {})
