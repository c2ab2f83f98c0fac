"""Requests in a row that show whether a service does its work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class SmokeStep:
    """One request, what it must answer, and what the next ones need of the answer.

    ``${name}`` in path, headers and body stands for a variable.
    """

    name: str
    method: str = "GET"
    path: str = "/"
    """Behind the sequence's base; a whole address is taken as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    """The body; ``None``: none."""
    expect_status: tuple[int, ...] = ()
    """Empty: any from 200 to 299."""
    expect: tuple[str, ...] = ()
    """JMESPath expressions over the answer, each of which must be true."""
    capture: Mapping[str, str] = field(default_factory=dict)
    """Variable -> JMESPath expression over the answer. What is captured is masked wherever it is shown."""
    writes: bool = False
    """It leaves something behind: never sent in a read-only environment, nor by what only looks."""
    limit: timedelta = timedelta(seconds=5)
    """From sent to the whole answer."""
    within: timedelta | None = None
    """Slower than that is not well, although it answers."""
    fatal: bool = True
    """When it fails, the steps behind it are not tried."""


@dataclass(frozen=True)
class SmokeSequence:
    """``[…services.ALIAS.smoke]``"""

    base: str
    """Address before every path, without a slash at its end."""
    steps: tuple[SmokeStep, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Variable -> where its value is: ``env:NAME``, ``file:PATH``, ``secretsmanager:NAME#KEY``."""

    @property
    def reading(self) -> "SmokeSequence":
        """The sequence without the steps that write."""
        return SmokeSequence(
            self.base, tuple(step for step in self.steps if not step.writes), self.variables, self.secrets
        )
