"""What is not the same in two releases, by name; never a value that could be secret."""

from collections.abc import Iterator

from console.domain.operation import Difference
from console.domain.release import Release
from console.domain.setting_changes import HIDDEN, SettingChange, setting_changes
from console.domain.version import short_digest


def differences(before: Release, after: Release) -> tuple[Difference, ...]:
    """Images that differ (by digest), then settings that differ, in the order of their names."""
    old = {image.container: image for image in before.images}
    new = {image.container: image for image in after.images}
    found = []
    for container in sorted(old.keys() | new.keys()):
        was = (old[container].digest or old[container].tag or "") if container in old else ""
        now = (new[container].digest or new[container].tag or "") if container in new else ""
        if was != now:
            found.append(Difference(f"image {container}", _short(was), _short(now)))
    for change in setting_changes(before, after):
        found += _differences(change)
    return tuple(found)


def _differences(change: SettingChange) -> Iterator[Difference]:
    """One a name: a list of forty variables says nothing of the one that is missing."""
    name = change.name
    if name == HIDDEN:
        yield Difference(name, "", "hidden values differ")
    elif change.differs:
        yield Difference(name, "–", "differs")
    elif change.before or change.after:
        yield Difference(name, change.before or "–", change.after or "–")
    yield from (Difference(f"{name} {item}", "–", "added") for item in change.added)
    yield from (Difference(f"{name} {item}", "set", "removed") for item in change.removed)
    yield from (Difference(f"{name} {item}", "set", "another value") for item in change.changed)


def _short(reference: str) -> str:
    return short_digest(reference) if reference.startswith("sha256:") else reference or "–"
