"""The journal as rows, and one operation of it in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from console.domain.operation import Entry, OperationRecord, Verb, Verdict
from console.domain.text import cut_end, cut_middle
from console.domain.version import short_digest
from console.domain.words import NOTHING, account_number, clock, day, utc
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.plan_view import by_words
from widgets.regions import heading, wrapped

_LOOKS: dict[Verdict | None, tuple[str, str]] = {
    None: ("forward", "bold deploying"),
    Verdict.SUCCEEDED: ("passed", "muted"),
    Verdict.NOTHING_CHANGED: ("open", "muted"),
    Verdict.BAKING: ("forward", "bold deploying"),
    Verdict.FAILED: ("failed", "bold critical"),
    Verdict.ROLLED_BACK: ("back", "bold warning"),
    Verdict.BOUNCED: ("failed", "bold critical"),
    Verdict.MIXED: ("warning", "bold critical"),
    Verdict.REFUSED: ("failed", "muted"),
    Verdict.UNKNOWN: ("unknown", "bold stale"),
    Verdict.PAUSED: ("paused", "bold warning"),
    Verdict.STUCK: ("stuck", "bold critical"),
    Verdict.TIMED_OUT: ("warning", "bold critical"),
    Verdict.REPLACED: ("replaced", "muted"),
}
LOST = "lost"
"""In place of the time to safe, of what is not safe any more."""
_QUIET = (Verdict.SUCCEEDED, Verdict.NOTHING_CHANGED, Verdict.REPLACED, Verdict.REFUSED)
_ENVIRONMENTS = {"production": "prod", "staging": "stag", "development": "dev"}


def verdict_words(verdict: Verdict | None) -> str:
    """Lower case for what asks for no attention; ``RUNNING`` while there is none."""
    if verdict is None:
        return "RUNNING"
    return verdict.words.lower() if verdict in _QUIET else verdict.words


@dataclass(frozen=True)
class JournalRow:
    """One operation, as strings ready to draw."""

    key: str | None
    date: str
    """Empty where it is the same as in the row above."""
    time: str
    verdict: Verdict | None
    verb: str
    service: str
    environment: str
    before: str
    after: str
    by: str
    safe: str
    took: str
    note: str
    height: int = 1

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        name_ink = "bold strong" if selected else "text"
        line = Line().put(2, self.date, "text").put(8, self.time, "muted")
        mark, ink = _LOOKS[self.verdict]
        mark_ink = "steady" if self.verdict is Verdict.SUCCEEDED else ink
        line.put(15, getattr(glyphs, mark), mark_ink).put(17, verdict_words(self.verdict), ink)
        if width < NARROW:
            line.put(33, cut_middle(self.service, 22, ellipsis=glyphs.ellipsis), name_ink)
            line.put(56, cut_end(self.after, 11, glyphs.ellipsis), "text")
            return (line.right(72, self.safe, self._safe_ink).right(78, self.took, "muted"),)
        line.put(33, self.verb, "text").put(
            42, cut_middle(self.service, 27, ellipsis=glyphs.ellipsis), name_ink
        )
        line.put(70, self.environment, "muted").put(75, cut_end(self.before, 10, glyphs.ellipsis), "muted")
        if self.after:
            line.put(86, glyphs.arrow, "muted").put(88, cut_end(self.after, 11, glyphs.ellipsis), "text")
        line.put(100, cut_end(self.by, 7, glyphs.ellipsis), "muted")
        line.right(112, self.safe, self._safe_ink)
        line.right(119, self.took, "muted")
        return (line.put(121, cut_end(self.note, max(0, width - 123), glyphs.ellipsis), "muted"),)

    @property
    def _safe_ink(self) -> str:
        """The time that a rollback took to safe is the number that matters, as long as it is safe."""
        if self.safe == LOST:
            return "bold critical"
        return "bold strong" if self.verb == Verb.ROLLBACK and self.safe != NOTHING else "muted"


@dataclass(frozen=True)
class SentenceRow:
    """A sentence at the place of the first row, when there are none."""

    text: str
    key: str | None = None
    height: int = 1

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        return (Line().put(2, self.text, "muted", width - 4),)


def heads(width: int) -> Line:
    """The heads of the columns."""
    line = Line().put(2, "when", "faint").put(15, "verdict", "faint")
    if width < NARROW:
        line.put(33, "service", "faint").put(56, "to", "faint")
        return line.right(72, "safe", "faint").right(78, "took", "faint")
    for column, text in (
        (33, "verb"),
        (42, "service"),
        (70, "env"),
        (75, "version"),
        (100, "by"),
        (121, "note"),
    ):
        line.put(column, text, "faint")
    return line.right(112, "safe", "faint").right(119, "took", "faint")


def in_order(records: Sequence[OperationRecord]) -> tuple[OperationRecord, ...]:
    """Open operations first, then the newest."""
    newest = sorted(records, key=lambda record: (record.planned_at, record.id), reverse=True)
    return tuple(sorted(newest, key=lambda record: not record.is_open))


def rows(records: Sequence[OperationRecord], now: datetime) -> tuple[JournalRow, ...]:
    """One row an operation, in the order given."""
    found: list[JournalRow] = []
    above = ""
    for record in records:
        date = day(record.planned_at, now)
        found.append(_row(record, "" if date == above else date, now))
        above = date
    return tuple(found)


def _row(record: OperationRecord, date: str, now: datetime) -> JournalRow:
    safe = record.seconds_to(record.safe_at)
    end = now if record.verdict is None else record.done_at or record.ended_at
    took = record.seconds_to(end)
    return JournalRow(
        key=record.id,
        date=date[-5:],
        time=record.planned_at.astimezone(UTC).strftime("%H:%M"),
        verdict=record.verdict,
        verb=record.verb.value,
        service=record.address.service,
        environment=_ENVIRONMENTS.get(record.address.environment, record.address.environment[:4]),
        before=version_of(record.source),
        after=version_of(record.target),
        by=record.actor,
        safe=LOST if record.safety.is_lost else NOTHING if safe is None else clock(safe),
        took=NOTHING if took is None else clock(took),
        note=_note(record),
    )


def version_of(facts: Mapping[str, object]) -> str:
    """The version that a release's facts name, else its digest; empty when they name none."""
    digest = facts.get("digest")
    return str(facts.get("version") or (short_digest(str(digest)) if digest else ""))


def _note(record: OperationRecord) -> str:
    by = {"ecs": "by ECS"}.get(record.by or "", f"by {record.by}" if record.by else "")
    trouble = record.safety.trouble if record.safety.is_lost else ""
    return ", ".join(part for part in (by, record.reason or trouble) if part)


def matches(record: OperationRecord, wanted: str) -> bool:
    """Whether every word of a filter occurs in what a row shows."""
    said = " ".join(
        (
            str(record.address),
            record.address.service,
            record.verb.value,
            verdict_words(record.verdict),
            version_of(record.source),
            version_of(record.target),
            record.actor,
            _note(record),
        )
    ).lower()
    return all(word in said for word in wanted.lower().split())


def is_failure(record: OperationRecord) -> bool:
    """Whether it ended otherwise than wanted."""
    return record.verdict is not None and record.verdict.exit_code != 0


def detail_lines(
    record: OperationRecord, entries: Sequence[Entry], width: int, glyphs: Glyphs, now: datetime, full: bool
) -> tuple[Line, ...]:
    """The timeline of one operation; in full also where, who, and from what to what."""
    when = f"{day(record.planned_at, now)} {record.planned_at.astimezone(UTC):%H:%M}"
    title = f"{record.verb.value} {record.address.service}, {when}"
    ending = [] if full else [("enter opens it in full", "muted")]
    lines = [heading(title, 2, width - 2, glyphs, ending)]
    if full:
        lines += [*_facts(record, width), Line()]
    zero = record.ordered_at or record.planned_at
    for entry in entries:
        lines += _entry(entry, (entry.at - zero).total_seconds(), width)
    if not entries:
        lines.append(Line().put(2, "nothing was written but the operation itself", "muted"))
    return tuple(lines)


def _entry(entry: Entry, seconds: float, width: int) -> list[Line]:
    ink = "bold strong" if entry.event in ("safe", "done", "verdict") else "text"
    first, *rest = wrapped(entry.text or entry.event, width - 11) or (entry.event,)
    time = clock(seconds) if seconds >= 0 else f"-{clock(-seconds)}"
    line = Line().right(7, time, "muted").put(9, first, ink)
    return [line, *(Line().put(9, text, ink) for text in rest)]


def _facts(record: OperationRecord, width: int) -> list[Line]:
    """Everything that the journal knows of an operation, one fact a line."""
    place = (account_number(record.account), record.region, record.cluster, record.service)
    said = {
        "id": record.id,
        "address": str(record.address),
        "where": "  ".join(place),
        "from": _release(record.source),
        "to": _release(record.target),
        "by": "  ".join(by_words(record.mechanism)),
        "operator": f"{record.actor}  {record.caller}",
        "host": f"{record.host}  pid {record.pid}",
        "planned": utc(record.planned_at),
        "confirmed": utc(record.ordered_at) if record.ordered_at else NOTHING,
        "safe": _after(record, record.safe_at),
        **({"unsafe": record.safety.trouble} if record.safety.trouble else {}),
        "done": _after(record, record.done_at),
        "verdict": verdict_words(record.verdict) + (f"  by {record.by}" if record.by else ""),
        "reason": record.reason or NOTHING,
    }
    lines: list[Line] = []
    for label, text in said.items():
        for index, part in enumerate(wrapped(text, width - 16) or (NOTHING,)):
            lines.append(Line().put(2, label if index == 0 else "", "faint").put(14, part, "text"))
    return lines


def _release(facts: Mapping[str, object]) -> str:
    definition = str(facts.get("task_definition") or "")
    revision = ":" + definition.rsplit(":", 1)[-1] if definition else ""
    return "  ".join(part for part in (revision, version_of(facts), str(facts.get("digest") or "")) if part)


def _after(record: OperationRecord, moment: datetime | None) -> str:
    seconds = record.seconds_to(moment)
    return NOTHING if seconds is None or moment is None else f"{clock(seconds)}  {utc(moment)}"


def as_text(record: OperationRecord, entries: Sequence[Entry], glyphs: Glyphs, now: datetime) -> str:
    """One operation in full as plain text, to paste somewhere."""
    lines = detail_lines(record, entries, 120, glyphs, now, full=True)
    title = f"{record.verb.value} {record.address}"
    return "\n".join([title, *(line.plain(140) for line in lines[1:])])
