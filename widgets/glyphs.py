"""The marks of the interface: one cell each, none with an emoji form, and their ASCII stand-ins."""

from dataclasses import dataclass

from console.domain.service import ServiceState


@dataclass(frozen=True)
class Glyphs:
    """One set of marks."""

    steady: str = "●"
    forward: str = "»"
    back: str = "«"
    share: str = "◔"
    draining: str = "▽"
    warning: str = "▲"
    failed: str = "✗"
    stuck: str = "■"
    deleted: str = "⊘"
    paused: str = "║"
    passed: str = "✓"
    replaced: str = "◇"
    open: str = "○"
    nodata: str = "∅"
    stale: str = "◌"
    unknown: str = "?"
    selected: str = "▌"
    bar: str = "━"
    rest: str = "─"
    bad: str = "╍"
    tick: str = "┃"
    more: str = "▾"
    ellipsis: str = "…"
    arrow: str = "→"
    dot: str = "·"
    block: str = "█"
    mixed: str = "≠"
    """Tasks of one deployment run different images."""
    rising: str = "↑"
    falling: str = "↓"
    levels: str = "▁▂▃▄▅▆▇█"
    """Of a sparkline, lowest first."""
    limit: str = "╌"
    """Of a chart: its limit, and the next two when something was shipped."""
    mark: str = "▼"
    mark_line: str = "┊"

    def of_state(self, state: ServiceState) -> str:
        """The mark of a service's state."""
        return {
            ServiceState.DELETED: self.deleted,
            ServiceState.DELETING: self.deleted,
            ServiceState.FAILING: self.failed,
            ServiceState.STUCK: self.stuck,
            ServiceState.PAUSED: self.paused,
            ServiceState.WARNING: self.warning,
            ServiceState.ROLLING: self.forward,
            ServiceState.ROLLING_BACK: self.back,
            ServiceState.CANARY: self.share,
            ServiceState.DRAINING: self.draining,
            ServiceState.DRAINED: self.open,
            ServiceState.UNKNOWN: self.unknown,
            ServiceState.STEADY: self.steady,
        }[state]


UNICODE = Glyphs()
ASCII = Glyphs(
    steady="o",
    forward=">",
    back="<",
    share="%",
    draining="v",
    warning="!",
    failed="X",
    stuck="#",
    deleted="D",
    paused="=",
    passed="+",
    replaced="w",
    open=".",
    nodata="-",
    stale="@",
    unknown="?",
    selected="|",
    bar="=",
    rest="-",
    bad=":",
    tick="|",
    more="v",
    ellipsis="~",
    arrow=">",
    dot=".",
    block="#",
    mixed="&",
    rising="^",
    falling="v",
    levels="0123456789",
    limit="-",
    mark="v",
    mark_line=":",
)


def glyphs_for(encoding: str) -> Glyphs:
    """The set that an output encoding can carry."""
    try:
        "●»◌━▌→".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return UNICODE
