"""Findings as a table: OK, NG or SKIP, what was looked at, and the value or the reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textual.reactive import reactive

from console.domain.findings import Finding, Outcome
from console.domain.text import cut_end
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.lines import Pane
from widgets.listing import Listing, Scroll
from widgets.regions import heading, wrapped

_OUTCOME, _NAME, _SAID = 2, 10, 34
_MARKS = {
    Outcome.OK: ("passed", "steady", "muted"),
    Outcome.NG: ("failed", "bold critical", "strong"),
    Outcome.SKIP: ("nodata", "stale", "muted"),
}


@dataclass(frozen=True)
class FindingsPicture:
    """All that the view draws from."""

    title: str
    findings: tuple[Finding, ...] = ()
    over: bool = False
    """Everything was looked at."""
    error: str = ""
    waiting_s: float = 0.0

    @property
    def counts(self) -> str:
        """``14 OK, 1 NG, 3 SKIP``."""
        found = Counter(item.outcome for item in self.findings)
        return ", ".join(f"{found[outcome]} {outcome.value}" for outcome in Outcome)


class FindingsView(Pane):
    """Draws the findings; ``scroll`` says how far down."""

    shown: reactive[FindingsPicture | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__()
        self.scroll = Scroll()

    def move(self, step: int) -> None:
        """Show rows further down, or up."""
        self.scroll.offsets["findings"] = self.scroll.offsets.get("findings", 0) + step
        self.refresh()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        if self.shown is None:
            return ()
        air = (Line(),) if height >= 24 else ()
        head = (*air, *_head(self.shown, width, self.glyphs))
        lines = Listing.of(finding_lines(self.shown.findings, width - 2, self.glyphs))
        window = self.scroll.window("findings", lines, height - len(head) - 1)
        more = Line().put(2, f"{self.glyphs.more} {window.below} more", "muted") if window.below else Line()
        return (*head, *window.lines, more)


def _head(shown: FindingsPicture, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    bad = any(item.outcome is Outcome.NG for item in shown.findings)
    if shown.error:
        mark, word, ink = glyphs.unknown, "NOT LOOKED AT", "bold stale"
    elif not shown.over:
        mark, word, ink = glyphs.forward, "LOOKING", "bold deploying"
    elif bad:
        mark, word, ink = glyphs.failed, "NG", "bold critical"
    else:
        mark, word, ink = glyphs.passed, "OK", "bold steady"
    line = Line()
    after = line.run(2, (f"{mark} {word}", ink), ("   ", "text"), (shown.title, "bold strong"))
    if width - 2 - len(shown.counts) > after + 1:
        line.right(width - 2, shown.counts, "muted")
    error = tuple(Line().put(2, text, "critical") for text in wrapped(shown.error, width - 4))
    return (line, *error, Line())


def finding_lines(findings: Sequence[Finding], end: int, glyphs: Glyphs) -> list[Line]:
    """One line a finding under its service; what is not well says it in full, with what was answered."""
    lines: list[Line] = []
    subject = ""
    for finding in findings:
        if finding.subject and finding.subject != subject:
            if lines:
                lines.append(Line())
            subject = finding.subject
            lines.append(heading(subject, 2, end, glyphs))
        lines += _finding(finding, end, glyphs)
    return lines


def _finding(finding: Finding, end: int, glyphs: Glyphs) -> list[Line]:
    mark, ink, text_ink = _MARKS[finding.outcome]
    line = Line().put(_OUTCOME, f"{getattr(glyphs, mark)} {finding.outcome.value}", ink)
    line.put(_NAME, cut_end(finding.name, _SAID - _NAME - 1, glyphs.ellipsis), "text")
    room = end - _SAID
    if finding.outcome is not Outcome.NG:
        return [line.put(_SAID, cut_end(finding.said, room, glyphs.ellipsis), text_ink)]
    first, *rest = wrapped(finding.said, room) or ("",)
    lines = [line.put(_SAID, first, text_ink), *(Line().put(_SAID, text, text_ink) for text in rest)]
    lines += [Line().put(_SAID, text, "muted") for text in wrapped(finding.evidence, room)]
    return lines
