"""One request to an application and its answer, as its routes see them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from console.sandbox.application.serving import Answering


@dataclass(frozen=True)
class Asked:
    """What was asked of which task."""

    method: str
    path: str
    """Within the application: ``/api/jobs``."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    one: Answering
    rng: Random
    """This request's own."""

    def fields(self) -> dict[str, Any]:
        """The members of a JSON body.

        Raises:
            ProblemError: 400 when it is no JSON object.
        """
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ProblemError(400, "the body must be a JSON object")
        return content


class ProblemError(Exception):
    """An answer that is not what was asked for: its status and its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


Answer = tuple[int, Any]
"""Status and JSON."""
Route = Callable[[Asked], Answer]
