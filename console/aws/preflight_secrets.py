"""Whether what the tasks will read at their start exists. Names only: no value is ever asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.aws.calls import Calls, batches, code_of
from console.domain.operation import Check, CheckState
from console.domain.text import plain
from console.domain.words import count
from console.errors import QuarterdeckError
from console.ports import Clock

NAME = "secrets"
FRESH_S = 60.0
MOST_PARAMETERS = 50
"""Names that one filter of DescribeParameters may have (Systems Manager API reference)."""
_SUFFIX = 7
"""Hyphen and six characters that Secrets Manager adds to a name in its ARN."""


class Secrets:
    """Looks secrets up by name, and believes what it saw for a minute."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._seen: dict[str, tuple[float, str]] = {}
        """Reference -> when, and what is wrong with it."""

    def check(self, definition: Mapping[str, Any]) -> Check:
        """Every secret of every container; the execution role's right to read them is not proved by it.

        ECS reads a secret when a task starts, and not when its definition is registered (ECS developer
        guide, passing secrets).
        """
        wanted = list(dict.fromkeys(references(definition)))
        if not wanted:
            return Check(NAME, CheckState.PASS, "none are named")
        try:
            problems = {name: problem for name, problem in self._problems(wanted) if problem}
        except QuarterdeckError as error:
            return Check(NAME, CheckState.UNKNOWN, error.message, error.remedy)
        if problems:
            said = "; ".join(f"{named(item)} {problem}" for item, problem in problems.items())
            return Check(NAME, CheckState.FAIL, said, "restore it, or correct the definition: no task starts")
        return Check(NAME, CheckState.PASS, f"{count(len(wanted), 'secret')} there")

    def _problems(self, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
        now = self._clock.monotonic()
        fresh = {item for item in wanted if item in self._seen and now - self._seen[item][0] < FRESH_S}
        for item in wanted:
            if item not in fresh and ":secretsmanager:" in item:
                self._seen[item] = now, self._secret(item)
        parameters = [item for item in wanted if item not in fresh and ":secretsmanager:" not in item]
        for batch in batches(parameters, MOST_PARAMETERS):
            there = self._parameters(batch)
            for item in batch:
                self._seen[item] = now, "" if parameter(item) in there else "does not exist"
        for item in wanted:
            yield item, self._seen[item][1]

    def _secret(self, reference: str) -> str:
        """What is wrong with a secret; empty: it is there, with the version that is asked for."""
        parts = reference.split(":")
        stage = (parts[8] if len(parts) > 8 else "") or "AWSCURRENT"
        try:
            answer = self._calls.read(
                "secretsmanager", "DescribeSecret", region=parts[3], SecretId=":".join(parts[:7])
            )
        except QuarterdeckError as error:
            if code_of(error) == "ResourceNotFoundException":
                return "does not exist"
            raise
        if answer.get("DeletedDate"):
            return "is deleted"
        stages = [label for labels in (answer.get("VersionIdsToStages") or {}).values() for label in labels]
        by_id = len(parts) > 9 and parts[9]
        return "" if by_id or stage in stages else f"has no version {plain(stage)}"

    def _parameters(self, wanted: Sequence[str]) -> set[str]:
        names = [parameter(item) for item in wanted]
        return {str(item.get("Name")) for page in self._pages(names) for item in page.get("Parameters", ())}

    def _pages(self, names: list[str]) -> Iterator[dict[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            page = self._calls.read(
                "ssm",
                "DescribeParameters",
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": names}],
                **token,
            )
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def references(definition: Mapping[str, Any]) -> Iterator[str]:
    """What the containers name: ARNs of secrets and parameters, and bare names of parameters."""
    for container in definition.get("containerDefinitions", ()):
        for item in container.get("secrets", ()):
            yield str(item.get("valueFrom", ""))
        for item in (container.get("logConfiguration") or {}).get("secretOptions") or ():
            yield str(item.get("valueFrom", ""))
        credentials = (container.get("repositoryCredentials") or {}).get("credentialsParameter")
        if credentials:
            yield str(credentials)


def parameter(reference: str) -> str:
    """The name of a parameter: the bare one, or the ARN's, which has a slash in front only where it has
    several parts."""
    if not reference.startswith("arn:"):
        return reference
    name = reference.split(":", 5)[-1].removeprefix("parameter")
    return name if name.count("/") > 1 else name.removeprefix("/")


def named(reference: str) -> str:
    """A secret as people call it; never what stands behind its name."""
    parts = reference.split(":")
    if len(parts) >= 7 and parts[2] == "secretsmanager":
        name = parts[6]
        return plain(name[:-_SUFFIX] if name[-_SUFFIX : -_SUFFIX + 1] == "-" else name)
    if reference.startswith("arn:"):
        return plain(parameter(reference))
    return plain(reference) if ":" not in reference else "a reference of unknown form"
