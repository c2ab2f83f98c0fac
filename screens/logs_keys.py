"""The keys of the log, and which of them the key bar names first."""

from textual.binding import Binding, BindingType

ORDER: tuple[str, ...] = (
    "logs.back",
    "logs.pause",
    "logs.include",
    "logs.next",
    "logs.unfold",
    "logs.exclude",
    "logs.severity",
    "logs.time",
    "logs.copy",
    "logs.save",
    "logs.source",
    "logs.since",
)

KEYS: list[BindingType] = [
    Binding("escape", "back", "back", id="logs.back", tooltip="Leave the field, or the log"),
    Binding("space", "pause", "pause", id="logs.pause", tooltip="Stand still, or follow again"),
    Binding("slash", "field('include')", "include", id="logs.include", tooltip="Lines with words only"),
    Binding(
        "exclamation_mark",
        "field('exclude')",
        "exclude",
        id="logs.exclude",
        key_display="!",
        tooltip="No lines with these words",
    ),
    Binding("v", "severity", "severity", id="logs.severity", tooltip="All, info, warn, error and worse"),
    Binding("n", "next(1)", "next error", id="logs.next", tooltip="Next found line, or next error"),
    Binding("N", "next(-1)", "error before", id="logs.previous", show=False, tooltip="The one before"),
    Binding("t", "field('time')", "to a time", id="logs.time", tooltip="Go to 03:11, 03:11:45 or -5m"),
    Binding("enter", "unfold", "unfold", id="logs.unfold", tooltip="Show the members of a line"),
    Binding("y", "copy", "copy", id="logs.copy", tooltip="Copy the selected line, or all that are seen"),
    Binding("w", "field('save')", "save", id="logs.save", tooltip="Write all lines that match to a file"),
    Binding("tab", "source", "source", id="logs.source", tooltip="All, new, old revision, this task"),
    Binding("a", "field('since')", "after", id="logs.since", tooltip="Lines after a time only"),
    Binding("f", "field('find')", "find", id="logs.find", show=False, tooltip="Mark words, hide nothing"),
    Binding("e", "events", "events", id="logs.events", show=False, tooltip="Events stay, or are filtered"),
    Binding("c", "clear", "clear", id="logs.clear", show=False, tooltip="Show everything again"),
    Binding("z", "wrap", "wrap", id="logs.wrap", show=False, tooltip="Long lines over several rows"),
    Binding("u", "zone", "utc or local", id="logs.zone", show=False, tooltip="Times in UTC or local"),
    Binding("G,end", "follow", "follow", id="logs.follow", show=False, tooltip="Go to the end, follow"),
]
