"""What asking any supplier has in common: its keys, the time there is, and what its refusals mean."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import ClassVar, Generic, TypeVar

from console.domain.address import Address
from console.domain.series import Scope, Scoped
from console.domain.text import plain
from console.domain.web import Reply, Request
from console.errors import (
    ConfigError,
    CredentialsError,
    EndpointError,
    QuarterdeckError,
    RejectedError,
    ThrottledError,
)
from console.ports import Clock, Secrets, Web

LIMIT_S = 8.0
"""For all that one look at one service takes."""
REST_S = 300.0
"""Keys that were refused are not tried again for so long, unless they have changed."""
_LONGEST_WORDS = 120
_T = TypeVar("_T")
_S = TypeVar("_S")


class NoKeyError(QuarterdeckError):
    """There is nothing to ask with; the supplier's ``problem`` says why, and what to do."""

    title = "credentials"


class Keys:
    """The keys of one supplier in one environment. Trouble with them is one thing, however many ask."""

    def __init__(self, supplier: str, secrets: Secrets, clock: Clock, needs: str) -> None:
        self._supplier = supplier
        self._secrets = secrets
        self._clock = clock
        self._needs = needs
        self._problems: dict[tuple[str, ...], QuarterdeckError] = {}
        """By references."""
        self._refused: dict[tuple[str, ...], tuple[tuple[str, ...], float]] = {}
        """References -> the values that were refused, and when (monotonic)."""

    @property
    def problem(self) -> QuarterdeckError | None:
        """What is wrong with the keys, to be said once; ``None``: nothing that is known."""
        return next(iter(list(self._problems.values())), None)  # others add to it meanwhile

    def use(self, references: tuple[str, ...], ask: Callable[[tuple[str, ...]], _T]) -> _T:
        """Ask with the values behind some references.

        Raises:
            NoKeyError: when one cannot be had, or is not accepted: a few words; the rest is in ``problem``.
        """
        values = self._values(references)
        known = self._refused.get(references)
        if known and known[0] == values and self._clock.monotonic() - known[1] < REST_S:
            raise NoKeyError("key not accepted")
        try:
            found = ask(values)
        except CredentialsError as error:
            self._refused[references] = values, self._clock.monotonic()
            self._problems[references] = CredentialsError(
                f"{error.message} ({', '.join(references)})", f"renew it, or let it {self._needs}"
            )
            raise NoKeyError("key not accepted") from None
        self._refused.pop(references, None)
        self._problems.pop(references, None)
        return found

    def insist(self, references: tuple[str, ...], ask: Callable[[tuple[str, ...]], _T]) -> _T:
        """The same for whoever asks once, and has to say itself what is wrong.

        Raises:
            QuarterdeckError: with the remedy.
        """
        try:
            return self.use(references, ask)
        except NoKeyError as error:
            raise self._problems.get(references, error) from None

    def _values(self, references: tuple[str, ...]) -> tuple[str, ...]:
        try:
            values = tuple(self._secrets.value(reference) for reference in references)
        except QuarterdeckError as error:
            message = f"no key for {self._supplier}: {error.message}"
            self._problems[references] = ConfigError(message, error.remedy or "see [integrations]")
            raise NoKeyError("no key") from None
        if not all(value.isascii() and value.isprintable() for value in values):
            message = f"no key for {self._supplier}: {' or '.join(references)} holds more than a key"
            self._problems[references] = ConfigError(message, "keep the key alone there")
            raise NoKeyError("no key")
        return values


class Supplier(Generic[_S]):
    """A supplier that is asked about the services of one environment.

    Args:
        settings: By service; others are not asked about.
        web: A way out of its own: what the supplier throttles must not hold up others.
        limit_s: For all that one look at a service takes.
    """

    name: ClassVar[str]
    NEEDS: ClassVar[str]
    """What its keys have to be allowed, as a remedy says it."""

    def __init__(
        self,
        settings: Mapping[Address, _S],
        web: Web,
        secrets: Secrets,
        clock: Clock,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._settings = settings
        self._web = web
        self._clock = clock
        self._limit_s = limit_s
        self._keys = Keys(self.name, secrets, clock, self.NEEDS)

    @property
    def problem(self) -> QuarterdeckError | None:
        """What is wrong with its keys, to be said once; ``None``: nothing that is known."""
        return self._keys.problem

    def _configured(self, address: Address) -> _S:
        """How a service is asked about.

        Raises:
            RejectedError: when it is not.
        """
        settings = self._settings.get(address)
        if settings is None:
            table = self.name.lower()
            raise RejectedError(
                f"{address} is not configured for {self.name}", f"write a table `{table}` for it"
            )
        return settings

    def _look(
        self,
        references: tuple[str, ...],
        look: "Callable[[Exchange, tuple[str, ...]], _T]",
        *,
        insists: bool,
    ) -> _T:
        """One look with the keys behind some references; see :meth:`Keys.use` and :meth:`Keys.insist`."""
        exchange = Exchange(self.name, self._web, self._clock, self._limit_s)
        how = self._keys.insist if insists else self._keys.use
        return how(references, lambda values: look(exchange, values))


class Exchange:
    """One look at a supplier: some requests, and a moment by which all are answered."""

    def __init__(self, supplier: str, web: Web, clock: Clock, limit_s: float = LIMIT_S) -> None:
        self._supplier = supplier
        self._web = web
        self._clock = clock
        self._limit_s = limit_s
        self._until = clock.monotonic() + limit_s

    def send(self, request: Request, answers: tuple[int, ...] = (200,)) -> Reply:
        """Send one request within the time that is left.

        Args:
            answers: Statuses that are an answer.

        Raises:
            CredentialsError: when it does not accept who asks.
            RejectedError: when it understood, and refused.
            ThrottledError: when it asks for fewer requests.
            EndpointError: when it does not answer, not in time, or that it cannot.
        """
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise EndpointError(f"{self._supplier}: no answer within {self._limit_s:.0f} s")
        reply = self._carried(request, left)
        if reply.status in (401, 403):
            raise CredentialsError(f"{self._supplier} does not accept the key: {reply.status}")
        if reply.status == 429:
            raise ThrottledError(f"{self._supplier} asks for fewer requests")
        if reply.status >= 500:
            raise EndpointError(f"{self._supplier} answers {reply.status}")
        if reply.status not in answers:
            raise RejectedError(f"{self._supplier} answers {reply.status}{_words(reply)}")
        if reply.is_cut:
            raise EndpointError(f"{self._supplier}: the answer is too long")
        return reply

    def _carried(self, request: Request, left_s: float) -> Reply:
        """The way out names places; here it is the supplier whom people know."""
        try:
            return self._web.send(request, left_s)
        except EndpointError as error:
            reason = error.message.partition(": ")[2] or error.message
            raise EndpointError(f"{self._supplier}: {reason}", error.remedy) from None
        except ThrottledError as error:
            _, _, wish = error.message.partition(" asks ")
            raise ThrottledError(f"{self._supplier} asks {wish or 'for fewer requests'}") from None

    def json(self, request: Request) -> tuple[object, Reply]:
        """Likewise; what it says, as JSON.

        Raises:
            EndpointError: also when it is none.
        """
        reply = self.send(request)
        return self.read(reply.body), reply

    def read(self, body: bytes) -> object:
        """JSON.

        Raises:
            EndpointError: when it is none.
        """
        try:
            found: object = json.loads(body)
        except (ValueError, RecursionError):
            raise malformed(self._supplier) from None
        return found


def told_apart(scoped: Scoped, named: Callable[[str], str]) -> Mapping[Scope, tuple[str, ...]]:
    """What a supplier may call the new and the old release: after the label, or another tag of the digest.
    Empty where nothing is being shipped, or one name may mean both."""
    if scoped.new is None or (scoped.old is None and scoped.moved_at is None):
        return {}
    found = {
        scope: tuple(dict.fromkeys(map(named, (release.version.label, *release.version.tags))))
        for scope, release in ((Scope.NEW, scoped.new), (Scope.OLD, scoped.old))
        if release is not None
    }
    return {} if set(found[Scope.NEW]) & set(found.get(Scope.OLD, ())) else found


def malformed(supplier: str) -> EndpointError:
    """The error for an answer that is not what was asked for."""
    return EndpointError(f"{supplier}: the answer cannot be read")


def members(found: object, supplier: str) -> dict[str, object]:
    """An object of JSON; nothing else will do."""
    if not isinstance(found, dict):
        raise malformed(supplier)
    return found


def rows(found: object, supplier: str) -> list[object]:
    """A list of JSON; nothing else will do."""
    if not isinstance(found, list):
        raise malformed(supplier)
    return found


def number(found: object, supplier: str) -> float | None:
    """A number that counts or measures; ``None`` for null, and for what is none (``NaN``, below nothing)."""
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise malformed(supplier)
    value = float(found)
    return value if math.isfinite(value) and value >= 0 else None


def text(found: object) -> str:
    """One line to be drawn; empty for anything but text."""
    return plain(found) if isinstance(found, str) else ""


def moment(epoch_s: float, supplier: str) -> datetime:
    """A moment by its seconds since the epoch."""
    try:
        return datetime.fromtimestamp(epoch_s, UTC)
    except (ValueError, OverflowError, OSError):
        raise malformed(supplier) from None


def _words(reply: Reply) -> str:
    """What it says itself, of what its errors are made of: ``errors`` (Datadog), ``detail`` (Sentry)."""
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else said.get("detail")
    words = text(first)[:_LONGEST_WORDS]
    return f": {words}" if words else ""
