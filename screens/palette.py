"""The command palette: every service, and what whoever opened the console adds to it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.domain.address import Address
from screens.base import ConsoleScreen
from screens.messages import ExtraChosen, ServiceChosen


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


class ServiceProvider(Provider):
    """Opens any service by any part of its address; unasked it offers those in trouble or motion."""

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for row in self._screen_below().snapshot.services():
            name = str(row.address)
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._opener(row.address), name)

    async def discover(self) -> Hits:
        for row in self._screen_below().snapshot.services():
            if row.state.is_trouble or row.state.is_moving:
                name = str(row.address)
                yield DiscoveryHit(Content(name), self._opener(row.address), name, row.state.value)

    def _screen_below(self) -> ConsoleScreen:
        screen = self.screen
        return screen if isinstance(screen, ConsoleScreen) else ConsoleScreen()

    def _opener(self, address: Address) -> "partial[bool]":
        return partial(self.app.post_message, ServiceChosen(address))
