"""What the console needs from the outside, as protocols.

Adapters (``console.aws``, ``console.journal``) implement them; ``operations``, ``watch`` and the
screens know nothing else. No word here belongs to one supplier's API, so that another platform
fits beside Amazon ECS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from console.domain.operation import AS_IT_IS

if TYPE_CHECKING:  # loaded with the first frame: it only names what others make
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from threading import Event

    from console.domain.action import Action, ActionSight
    from console.domain.address import Address, Environment, Identity
    from console.domain.backlog import Backlog
    from console.domain.database import Database
    from console.domain.guard import Happening
    from console.domain.instance import Instance
    from console.domain.operation import (
        Accepted,
        Basis,
        Check,
        Entry,
        OperationRecord,
        Order,
        Sizing,
    )
    from console.domain.registry import RegistryVersion
    from console.domain.release import Release
    from console.domain.rollout import Rollout
    from console.domain.scaling import Scaling
    from console.domain.series import Scoped, Series
    from console.domain.service import Observation, ServiceStatus
    from console.domain.signals import Figures, LiveUpdate, Load, LogLine, LogPage, LogPlace
    from console.domain.standing import BudgetUse, Standing
    from console.domain.tasks import Task
    from console.domain.version import Version
    from console.domain.web import Reply, Request
    from console.errors import QuarterdeckError


class Clock(Protocol):
    """The only source of time and the only way to wait."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds from some fixed moment; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""

    def wait(self, event: Event, seconds: float) -> bool:
        """Let that much time pass or less, until the event is set; whether it was."""


class Platform(Protocol):
    """One environment of one system, on whatever runs its services.

    Every method may raise :class:`console.errors.QuarterdeckError`. Reading methods are safe to
    repeat, and retry briefly by themselves; writing ones never do. All are called from feed
    threads, never from the UI's.
    """

    @property
    def environment(self) -> Environment: ...

    def identity(self) -> Identity:
        """Who we are to the platform; proves credentials and endpoint.

        Raises:
            CredentialsError: also when they belong to another account than the configured one.
        """

    def standing(self) -> Standing:
        """What we may do here; what cannot be told is said in it, and only broken credentials raise."""

    def budget(self) -> BudgetUse:
        """How much of our allowance of calls is taken; asks nobody."""

    def batches(self, addresses: Sequence[Address]) -> tuple[tuple[Address, ...], ...]:
        """The services in groups of which each is one call to :meth:`services`; asks nobody."""

    def services(self, addresses: Sequence[Address] | None = None) -> tuple[ServiceStatus, ...]:
        """The status of those services, or of every configured one, in as few calls as there can be.

        Raises:
            UnknownServiceError: when the platform does not know one of them.
        """

    def running_tasks(self, addresses: Sequence[Address]) -> Mapping[Address, tuple[Task, ...]]:
        """The tasks of those services that are not stopped, newest first, listed for whole clusters."""

    def versions(self, ids: Sequence[str]) -> Mapping[str, Version]:
        """Release id -> what people call it, as far as the platform knows those releases; in batches,
        without what only an operation needs of a release."""

    def status(self, address: Address) -> ServiceStatus:
        """The status of one service: one call."""

    def observe(self, address: Address) -> Observation:
        """One service in full: status, rollout, tasks, targets and their releases.

        Only a failing status raises; other parts fail into ``Observation.missing``.
        """

    def history(self, address: Address) -> tuple[Rollout, ...]:
        """Every rollout that the platform remembers, newest first."""

    def releases(self, address: Address, ids: Sequence[str]) -> Mapping[str, Release]:
        """The releases of those ids, as far as the platform still knows them."""

    def scaling(self, address: Address) -> Scaling | None:
        """Who changes the number of tasks; ``None`` where nothing but people does."""

    def instances(self, address: Address) -> tuple[Instance, ...]:
        """The machines of the service's cluster; none where tasks need none of their own."""

    def backlog(self, address: Address) -> Backlog | None:
        """The jobs that wait for the service's workers; ``None`` where no queue is configured."""

    def protected(self, address: Address, tasks: Sequence[str]) -> Mapping[str, datetime | None]:
        """Of those tasks the ones that nothing but a person may stop, by id, and until when."""

    def candidate(
        self,
        address: Address,
        live: Release,
        version: str,
        containers: Sequence[str] = (),
        sizing: Sizing = AS_IT_IS,
    ) -> Release:
        """What the service would run at a version: the live configuration, other images.

        Args:
            version: A tag or a digest in the registry; resolved to a digest here and now. Empty: the
                images that run.
            containers: Those that change; none: the configured ones, else the main one.
            sizing: What else changes; its grace period belongs to the service, and not to the release.

        Raises:
            UnknownVersionError: when the registry does not hold it.
            RefusedError: when nothing could run in that size; names the nearest that could.
        """

    def versions_available(self, address: Address, limit: int = 20) -> tuple[RegistryVersion, ...]:
        """What the registry holds for the service's main container, newest pushed first.

        Images without a tag are left out. Scans and platforms that cannot be read are said in the
        version, and raise nothing.

        Raises:
            RejectedError: when the registry is none that can be listed; whatever a call raises.
        """

    def preflight(self, address: Address, target: Release, live: ServiceStatus) -> tuple[Check, ...]:
        """What can be proved before shipping a release, without changing anything."""

    def basis(self, address: Address) -> Basis:
        """What an order is compared with right before it is sent: one call."""

    def prepare(self, order: Order) -> Order:
        """Return the order with a definition that pins its images; registers one if none does.

        A definition that already names exactly those digests, and is still active, is used as it is.
        """

    def act(self, order: Order) -> Accepted:
        """Send the order, once.

        Raises:
            OutcomeUnknownError: when it may have been carried out.
            RejectedError, ThrottledError, PermissionDeniedError, CredentialsError, ReadOnlyError:
                when it certainly was not.
        """

    def perform(self, address: Address, action: Action) -> Mapping[str, object]:
        """Carry out one action, once; what the answer tells, as plain JSON values.

        Raises:
            OutcomeUnknownError: when it may have been carried out; any other error: it was not.
        """

    def look(self, address: Address, action: Action, facts: Mapping[str, object]) -> ActionSight:
        """How far an action is that was sent.

        Args:
            facts: What :meth:`perform` answered; empty where its answer was lost, so that it has to be
                found by what it changes.
        """

    def find(self, order: Order, sent_at: datetime) -> Accepted | None:
        """What became of an order whose answer was lost; ``None``: nothing to be seen of it."""

    def one_off_tasks(self, address: Address, definition: str) -> tuple[Task, ...]:
        """The tasks in the service's cluster that run a definition of that family and that no service
        keeps, by whomever, newest first.

        Args:
            definition: A family, with or without revision, or the ARN of a revision.
        """

    def database(self, name: str) -> Database | None:
        """A database and its snapshots; ``None`` where the platform has none of that name."""


class Web(Protocol):
    """HTTP to services and to others, for one environment: what it must not send, it does not send."""

    def send(self, request: Request, limit_s: float) -> Reply:
        """Send once, and read the answer; any status is an answer, redirections too.

        Args:
            limit_s: For all of it, from the first look at the name to the last byte of the answer.

        Raises:
            ReadOnlyError: when the environment is read-only and the request may change something.
            ThrottledError: when it was asked to come back later than the limit allows.
            EndpointError: when nobody answers, or not in time.
        """


class Secrets(Protocol):
    """Values that are written down elsewhere. They are used, and never shown, logged or kept on disk."""

    def value(self, reference: str) -> str:
        """The value behind ``env:NAME``, ``file:PATH`` or ``secretsmanager:NAME#KEY``.

        Raises:
            QuarterdeckError: naming the reference, never the value.
        """


class SignalSource(Protocol):
    """Error rate and latency from somewhere."""

    def figures(self, addresses: Sequence[Address]) -> Mapping[Address, Figures]:
        """The newest complete figures of each service that has any."""

    def load(self, address: Address) -> Load:
        """The slowest answers and the processor of one service; nothing in it where there is no data."""


class SeriesSource(Protocol):
    """Figures over time from somewhere."""

    @property
    def name(self) -> str:
        """What it is called on screens: ``CloudWatch``, ``Datadog``."""

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """What it knows of a service since a moment, each measure in its scopes; the period that is not
        over yet is left out.

        Missing data is told in ``Series.no_data``. Called from a thread of the source's own.

        Raises:
            QuarterdeckError: when the source cannot be asked at all.
        """


class Chronicle(Protocol):
    """What happened to a service beside its deploys: for finding out what trouble comes from."""

    def happenings(self, address: Address, since: datetime) -> tuple[Happening, ...]:
        """Scaling, rotated secrets, a database that is not available; newest last.

        A part that cannot be read is left out.
        """


@runtime_checkable
class KeyedSource(Protocol):
    """A source of figures that has to be asked with keys."""

    @property
    def problem(self) -> QuarterdeckError | None:
        """What is wrong with its keys, with the remedy; ``None``: nothing that is known. Asks nobody."""


class LiveLog(Protocol):
    """Lines from now on, as they are taken in. It begins when it is iterated over."""

    def __iter__(self) -> Iterator[LiveUpdate]:
        """An empty update when the session has begun, then about one a second.

        Raises:
            QuarterdeckError: when the session cannot be begun, or breaks.
        """

    def cancel(self) -> None:
        """End it at once; from any thread."""


class LogSource(Protocol):
    """Log lines of one environment's services."""

    @property
    def is_live(self) -> bool:
        """Whether lines are told as they come (:meth:`live`) instead of being asked for."""

    def tail(self, address: Address, since: datetime, limit: int) -> tuple[LogLine, ...]:
        """The newest ``limit`` lines since a moment, oldest first, of all tasks of the service; their
        text is what is drawn."""

    def sources(self, address: Address) -> tuple[LogPlace, ...]:
        """Where the containers of everything that the service runs now write, readable or not."""

    def read(
        self,
        place: LogPlace,
        start: datetime,
        end: datetime | None = None,
        token: str = "",
        limit: int = 10_000,
        *,
        newest_first: bool = False,
    ) -> LogPage:
        """One page of the lines from ``start`` up to, but without, ``end``."""

    def live(self, places: Sequence[LogPlace], stop: Event) -> LiveLog:
        """A session that tells the lines of places of one Region until ``stop`` is set or it ends."""


class Journal(Protocol):
    """Every operation by anybody. Rows change only forward; entries are only ever appended.

    Every method raises :class:`console.errors.JournalError` when the store fails.
    """

    def begin(self, record: OperationRecord, beside: Collection[str] | None = None) -> bool:
        """Write a new operation; whether it was written. Two processes may try at once: one comes first.

        Args:
            beside: Ids of the open operations of its service that it may stand beside; with any other
                open there nothing is written. ``None``: it is written whatever is open.
        """

    def update(self, record: OperationRecord) -> None:
        """Write the newest state of an operation (its id decides which)."""

    def append(
        self, operation: str, event: str, at: datetime, text: str, facts: Mapping[str, object]
    ) -> None:
        """Append one entry to an operation."""

    def heartbeat(self, operation: str, at: datetime) -> None:
        """Note that the process that carries an operation is alive."""

    def claim(self, operation: str, host: str, pid: int, at: datetime, seen: datetime) -> bool:
        """Take over an operation whose heartbeat still is the one ``seen``; whether it worked."""

    def operation(self, id: str) -> OperationRecord | None:
        """One operation."""

    def operations(
        self, prefix: str = "", limit: int = 500, open_only: bool = False
    ) -> tuple[OperationRecord, ...]:
        """Operations whose address starts with the prefix (whole parts), newest first."""

    def entries(self, operation: str, after: int = 0) -> tuple[Entry, ...]:
        """Entries of an operation with a number above ``after``, oldest first."""
