"""What the screen of a service asks for by itself: its way back, its scaling, its history."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump

from console.domain.address import Address
from console.domain.release import Release
from console.domain.rollout import Rollout
from console.domain.service import Observation
from console.ports import Platform
from screens.feeds import ask
from screens.messages import Answered


class Questions:
    """Questions by kind: one of each at a time, and only the newest answer of a kind counts."""

    def __init__(self, asker: MessagePump) -> None:
        self._asker = asker
        self._tags = count(1)
        self._newest: dict[str, int] = {}
        self._waiting: set[str] = set()

    def ask(
        self, kind: str, question: Callable[[], Any], answer: Callable[[Any, int], Message] = Answered
    ) -> bool:
        """Ask, unless the same is being asked already; whether it was."""
        if kind in self._waiting:
            return False
        self._waiting.add(kind)
        self._newest[kind] = next(self._tags)
        ask(self._asker, question, self._newest[kind], answer)
        return True

    def expect(self, kind: str, tag: int) -> None:
        """Take an answer with that tag for one of that kind."""
        self._newest[kind] = tag

    def answered(self, tag: int) -> str:
        """The kind of question that an answer belongs to; empty for an older question's."""
        kind = next((name for name, number in self._newest.items() if number == tag), "")
        self._waiting.discard(kind)
        return kind


@dataclass(frozen=True)
class History:
    """The revisions that a service ran, newest first, as far as the platform still knows them."""

    at: datetime
    order: tuple[str, ...]
    """Release ids."""
    releases: dict[str, Release] = field(default_factory=dict)


def read_history(platform: Platform, address: Address, known: dict[str, Release], at: datetime) -> History:
    """Ask for the rollouts, and for those revisions that are not known by now."""
    order = revision_order(platform.history(address))
    wanted = [name for name in order if name not in known or not known[name].digests]
    found = dict(platform.releases(address, wanted)) if wanted else {}
    return History(at, order, {**known, **found})


def revision_order(rollouts: tuple[Rollout, ...]) -> tuple[str, ...]:
    """Every release that a rollout shipped or replaced, each at its newest place."""
    order: dict[str, None] = {}
    for item in rollouts:
        order.setdefault(item.target)
    for item in rollouts:
        for source in item.sources:
            order.setdefault(source)
    return tuple(order)


def revisions_of(observation: Observation | None, history: History | None) -> tuple[Release, ...]:
    """The revisions that can be compared: the live one first, then what ran before it, newest first."""
    releases = {**(history.releases if history else {}), **(observation.releases if observation else {})}
    order: dict[str, None] = {}
    if observation is not None:
        primary = observation.primary_release
        if primary is not None and primary.id is not None:
            order.setdefault(primary.id)
        for item in observation.status.deployments:
            if item.release is not None:
                order.setdefault(item.release)
        if observation.rollout is not None:
            for name in revision_order((observation.rollout,)):
                order.setdefault(name)
    for name in history.order if history else ():
        order.setdefault(name)
    return tuple(releases[name] for name in order if name in releases)
