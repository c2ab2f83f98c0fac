"""What two revisions of a service have not in common: images, settings, names; never a secret value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from console.domain import words
from console.domain.release import Image, Release
from console.domain.setting_changes import HIDDEN, SettingChange, is_list, parts_of, setting_changes
from console.domain.text import cut_end
from console.domain.version import short_digest
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.listing import Listing


@dataclass(frozen=True)
class Revisions:
    """The revisions of a service that can be compared, and which two are."""

    known: tuple[Release, ...] = ()
    """Newest first; the first one is live."""
    newer: int = 0
    older: int = 1
    """Places in ``known``."""
    note: str = ""
    """``reading the history``, or why it could not be read."""

    @property
    def pair(self) -> tuple[Release, Release] | None:
        """(older, newer), or ``None`` where there is nothing to compare."""
        if max(self.newer, self.older) >= len(self.known) or self.newer == self.older:
            return None
        return self.known[self.older], self.known[self.newer]

    def moved(self, which: str, step: int) -> "Revisions":
        """With the ``older`` or the ``newer`` one moved; a positive step goes back in time.

        The two never meet: the older one stays behind the newer.
        """
        if len(self.known) < 2:
            return self
        older, newer = self.older, self.newer
        if which == "older":
            older = max(newer + 1, min(len(self.known) - 1, older + step))
        else:
            newer = max(0, min(older - 1, newer + step))
        return Revisions(self.known, newer, older, self.note)


NOTHING_TO_COMPARE = Revisions()


def changes(older: Release, newer: Release) -> tuple[SettingChange, ...]:
    """Images by digest, then settings by name; a difference that is never shown is at least said."""
    found = [*_images(older, newer)]
    for change in setting_changes(older, newer):
        name = change.name
        if name == HIDDEN:
            found.append(replace(change, after="hidden values differ"))
        elif change.differs:
            found.append(replace(change, after="differs"))
        elif change.before or change.after:
            before, after = value_words(name, change.before), value_words(name, change.after)
            found.append(replace(change, before=before, after=after))
        else:
            found.append(change)
    return tuple(found)


def _images(older: Release, newer: Release) -> list[SettingChange]:
    old = {image.container: image for image in older.images}
    new = {image.container: image for image in newer.images}
    found = []
    for container in sorted(old.keys() | new.keys()):
        before, after = old.get(container), new.get(container)
        if before is not None and after is not None and before.digest == after.digest is not None:
            continue
        if before == after:
            continue
        label = older.version.label if container == older.main else ""
        label_now = newer.version.label if container == newer.main else ""
        found.append(SettingChange(f"image {container}", _image(before, label), _image(after, label_now)))
    return found


def _image(image: Image | None, label: str) -> str:
    if image is None:
        return words.NOTHING
    digest = short_digest(image.digest) if image.digest else "digest not told"
    name = label or image.tag or ""
    return f"{digest} {name}" if name and not name.startswith("@") else digest


def value_words(name: str, value: str | None) -> str:
    """A setting as people read it: memory with its unit and in thousands."""
    if not value:
        return words.NOTHING
    number = value.removesuffix(" MB")
    counted = name.endswith(("memory", "memory reserved")) and number.isdigit()
    return words.megabytes(int(number)) if counted else value


def change_of(name: str, before: str | None, after: str | None) -> str:
    """The newer value as a column shows it: of lists what was added and what is gone."""
    if not is_list(name):
        return value_words(name, after)
    was, now = parts_of(before or ""), parts_of(after or "")
    said = [f"+{item}" for item in now if item not in was] + [f"-{item}" for item in was if item not in now]
    return " ".join(said) or (after or words.NOTHING)


def change_count(revisions: Revisions) -> int | None:
    """How many things differ in the pair that is compared; ``None``: nothing to compare."""
    return None if revisions.pair is None else len(changes(*revisions.pair))


def config_lines(
    revisions: Revisions,
    now: datetime,
    left: int,
    end: int,
    glyphs: Glyphs,
    choosing: Sequence[str] = ("", ""),
) -> Listing:
    """Which two are compared, then one line a change: before and after, or what came and what went.

    Args:
        choosing: The keys that choose the older and the newer one.
    """
    lines: list[Line] = []
    if revisions.note:
        ink = "stale" if revisions.note.startswith("not read") else "muted"
        lines.append(Line().put(left, cut_end(revisions.note, end - left, glyphs.ellipsis), ink))
    pair = revisions.pair
    if pair is None:
        if not revisions.note:
            lines.append(Line().put(left, "no other revision to compare with", "muted"))
        return Listing.of(lines)
    older, newer = pair
    line = _compared(revisions, older, newer, now, left, glyphs)
    if len(revisions.known) > 2:
        keys = [
            (f"  of {len(revisions.known)}", "muted"),
            (f"  {choosing[0]} ", "bold accent"),
            ("older", "muted"),
            (f"  {choosing[1]} ", "bold accent"),
            ("newer", "muted"),
        ]
        if line.end + sum(len(text) for text, _ in keys) <= end:
            line.run(line.end, *keys)
    lines.append(line)
    found = changes(older, newer)
    if not found:
        lines.append(Line().put(left, "the same images, equally configured", "muted"))
    column = left + min(26, 2 + max((len(item.name) for item in found), default=0))
    for item in found:
        lines.extend(_change_lines(item, left, column, end, glyphs))
    return Listing.of(lines)


def _compared(
    revisions: Revisions, older: Release, newer: Release, now: datetime, left: int, glyphs: Glyphs
) -> Line:
    line = Line()
    parts = [
        (older.revision, "bold strong"),
        (f" {older.version.label}{_age(older, now)} ", "text"),
        (f"{glyphs.arrow} ", "muted"),
        (newer.revision, "bold strong"),
        (f" {newer.version.label}{_age(newer, now)}", "text"),
        (" live" if revisions.newer == 0 else "", "steady"),
    ]
    line.run(left, *parts)
    return line


def _age(release: Release, now: datetime) -> str:
    if release.created_at is None:
        return ""
    return f" {words.age((now - release.created_at).total_seconds())}"


def _change_lines(item: SettingChange, left: int, column: int, end: int, glyphs: Glyphs) -> Sequence[Line]:
    name = cut_end(item.name, column - left - 1, glyphs.ellipsis)
    room = end - column
    if item.added or item.removed or item.changed:
        marked = [
            *(("-", gone, "muted") for gone in item.removed),
            *(("+", came, "warning") for came in item.added),
            *(("~", other, "warning") for other in item.changed),
        ]
        lines = [
            Line().put(column, cut_end(f"{mark} {text}", room, glyphs.ellipsis), ink)
            for mark, text, ink in marked
        ]
        lines[0].put(left, name, "faint")
        return lines
    line = Line().put(left, name, "faint")
    if not item.before:
        line.put(column, cut_end(item.after, room, glyphs.ellipsis), "warning")
        return (line,)
    before = cut_end(item.before, max(4, room // 2 - 2), glyphs.ellipsis)
    column = line.run(column, (before, "muted"), (f" {glyphs.arrow} ", "muted"))
    line.put(column, cut_end(item.after, max(0, end - column), glyphs.ellipsis), "warning")
    return (line,)
