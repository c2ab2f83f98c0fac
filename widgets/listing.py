"""Long lists that are drawn where they are looked at: a thousand tasks cost what the visible ones cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from widgets.line import Line


@dataclass(frozen=True)
class Listing:
    """So many lines, each drawn when it is asked for."""

    count: int
    draw: Callable[[int], Line]
    """The line at a place, from 0."""

    def __len__(self) -> int:
        return self.count

    def part(self, start: int, stop: int) -> tuple[Line, ...]:
        """The lines from ``start`` up to ``stop``."""
        return tuple(self.draw(place) for place in range(max(0, start), min(stop, self.count)))

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Listing":
        """Lines that are drawn already."""
        return cls(len(lines), lines.__getitem__)


@dataclass(frozen=True)
class Window:
    """Visible lines, and how many more there are below."""

    lines: tuple[Line, ...]
    below: int


@dataclass
class Scroll:
    """How far each pane is scrolled; drawing keeps it within what there is."""

    offsets: dict[str, int] = field(default_factory=dict)

    def window(self, pane: str, body: Listing, rows: int, *, newest_last: bool = False) -> Window:
        """The part of a pane's lines that fits, and how many stay hidden.

        Args:
            newest_last: Scrolled to its end unless moved: the offset counts from the end, backwards.
        """
        rows = max(0, rows)
        spare = max(0, len(body) - rows)
        offset = self.offsets[pane] = max(0, min(spare, self.offsets.get(pane, 0)))
        start = spare - offset if newest_last else offset
        return Window(body.part(start, start + rows), spare - start)
