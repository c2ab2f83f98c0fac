"""The command palette's list of services; screens and the rest come from the app itself."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.domain.address import Address
from screens.base import ConsoleScreen
from screens.messages import ServiceChosen


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
