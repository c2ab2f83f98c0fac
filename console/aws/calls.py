"""The one door to AWS: budget, retries of reads, errors in our words.

A read is repeated a few times where that can help; a write is sent once, whatever happens.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Protocol, TypeVar

from console.aws.budget import Budget
from console.aws.sessions import Access
from console.domain.standing import BudgetUse
from console.errors import CredentialsError, QuarterdeckError
from console.ports import Clock

_T = TypeVar("_T")
Answer = dict[str, Any]


class ClientSource(Protocol):
    """Where clients come from: :class:`console.aws.sessions.Clients`, or a test's own."""

    @property
    def access(self) -> Access: ...

    @property
    def remedy(self) -> str: ...

    @property
    def generation(self) -> int: ...

    def forget(self, generation: int) -> None: ...

    def client(self, service: str, region: str = "") -> Any: ...

    def expires_at(self) -> datetime | None: ...


class Calls:
    """Calls by one access, operations named as AWS names them. Thread-safe.

    Args:
        elsewhere: The budget of the same account in another Region; without it the same one.
    """

    def __init__(
        self,
        clients: ClientSource,
        budget: Budget,
        clock: Clock,
        elsewhere: Callable[[str], Budget] | None = None,
    ) -> None:
        self.clients = clients
        self._budget = budget
        self._clock = clock
        self._elsewhere = elsewhere or (lambda _: budget)

    def read(self, service: str, operation: str, /, region: str = "", **params: Any) -> Answer:
        """Call something that changes nothing; throttled or unlucky, it is tried again.

        Raises:
            QuarterdeckError: the cause is botocore's own error.
        """
        from console.aws import faults

        attempt = 0
        while True:
            generation = self.clients.generation
            try:
                return self._send(service, operation, region, params, write=False)
            except faults.FAILURES as error:
                delays = faults.patience(error)
                if attempt >= len(delays):
                    failed = self._translated(error, service, operation, region, write=False)
                    raise self._noted(failed, generation) from error
                self._clock.sleep(delays[attempt])
                attempt += 1

    def write(self, service: str, operation: str, /, **params: Any) -> Answer:
        """Call something that changes the world, exactly once.

        Raises:
            OutcomeUnknownError: when it may have been carried out; any other error: it was not.
        """
        from console.aws import faults

        generation = self.clients.generation
        try:
            return self._send(service, operation, "", params, write=True)
        except faults.FAILURES as error:
            failed = self._translated(error, service, operation, "", write=True)
            raise self._noted(failed, generation) from error

    def pages(self, service: str, operation: str, /, **params: Any) -> Iterator[Answer]:
        """Every page of a list, following ``nextToken``."""
        while True:
            page = self.read(service, operation, **params)
            yield page
            token = page.get("nextToken")
            if not token or token == params.get("nextToken"):
                return
            params["nextToken"] = token

    def members(self, service: str, operation: str) -> frozenset[str]:
        """The names of the parameters that an operation knows."""

        def known() -> frozenset[str]:
            model = self.clients.client(service).meta.service_model.operation_model(operation)
            return frozenset(model.input_shape.members)

        return self._guarded(known, service, operation)

    def use(self) -> BudgetUse:
        """How much of the budget in the environment's own Region is taken."""
        return self._budget.use()

    def credentials_end(self) -> datetime | None:
        """When the credentials in use end; ``None`` for those that do not."""
        return self._guarded(self.clients.expires_at, "sts", "GetCallerIdentity")

    def _guarded(self, work: Callable[[], _T], service: str, operation: str) -> _T:
        from console.aws import faults

        generation = self.clients.generation
        try:
            return work()
        except faults.FAILURES as error:
            failed = self._translated(error, service, operation, "", write=False)
            raise self._noted(failed, generation) from error

    def _send(
        self, service: str, operation: str, region: str, params: dict[str, Any], *, write: bool
    ) -> Answer:
        """Send one call: every one, repeated or not, takes its place in the budget."""
        from botocore import xform_name

        from console.aws import faults

        client = self.clients.client(service, region)
        budget = self._elsewhere(region) if region else self._budget
        budget.take(service, operation, write=write)
        try:
            answer: Answer = getattr(client, xform_name(operation))(**params)
        except faults.FAILURES as error:
            if faults.is_throttled(error):
                budget.throttled(service, operation)
            raise
        return answer

    def _noted(self, error: QuarterdeckError, generation: int) -> QuarterdeckError:
        """Credentials that do not work are read anew by the next call: somebody may log in meanwhile."""
        if isinstance(error, CredentialsError):
            self.clients.forget(generation)
        return error

    def _translated(
        self, error: Exception, service: str, operation: str, region: str, *, write: bool
    ) -> QuarterdeckError:
        from console.aws import faults

        access = self.clients.access
        return faults.translate(
            error,
            faults.Attempt(
                service=service,
                operation=operation,
                write=write,
                region=region or access.region,
                host=access.host,
                profile=access.profile,
                remedy=self.clients.remedy,
            ),
        )


def code_of(error: QuarterdeckError) -> str:
    """The AWS error code behind one of our errors; empty where there is none."""
    from console.aws import faults

    return faults.code_of(error.__cause__)


def batches(items: list[str], size: int) -> Iterator[list[str]]:
    """The items in lists of at most ``size``: what one call may name."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
