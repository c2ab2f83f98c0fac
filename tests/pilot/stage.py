"""The smallest app that a screen can stand in: the themes, the marks, and an ear for its messages."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event
from typing import Any

from textual.app import App
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from console.domain.address import Address, Tier
from console.domain.operation import (
    Basis,
    Candidate,
    Check,
    CheckState,
    Estimate,
    Mechanism,
    Plan,
    Verb,
)
from console.domain.registry import Offer
from console.domain.wish import Wish
from tests.builders import (
    ACCOUNT,
    ADDRESS,
    CLUSTER,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DIGEST,
    REGION,
    a_new_release,
    a_release,
)
from widgets.glyphs import UNICODE, Glyphs
from widgets.palette import DARK, themes

PATIENCE_S = 150.0


class Stage(App[None]):
    """Shows one screen and keeps what it posts to the app."""

    def __init__(self, screen: Screen[Any], glyphs: Glyphs = UNICODE, theme: str = DARK) -> None:
        super().__init__()
        self.glyphs = glyphs
        self._first = screen
        self.heard: list[Message] = []
        for item in themes():
            self.register_theme(item)
        self.theme = theme

    def on_mount(self) -> None:
        self.push_screen(self._first)

    async def _on_message(self, message: Message) -> None:
        if type(message).__module__ == "screens.messages":
            self.heard.append(message)
        await super()._on_message(message)

    def heard_of(self, kind: type[Message]) -> list[Any]:
        """The messages of one kind, in order."""
        return [message for message in self.heard if type(message) is kind]


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Let the app run until something is so; a thread may have to answer first."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        await pilot.pause(0.01)


def text_of(widget: Widget | Screen[Any]) -> str:
    """What a widget, or a whole screen, shows as text."""
    screen = widget.screen
    region = widget.region
    lines = screen._compositor.render_strips()[region.y : region.bottom]
    return "\n".join(strip.crop(region.x, region.right).text.rstrip() for strip in lines)


def words_of(widget: Widget | Screen[Any]) -> str:
    """The same, whatever the columns and lines that it stands in."""
    return " ".join(text_of(widget).split())


def a_plan(**overrides: Any) -> Plan:
    """The rollback of *rugmunch/production/api* from v1.4.3 to v1.4.2, by a new deployment."""
    default = Plan(
        verb=Verb.ROLLBACK,
        address=ADDRESS,
        tier=Tier.PRODUCTION,
        account=ACCOUNT,
        region=REGION,
        cluster=CLUSTER,
        service="rugmunch-api",
        mechanism=Mechanism.STOP_SERVICE_DEPLOYMENT,
        basis=Basis(NEW_DEPLOYMENT, NEW_DEFINITION, NEW_RELEASE, NEW_ROLLOUT, True),
        source=a_new_release(),
        target=a_release(),
        effect="2 tasks of :43 leave, 1 of :42 starts, both zones stay served",
        made_at=NOW,
        confirm="production/api",
        served_s=3 * 86400,
        checks=(
            Check("image present", CheckState.PASS, OLD_DIGEST),
            Check("secrets present", CheckState.PASS, ""),
            Check(
                "permission", CheckState.UNKNOWN, "not allowed to ask", "grant iam:SimulatePrincipalPolicy"
            ),
        ),
        estimate=Estimate(110, 70, 185, 14, "start 0:48, two health checks 1:00, order 0:02", 160),
        remarks=(
            "CI ships v1.4.3 again at its next run, unless it is told not to",
            "secret values and the schema of the database do not go back",
        ),
        candidates=(
            Candidate(a_release(label="v1.4.1", definition=_definition(41)), True, served_s=6 * 86400),
            Candidate(
                a_release(label="v1.4.0", definition=_definition(40)),
                False,
                "ran for 4 min only, soak is 30 min",
            ),
        ),
        healthy=1,
    )
    return replace(default, **overrides)


def _definition(number: int) -> str:
    return NEW_DEFINITION.rsplit(":", 1)[0] + f":{number}"


class FakePlanner:
    """Plans that the test made: ``answers`` in turn, the last one again and again.

    An exception among them is raised. ``gate`` cleared keeps every answer back until it is set.
    """

    def __init__(self, *answers: Plan | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Wish] = []
        self.offers: tuple[Offer, ...] = ()
        self.gate = Event()
        self.gate.set()

    def versions(self, address: Address) -> tuple[Offer, ...]:
        return self.offers

    def plan(self, wish: Wish) -> Plan:
        self.asked.append(wish)
        assert self.gate.wait(20), "the gate was never opened"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def later(plan: Plan, moment: datetime, **overrides: Any) -> Plan:
    """The same plan, made at another moment."""
    return replace(plan, made_at=moment, **overrides)
