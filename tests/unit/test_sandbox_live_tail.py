"""StartLiveTail: a session tells each line once, samples a flood, and ends after three hours."""

from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.validate import ParamValidator

from console.sandbox import live_tail
from console.sandbox.log_lines import LogEvent
from console.sandbox.registry import AwsError, EventStream
from console.sandbox.wire.event_stream import frame
from console.sandbox.wire.models import operation_model
from tests.unit.sandbox_fleets import Fleets

FLEET, GROUP = "rugmunch", "/ecs/rugmunch-api"


@pytest.fixture
def fleets() -> Fleets:
    """The world of one fleet, with traffic on its API."""
    return Fleets(FLEET)


def arn(fleets: Fleets, group: str = GROUP) -> str:
    return fleets.account(FLEET).logs.groups[group].arn


def start(fleets: Fleets, **params: Any) -> EventStream:
    """A session, by default of the API's group."""
    given = {"logGroupIdentifiers": [arn(fleets)], **params}
    stream = fleets.call(FLEET, "logs", "StartLiveTail", **given)["responseStream"]
    assert isinstance(stream, EventStream)
    return stream


def polled(stream: EventStream) -> tuple[str, dict[str, Any]]:
    """The one event that a poll brings."""
    events = stream.poll()
    assert events is not None and len(events) == 1
    return events[0]


def told(stream: EventStream) -> list[dict[str, Any]]:
    """The events of one update."""
    name, update = polled(stream)
    assert name == "sessionUpdate"
    results: list[dict[str, Any]] = update["sessionResults"]
    return results


def code(fleets: Fleets, **params: Any) -> str:
    with pytest.raises(AwsError) as refused:
        start(fleets, **params)
    return refused.value.code


def test_a_session_begins_by_saying_what_it_tails_and_then_updates_every_time(fleets: Fleets) -> None:
    """All of it in the shape of botocore's model; an update may be empty."""
    stream = start(fleets)
    begin = stream.poll()
    assert begin is not None
    ((name, value),) = begin
    assert (name, value["logGroupIdentifiers"]) == ("sessionStart", [arn(fleets)])
    fleets.wait(30)
    update = stream.poll()
    assert update is not None
    model = operation_model("logs", "StartLiveTail")
    assert model is not None and model.output_shape is not None
    members = model.output_shape.members["responseStream"].members
    for event, content in (*begin, *update):
        present = {key: item for key, item in content.items() if item is not None}
        assert not ParamValidator().validate(present, members[event]).has_errors()
    assert stream.poll() == [("sessionUpdate", {"sessionMetadata": {"sampled": False}, "sessionResults": []})]


def test_every_line_is_told_once_and_none_is_missed(fleets: Fleets) -> None:
    """In the order of time, and the same ones that FilterLogEvents finds afterwards."""
    begun = int(fleets.world.now() * 1000)
    stream = start(fleets)
    stream.poll()
    seen: list[dict[str, Any]] = []
    for _ in range(90):
        fleets.wait(1)
        seen += told(stream)
    end = int(fleets.world.now() * 1000)
    found = fleets.call(
        FLEET, "logs", "FilterLogEvents", logGroupName=GROUP, startTime=begun, endTime=end - 1
    )["events"]
    assert len(seen) > 10
    assert [(item["timestamp"], item["message"]) for item in seen] == [
        (item["timestamp"], item["message"]) for item in found
    ]


def test_a_pattern_and_a_stream_narrow_what_is_told(fleets: Fleets) -> None:
    """Streams by name or prefix, messages by filter pattern."""
    streams = fleets.call(FLEET, "logs", "DescribeLogStreams", logGroupName=GROUP)["logStreams"]
    name = streams[0]["logStreamName"]
    one, by_prefix = start(fleets, logStreamNames=[name]), start(fleets, logStreamNamePrefixes=[name[:-4]])
    none = start(fleets, logEventFilterPattern='"nobody writes this"')
    for stream in (one, by_prefix, none):
        stream.poll()
    fleets.wait(60)
    lines = told(one)
    assert lines and {item["logStreamName"] for item in lines} == {name}
    assert told(by_prefix) == lines
    assert told(none) == []


def test_more_than_five_hundred_lines_in_an_update_are_sampled(
    fleets: Fleets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evenly, and the update says so."""
    stream = start(fleets)
    stream.poll()
    base = int(fleets.world.now() * 1000)
    flood = [
        LogEvent(base + number // 4, f"{number:05d}", "api/api/1", f"line {number}") for number in range(2000)
    ]

    def events(group: str, wanted: object, minute: int) -> list[LogEvent]:
        return [event for event in flood if event.ms // 60_000 == minute]

    monkeypatch.setattr(fleets.account(FLEET).logs, "events", events)
    fleets.wait(1)
    _, update = polled(stream)
    assert update["sessionMetadata"] == {"sampled": True}
    numbers = [int(item["message"].split()[1]) for item in update["sessionResults"]]
    assert numbers == list(range(0, 2000, 4))


def test_a_session_ends_after_three_hours(fleets: Fleets) -> None:
    """With the modelled exception as its last word."""
    stream = start(fleets)
    stream.poll()
    fleets.wait(3 * 3600)
    name, value = polled(stream)
    assert name == "SessionTimeoutException" and value["message"]
    assert stream.poll() is None


def test_fifteen_sessions_at_once_are_enough_for_an_account(fleets: Fleets) -> None:
    """The next one is refused until one of them is closed."""
    streams = [start(fleets) for _ in range(live_tail.MOST_SESSIONS)]
    for stream in streams:
        stream.poll()
    assert code(fleets) == "LimitExceededException"
    streams[0].close()
    start(fleets)


def test_what_cannot_be_tailed_is_refused(fleets: Fleets) -> None:
    """Names instead of ARNs, ARNs with a tail, too many groups, streams of two groups."""
    good, other = arn(fleets), arn(fleets, "/ecs/rugmunch-worker")
    assert code(fleets, logGroupIdentifiers=[GROUP]) == "InvalidParameterException"
    assert code(fleets, logGroupIdentifiers=[f"{good}:*"]) == "InvalidParameterException"
    assert code(fleets, logGroupIdentifiers=[good] * 11) == "InvalidParameterException"
    assert code(fleets, logGroupIdentifiers=[f"{good}x"]) == "ResourceNotFoundException"
    two = {"logGroupIdentifiers": [good, other], "logStreamNames": ["api/api/1"]}
    assert code(fleets, **two) == "InvalidParameterException"
    both = {"logStreamNames": ["a"], "logStreamNamePrefixes": ["b"]}
    assert code(fleets, **both) == "InvalidParameterException"


def test_frames_are_what_botocore_decodes() -> None:
    """Checksums, headers and payload."""
    buffer = EventStreamBuffer()
    buffer.add_data(frame("event", "sessionUpdate", {"a": "ü"}) + frame("exception", "Gone", {}))
    first, second = buffer
    assert first.headers[":event-type"] == "sessionUpdate"
    assert first.payload == b'{"a":"\\u00fc"}'
    assert second.headers[":message-type"] == "exception"
    assert second.headers[":exception-type"] == "Gone"
