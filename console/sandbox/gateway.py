"""From one request to one answer: counted, recognised, faulted, checked, carried out."""

import logging
import uuid
from collections import Counter
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING

from console.sandbox.faults import BROKEN, HALF_A_PAGE, Faults, as_error
from console.sandbox.registry import AwsError
from console.sandbox.services import HANDLERS
from console.sandbox.sts import caller_arn
from console.sandbox.wire.errors import refusal, unknown_operation
from console.sandbox.wire.identify import Call, identify
from console.sandbox.wire.message import Request, Response
from console.sandbox.wire.models import BY_NAME, operation_model
from console.sandbox.wire.pages import half, pages
from console.sandbox.wire.parse import parse
from console.sandbox.wire.serialize import serialize
from console.sandbox.world_faults import WorldFaults

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.kernel import World

_LOG = logging.getLogger(__name__)


class Broken(Enum):
    """What becomes of a connection instead of an answer."""

    SILENT = "timeout"
    RESET = "reset"


class Gateway:
    """Every AWS request to one world goes through here, one at a time."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.faults = Faults(world.clock)
        self.world_faults = WorldFaults(world)
        self.calls: Counter[str] = Counter()
        """How often each operation was asked for, also when it was refused or faulted."""

    def delay(self, request: Request) -> tuple[float, float]:
        """Seconds by which a fault holds a request up: before it is carried out, and after."""
        if not self.faults.waiting():
            return 0.0, 0.0
        fault = self.faults.delay(identify(request))
        if fault is None or fault.seconds is None:
            return 0.0, 0.0
        return (fault.seconds, 0.0) if fault.when == "before" else (0.0, fault.seconds)

    def answer(self, request: Request) -> Response | Broken:
        """Carry out one request; whatever goes wrong inside is an error in AWS's form."""
        call = identify(request)
        self.calls[call.name] += 1
        request_id = str(uuid.uuid4())
        try:
            account = self._account(call)
            fault = self.faults.strike(call)
            if fault is None or fault.error == HALF_A_PAGE:
                return self._carry_out(call, request, account, request_id, is_halved=fault is not None)
            if fault.when == "after":
                with suppress(AwsError):  # an answer is lost whatever it says
                    self._carry_out(call, request, account, request_id)
            if fault.error in BROKEN:
                return Broken(fault.error)
            raise as_error(fault, call, caller_arn(account))
        except AwsError as error:
            return refusal(call, error, request_id)
        except Exception as error:
            _LOG.exception("%s failed inside the sandbox", call.name)
            inside = AwsError("InternalFailure", f"The sandbox failed: {error!r}", 500)
            return refusal(call, inside, request_id)

    def _account(self, call: Call) -> "Account":
        """The account whose access key signed the call.

        Raises:
            AwsError: unsigned, or a key that no account has (in the words of AWS's front doors).
        """
        account = self.world.accounts.get(call.access_key)
        if account is not None:
            return account
        query = call.protocol == "query"
        if not call.access_key:
            code = "MissingAuthenticationToken" if query else "MissingAuthenticationTokenException"
            raise AwsError(code, "Missing Authentication Token", 403)
        message = "The security token included in the request is invalid."
        if query:
            raise AwsError("InvalidClientTokenId", message, 403)
        raise AwsError("UnrecognizedClientException", message)

    def _carry_out(
        self, call: Call, request: Request, account: "Account", request_id: str, *, is_halved: bool = False
    ) -> Response:
        handler = HANDLERS.get((call.service, call.operation))
        operation = operation_model(call.service, call.operation) if call.service in BY_NAME else None
        if handler is None or operation is None:
            raise unknown_operation(call)
        params = parse(request, call.protocol, operation)
        known = pages(call.service, call.operation) if is_halved else None
        try:
            found = half(handler, account, params, known) if known else handler(account, params)
        except AwsError as error:
            account.trail.note(call.service, call.operation, params, error)
            raise
        account.trail.note(call.service, call.operation, params)
        return serialize(call, operation, found, request_id)
