"""Task definitions, fetched once: a revision never changes, only whether it is still active does."""

from dataclasses import dataclass
from typing import Any

from console.aws.calls import Calls
from console.aws.sizing import sized
from console.domain.operation import AS_IT_IS, Sizing


@dataclass(frozen=True)
class Definition:
    """One revision as DescribeTaskDefinition gives it; its tags come beside it, not in it."""

    raw: dict[str, Any]
    tags: list[dict[str, str]]

    @property
    def arn(self) -> str:
        return str(self.raw["taskDefinitionArn"])

    @property
    def is_active(self) -> bool:
        """UpdateService takes it; an inactive one has to be registered again first."""
        return bool(self.raw.get("status", "ACTIVE") == "ACTIVE")

    @property
    def containers(self) -> list[dict[str, Any]]:
        return list(self.raw.get("containerDefinitions", ()))


class Definitions:
    """Every task definition that was ever read, kept in memory."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: dict[str, Definition] = {}

    def get(self, arn: str) -> Definition:
        """One definition, read only if it never was."""
        return self._known.get(arn) or self.refresh(arn)

    def knows(self, arn: str) -> bool:
        """Whether it has been read, so that a copy could be registered even if it were deleted."""
        return arn in self._known

    def refresh(self, arn: str) -> Definition:
        """One definition as it is now: it may have been deregistered since."""
        answer = self._calls.read("ecs", "DescribeTaskDefinition", taskDefinition=arn, include=["TAGS"])
        return self._kept(answer)

    def register(self, base: Definition, images: dict[str, str], sizing: Sizing = AS_IT_IS) -> Definition:
        """Register a copy in the same family with other images, perhaps in another size; one write.

        Only what RegisterTaskDefinition knows is copied, so that whatever AWS adds to its answers
        later cannot break it.

        Args:
            images: Container name -> image reference, for those that change.
        """
        keys = self.register_keys() - {"tags", "containerDefinitions"}
        whole = sized(base.raw, sizing)
        params = {key: value for key, value in whole.items() if key in keys}
        params["containerDefinitions"] = [
            {**item, "image": images.get(str(item.get("name")), item.get("image"))}
            for item in whole.get("containerDefinitions", ())
        ]
        if base.tags:
            params["tags"] = base.tags
        return self._kept(self._calls.write("ecs", "RegisterTaskDefinition", **params))

    def register_keys(self) -> frozenset[str]:
        """The members of RegisterTaskDefinition's input: the part of a definition that configures."""
        return self._calls.members("ecs", "RegisterTaskDefinition")

    def _kept(self, answer: dict[str, Any]) -> Definition:
        definition = Definition(answer["taskDefinition"], list(answer.get("tags", ())))
        self._known[definition.arn] = definition
        return definition
