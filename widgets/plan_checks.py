"""What preflight looked at, as a plan tells it."""

from collections.abc import Sequence
from datetime import datetime

from console.domain.operation import Check, CheckState
from console.domain.text import cell_width, cut_end
from console.domain.words import age
from widgets.glyphs import Glyphs
from widgets.regions import wrapped

ROOMY = 68
"""With less room than this, what could not be checked is said in one line."""


def checked(
    checks: Sequence[Check], now: datetime, at: datetime, room: int, glyphs: Glyphs
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """What passed, side by side; what failed or could not be told, each with its evidence."""
    flow: list[list[tuple[str, str]]] = [[]]
    used = 0
    said_at = f"{age((now - at).total_seconds())} ago"
    passed = [check for check in checks if check.state is CheckState.PASS]
    for check in passed:
        size = cell_width(check.name) + 4
        if flow[-1] and used + size > room:
            flow.append([])
            used = 0
        flow[-1] += [(f"{glyphs.passed} ", "steady"), (f"{check.name}  ", "text")]
        used += size
    if passed and used + len(said_at) <= room:
        flow[-1].append((said_at, "muted"))
    lines = [tuple(line) for line in flow if line]
    for check in checks:
        if check.state is not CheckState.PASS:
            lines += _doubtful(check, room, glyphs)
    return tuple(lines)


def _doubtful(check: Check, room: int, glyphs: Glyphs) -> list[tuple[tuple[str, str], ...]]:
    failed = check.state is CheckState.FAIL
    mark, ink = (glyphs.failed, "bold critical") if failed else (glyphs.unknown, "warning")
    said = f" {glyphs.dot} ".join(part for part in (check.evidence, check.remedy) if part)
    text = f"{check.name}: {said}" if said else check.name
    if not failed and room < ROOMY:
        text = cut_end(text, room - 2, glyphs.ellipsis)
    first, *rest = wrapped(text, room - 2)
    return [((f"{mark} ", ink), (first, ink)), *(((f"  {line}", ink),) for line in rest)]
