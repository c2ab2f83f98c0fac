"""A walked list as Markdown, for the ticket of the release."""

from collections.abc import Iterator

from console.domain.checklist import ItemState, ItemView, WalkView
from console.domain.words import utc

_MARKS = {ItemState.PASS: "x", ItemState.WAIVED: "x", ItemState.NOT_APPLICABLE: "x"}
_MEANT = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|~"})


def markdown(walk: WalkView, about: str = "") -> str:
    """The list with who, when, value, evidence and waiver of each item.

    Args:
        about: What it is around: the service and its versions.
    """
    return "\n".join(_lines(walk, about)) + "\n"


def _lines(walk: WalkView, about: str) -> Iterator[str]:
    yield f"# {_plain(walk.checklist.title)}"
    yield ""
    if about:
        yield _plain(about)
    if walk.started_at is not None:
        ended = f", ended {utc(walk.ended_at)}" if walk.ended_at is not None else ""
        yield f"Walk `{walk.id}`, begun {utc(walk.started_at)} by {_plain(walk.by)}{ended}"
    left = walk.blockers()
    yield f"Still open: {len(left)}" if left else "Everything required is settled"
    for phase in walk.checklist.phases:
        items = walk.of(phase)
        yield ""
        yield f"## {phase.value} ({walk.settled(phase)} of {len(items)})"
        yield ""
        for view in items:
            yield from _item(view)


def _item(view: ItemView) -> Iterator[str]:
    said = [view.state.value, view.value if view.value != view.reason else ""]
    if view.by:
        said.append(f"by {view.by}")
    if view.at is not None:
        said.append(utc(view.at))
    advisory = "" if view.item.required else " (advisory)"
    tail = " · ".join(_plain(part) for part in said if part)
    yield f"- [{_MARKS.get(view.state, ' ')}] {_plain(view.item.title)}{advisory}: {tail}"
    if view.reason:
        yield f"  - because: “{_plain(view.reason)}”"
    if view.evidence:
        yield f"  - evidence: {_plain(' '.join(view.evidence.split()))}"


def _plain(text: str) -> str:
    """Text that means no more than it says."""
    return text.translate(_MEANT)
