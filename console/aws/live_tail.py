"""A Live Tail session: what log groups write, told every second as it is taken in.

A session takes ten groups at most, streams by prefix only with one group, tells 500 events a second
and a sample of more, and ends after three hours (CloudWatch Logs user guide, Live Tail).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Event
from typing import Any

from console.aws.calls import Calls
from console.aws.log_lines import lines_of
from console.domain.signals import LiveUpdate, LogLine, LogPlace
from console.domain.text import plain
from console.errors import EndpointError

MOST_GROUPS, MOST_PREFIXES = 10, 100


class LiveTail:
    """One session, begun with the first update; implements :class:`console.ports.LiveLog`."""

    def __init__(self, calls: Calls, places: Sequence[LogPlace], stop: Event) -> None:
        self._calls = calls
        self._places = tuple(places)
        self._stop = stop
        self._stream: Any = None
        self._cancelled = False

    def __iter__(self) -> Iterator[LiveUpdate]:
        if self._stop.is_set() or not self._places:
            return
        answer = self._calls.read(
            "logs", "StartLiveTail", region=self._places[0].region, **_asked(self._places)
        )
        self._stream = answer["responseStream"]
        try:
            yield from self._updates()
        finally:
            with suppress(Exception):
                self._stream.close()

    def cancel(self) -> None:
        """End the session at once, from any thread.

        Closing the stream from another thread blocks, and breaks its reader in the middle; urllib3's
        ``shutdown`` is meant for this (2.3 and later). Without it the next update ends the session.
        """
        self._cancelled = True
        shutdown = getattr(getattr(self._stream, "_raw_stream", None), "shutdown", None)
        if shutdown is not None:
            with suppress(OSError, ValueError, RuntimeError):
                shutdown()

    def _updates(self) -> Iterator[LiveUpdate]:
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            for event in self._stream:
                if self._is_over():
                    return
                if "sessionStart" in event:
                    yield LiveUpdate()
                elif "sessionUpdate" in event:
                    yield self._update(event["sessionUpdate"])
        except (BotoCoreError, ClientError, HTTPError, OSError, AttributeError, ValueError) as error:
            if self._is_over():
                return
            raise EndpointError(f"the live session broke: {_words(error)}", "it is begun anew") from error

    def _is_over(self) -> bool:
        return self._cancelled or self._stop.is_set()

    def _update(self, raw: Mapping[str, Any]) -> LiveUpdate:
        sampled = bool((raw.get("sessionMetadata") or {}).get("sampled"))
        return LiveUpdate(tuple(self._lines(raw.get("sessionResults") or ())), sampled)

    def _lines(self, events: Sequence[Mapping[str, Any]]) -> Iterator[LogLine]:
        """With several groups the session tells all their streams: ours are picked out."""
        mine: dict[LogPlace, list[Mapping[str, Any]]] = {}
        for event in events:
            group = str(event.get("logGroupIdentifier", "")).rpartition(":log-group:")[2]
            place = self._place_of(group.removesuffix(":*"), str(event.get("logStreamName", "")))
            if place is not None:
                mine.setdefault(place, []).append(event)
        for place, found in mine.items():
            yield from lines_of(found, place.container)

    def _place_of(self, group: str, stream: str) -> LogPlace | None:
        return next(
            (
                place
                for place in self._places
                if stream.startswith(place.stream) and group.rpartition(":")[2] in ("", place.group)
            ),
            None,
        )


def _asked(places: Sequence[LogPlace]) -> dict[str, Any]:
    groups = list(dict.fromkeys(place.group_id for place in places))
    if len(groups) > 1:
        return {"logGroupIdentifiers": groups[:MOST_GROUPS]}
    prefixes = list(dict.fromkeys(place.stream for place in places))
    return {"logGroupIdentifiers": groups, "logStreamNamePrefixes": prefixes[:MOST_PREFIXES]}


def _words(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return plain(str(response.get("Error", {}).get("Message") or response))
    return type(error).__name__
