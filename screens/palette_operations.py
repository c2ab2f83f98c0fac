"""The palette's entries for what changes a service, a group of them, or what is said of one.

Whatever changes anything is only planned: its dialog is still to be confirmed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.message import Message

from console.config.settings import EnvironmentSettings
from console.domain.address import Address
from console.domain.group import VERBS, GroupAddress, GroupWish
from console.domain.operation import Verb
from console.domain.wish import Wish
from screens.base import ConsoleScreen
from screens.messages import (
    GroupWished,
    LogsRequested,
    OperationWished,
    Statement,
    StatementWished,
    ValidationRequested,
)


def _wishes(verb: Verb, *, refuse: bool = False) -> Callable[[Address], Message]:
    return lambda address: OperationWished(Wish(verb, address, refuse=refuse))


def _states(statement: Statement) -> Callable[[Address], Message]:
    return lambda address: StatementWished(statement, address)


KEYED: Mapping[str, Callable[[Address], Message]] = {
    "logs": LogsRequested,
    "roll back": _wishes(Verb.ROLLBACK),
    "deploy": _wishes(Verb.DEPLOY),
    "drain": _wishes(Verb.DRAIN),
    "scale": _wishes(Verb.SCALE),
    "restart": _wishes(Verb.RESTART),
}
"""What has a key of its own on the screens of services."""
RARE: Mapping[str, tuple[str, Callable[[Address], Message]]] = {
    "undrain": ("counts and autoscaling as they were", _wishes(Verb.UNDRAIN)),
    "migrate": ("the schema, as a one-off task, after a snapshot", _wishes(Verb.MIGRATE)),
    "restore": ("the guided way back of its database", _wishes(Verb.RESTORE)),
    "continue": ("the deployment that is paused goes on", _wishes(Verb.CONTINUE)),
    "refuse": ("the pause is refused: ECS rolls back", _wishes(Verb.CONTINUE, refuse=True)),
    "mark bad": ("no rollback goes to that version unasked", _states(Statement.MARK_BAD)),
    "clear bad": ("a version is bad no longer", _states(Statement.CLEAR_BAD)),
    "release": ("the hold of a rollback ends", _states(Statement.RELEASE)),
    "rehearse": ("roll back for real and forward again, in staging", _states(Statement.REHEARSE)),
    "validate": (
        "OK, NG or SKIP with reasons; nothing is sent",
        lambda address: ValidationRequested(str(address), (address,)),
    ),
}
"""What has none; each with what it is about."""
ABOUT: Mapping[str, Callable[[Address], Message]] = {
    **KEYED,
    **{verb: message for verb, (_, message) in RARE.items()},
}
"""What can be asked for of a service; whatever changes it is planned first, and confirmed in its dialog."""

_GROUP_WORDS = {Verb.DEPLOY: "deploy", Verb.ROLLBACK: "roll back", Verb.RESTART: "restart"}

_SEVERAL = 0.8
"""What is about several services stands below what is about one that fits as well."""


@dataclass(frozen=True)
class _Entry:
    title: str
    help: str
    message: Callable[[], Message]


class OperationProvider(Provider):
    """About the service under the cursor what has no key, and every group of every environment."""

    async def discover(self) -> Hits:
        about = self._about
        here = (about.system, about.environment) if about else None
        for entry in self._entries():
            yield DiscoveryHit(Content(entry.title), self._runner(entry), entry.title, entry.help)
        for place, settings in self._environments.items():
            if here is not None and place == "/".join(here):
                for entry in _groups(settings):
                    yield DiscoveryHit(Content(entry.title), self._runner(entry), entry.title, entry.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        groups = (entry for settings in self._environments.values() for entry in _groups(settings))
        found = [*((1.0, entry) for entry in self._entries()), *((_SEVERAL, entry) for entry in groups)]
        for weight, entry in found:
            score = matcher.match(entry.title) * weight
            if score > 0:
                title = matcher.highlight(entry.title)
                yield Hit(score, title, self._runner(entry), entry.title, entry.help)

    @property
    def _about(self) -> Address | None:
        screen = self.screen
        return screen.pointed_at if isinstance(screen, ConsoleScreen) else None

    @property
    def _environments(self) -> Mapping[str, EnvironmentSettings]:
        runtime = getattr(self.app, "runtime", None)
        return runtime.settings.environments if runtime is not None else {}

    def _entries(self) -> Iterator[_Entry]:
        about = self._about
        if about is not None:
            for verb, (said, message) in RARE.items():
                yield _Entry(f"{verb} {about}", said, partial(message, about))

    def _runner(self, entry: _Entry) -> Callable[[], None]:
        def run() -> None:
            self.app.post_message(entry.message())

        return run


def _groups(settings: EnvironmentSettings) -> Iterator[_Entry]:
    """What can be done to each group of an environment, and to all of its services."""
    environment = settings.environment
    for name, waves in settings.groups.items():
        group = GroupAddress(environment.system, environment.name, name)
        aliases = [alias for wave in waves for alias in wave]
        addresses = tuple(Address(environment.system, environment.name, alias) for alias in aliases)
        members = ", ".join(aliases)
        if len(aliases) > 1:
            for verb in VERBS:
                wish = GroupWish(verb, group)
                yield _Entry(f"{_GROUP_WORDS[verb]} {group}", members, partial(GroupWished, wish))
        said = f"OK, NG or SKIP with reasons: {members}"
        yield _Entry(f"validate {group}", said, partial(ValidationRequested, str(group), addresses))
