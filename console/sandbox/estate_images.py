"""The registry of a fleet: who pushed what when, and what was copied from one environment to the next."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.behaviour import behaviour_of

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.ecr import Repository

_OLD_S = 400 * 86_400.0


def stock(account: "Account", table: dict[str, Any], now: float) -> None:
    """The repositories of one table of a fleet file: one, or several that hold the same tags.

    Images are pushed oldest first; those of the same age keep the file's order. A table with a
    ``promotion`` copies builds out of the repositories of another environment, which stand before
    it in the file. ``critical`` says whether a scan finds something critical; else chance does.
    """
    for name in table.get("names") or [table["name"]]:
        repository = account.ecr.create(name, now - _OLD_S)
        if table.get("immutable"):
            repository.mutability = "IMMUTABLE"
        for image in sorted(table["images"], key=lambda item: -seconds(item["age"])):
            at = now - seconds(image["age"])
            if "build" in image:
                way = table["promotion"]
                source = account.ecr.repositories[name.replace(way["to"], way["from"], 1)]
                _promote(source, repository, image["build"], image["tags"], at)
                continue
            if "critical" in image:
                repository.critical[image["tags"][0]] = image["critical"]
            account.ecr.push(
                name,
                image["tags"],
                at,
                behaviour_of(image["behaviour"]).name,
                image.get("platform", "linux/amd64"),
            )


def _promote(source: "Repository", target: "Repository", build: str, tags: list[str], at: float) -> None:
    """Copy a build with its digests; what it calls itself stays what it was built as.

    Raises:
        ValueError: The source has no such build.
    """
    whole = source.tagged(build)
    if whole is None:
        raise ValueError(f"{target.name} is to have a copy of {source.name}:{build}, which nobody pushed")
    parts = [source.images[item["digest"]] for item in json.loads(whole.manifest)["manifests"]]
    for image in (*parts, whole):
        copy = replace(image, repository=target.name, tags=[], pushed_at=at)
        target.images[copy.digest] = copy
    for tag in tags:
        target.move(tag, target.images[whole.digest])
