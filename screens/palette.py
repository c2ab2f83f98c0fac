"""The command palette: every service, and what whoever opened the console adds to it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.domain.address import Address
from console.domain.impact import impact
from screens.base import ConsoleScreen
from screens.messages import ExtraChosen, ServiceChosen
from screens.palette_operations import ABOUT
from widgets.keybar import KeyLabel, live_keys


@dataclass(frozen=True)
class Extra:
    """One more entry, about the service under the cursor where there is one."""

    title: str
    help: str
    run: Callable[[Address | None], str]
    """Runs on a thread of its own; what happened, in one line. May raise a ``QuarterdeckError``."""


Extras = Callable[[], Sequence[Extra]]
"""Asked on a thread each time the palette opens."""


class ExtraProvider(Provider):
    """The entries of ``app.extras``."""

    async def startup(self) -> None:
        found = await asyncio.to_thread(getattr(self.app, "extras", tuple))
        self._extras: tuple[Extra, ...] = tuple(found)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for extra in self._extras:
            score = matcher.match(extra.title)
            if score > 0:
                yield Hit(score, matcher.highlight(extra.title), self._runner(extra), extra.title, extra.help)

    def _runner(self, extra: Extra) -> "partial[bool]":
        screen = self.screen
        about = screen.pointed_at if isinstance(screen, ConsoleScreen) else None
        return partial(self.app.post_message, ExtraChosen(partial(extra.run, about)))


class ActionProvider(Provider):
    """What the keys of the screen below do, from its live bindings; a plan is still to be confirmed."""

    async def discover(self) -> Hits:
        for key in self._keys():
            yield DiscoveryHit(Content(key.verb), self._runner(key), key.verb, f"{key.key} · here")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key in self._keys():
            score = matcher.match(key.verb)
            if score > 0:
                title = matcher.highlight(key.verb)
                yield Hit(score, title, self._runner(key), key.verb, f"{key.key} · here")

    def _keys(self) -> list[KeyLabel]:
        """Those of the screen itself: the app's have entries of their own, and a list is moved by hand."""
        return [
            key
            for key in live_keys(self.screen)
            if key.enabled and not key.id.startswith(("app.", "grid.", "filter."))
        ]

    def _runner(self, key: KeyLabel) -> "partial[bool]":
        return partial(self.screen.call_later, self._run, key)

    async def _run(self, key: KeyLabel) -> None:
        """As if the key had been pressed: what does not work any more meanwhile does nothing."""
        for active in self.screen.active_bindings.values():
            if active.binding.id == key.id and active.enabled:
                await self.app.run_action(active.binding.action, active.node)
                return


class ServiceProvider(Provider):
    """Opens any service by any part of its address; unasked it offers those in trouble or motion.

    One of the verbs before it asks for that instead; what changes anything is only planned.
    """

    async def search(self, query: str) -> Hits:
        verb, asked = self._asked(query)
        matcher = self.matcher(asked)
        for row in self._screen_below().snapshot.services():
            name = str(row.address)
            score = matcher.match(name)
            if score > 0 and verb:
                title = f"{verb} {name}"
                yield Hit(score, Content(title), partial(self._say, verb, row.address), title)
            elif score > 0:
                yield Hit(score, matcher.highlight(name), self._opener(row.address), name)

    @staticmethod
    def _asked(query: str) -> tuple[str, str]:
        """The verb that a query begins with, and the rest; the whole query without one."""
        for verb in ABOUT:
            if query.lower().startswith(f"{verb} ") and query[len(verb) :].strip():
                return verb, query[len(verb) :].strip()
        return "", query

    def _say(self, verb: str, address: Address) -> None:
        self.app.post_message(ABOUT[verb](address))

    async def discover(self) -> Hits:
        screen = self._screen_below()
        rows, alerts = screen.snapshot.services(), screen.alerts
        for row in sorted(rows, key=lambda row: impact(row, alerts.of(row.address))):
            if row.state.is_trouble or row.state.is_moving:
                name = str(row.address)
                yield DiscoveryHit(Content(name), self._opener(row.address), name, row.state.value)

    def _screen_below(self) -> ConsoleScreen:
        screen = self.screen
        return screen if isinstance(screen, ConsoleScreen) else ConsoleScreen()

    def _opener(self, address: Address) -> "partial[bool]":
        return partial(self.app.post_message, ServiceChosen(address))
