"""Versions to pick from: what each is, when it was pushed, what a scan found, what became of it here."""

from collections.abc import Sequence
from datetime import datetime

from console.domain.registry import Offer
from console.domain.text import cut_end
from console.domain.version import short_digest
from console.domain.words import age
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.regions import beside_bar

_DIGEST, _PUSHED, _SCAN, _HERE = 18, 34, 36, 58
"""Columns behind the first: where the digest begins, the age ends, scan and history begin."""


def listed(lines: Sequence[Line], picked: int, rows: int, column: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """At most ``rows`` of the lines, the picked one among them, and how many there are below."""
    first = max(0, min(picked - rows // 2, len(lines) - rows))
    visible = lines[first : first + rows]
    below = len(lines) - first - len(visible)
    more = (Line().put(column, f"{glyphs.more} {below} more", "muted"),) if below else ()
    return (*visible, *more)


def offer_line(offer: Offer, picked: bool, now: datetime, column: int, width: int, glyphs: Glyphs) -> Line:
    """One version: its label, digest, age, what a scan found, and what became of it here."""
    found = offer.found
    line = Line()
    if picked:
        line.put(beside_bar(column), glyphs.selected, "accent")
    ink = "bold strong" if picked else "text"
    line.put(column, cut_end(found.version.label, _DIGEST - 1, glyphs.ellipsis), ink)
    line.put(column + _DIGEST, short_digest(found.version.digest or ""), "muted")
    line.right(column + _PUSHED, age((now - found.pushed_at).total_seconds()), "muted")
    scan_ink = "critical" if found.findings.critical else "stale" if found.findings.missing else "muted"
    line.put(column + _SCAN, cut_end(found.findings.words, _HERE - _SCAN - 1, glyphs.ellipsis), scan_ink)
    here = "runs now" if offer.runs else offer.ran
    room = width - _HERE
    here_ink = "critical" if offer.is_bad else "steady" if offer.runs else "muted"
    return line.put(column + _HERE, cut_end(here, room, glyphs.ellipsis), here_ink) if room > 4 else line
