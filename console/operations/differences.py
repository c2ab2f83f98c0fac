"""What is not the same in two releases, by name; never a value that could be secret."""

from console.domain.operation import Difference
from console.domain.release import Release
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
    for name in sorted(before.settings.keys() | after.settings.keys()):
        was, now = before.settings.get(name, ""), after.settings.get(name, "")
        if was != now:
            found.append(Difference(name, was or "–", now or "–"))
    settings_differ = any(not item.name.startswith("image ") for item in found)
    if before.configuration != after.configuration and not settings_differ:
        found.append(Difference("other settings", "", "values differ that are never shown"))
    return tuple(found)


def _short(reference: str) -> str:
    return short_digest(reference) if reference.startswith("sha256:") else reference or "–"
