"""The keys of a checklist, and their order in the key bar."""

from textual.binding import Binding, BindingType

ORDER = (
    "checklist.back",
    "checklist.tick",
    "checklist.move_on",
    "checklist.refuse",
    "checklist.begin",
    "checklist.waive",
    "checklist.run",
    "checklist.act",
    "checklist.phase",
    "checklist.copy",
    "app.keys",
)
KEYS: list[BindingType] = [
    Binding("escape", "back", "back", id="checklist.back", tooltip="Back to where you were"),
    Binding("space", "tick", "tick", id="checklist.tick", tooltip="Say that it is so, or take that back"),
    Binding("b", "begin", "begin", id="checklist.begin", tooltip="Begin to walk the list"),
    Binding("w", "waive", "waive", id="checklist.waive", tooltip="Let an item be, with a reason"),
    Binding("W", "run", "run it", id="checklist.run", tooltip="Run the check that writes, once"),
    Binding("A", "act", "approve", id="checklist.act", tooltip="Do what it is about: approve, set …"),
    Binding("n", "note", "note", id="checklist.note", show=False, tooltip="Tick it with a note"),
    Binding("x", "skip", "none this time", id="checklist.skip", show=False, tooltip="Nothing of the kind"),
    Binding(
        "left_square_bracket",
        "phase(-1)",
        "phase before",
        id="checklist.phase_back",
        show=False,
        tooltip="The phase before",
    ),
    Binding("right_square_bracket", "phase(1)", "next phase", id="checklist.phase", tooltip="Phase after"),
    Binding("M", "move_on", "continue", id="checklist.move_on", tooltip="Plan to continue the pause"),
    Binding("N", "refuse", "refuse", id="checklist.refuse", tooltip="Plan to refuse the pause: back"),
    Binding("tab", "other", "other list", id="checklist.other", show=False, tooltip="The next list"),
    Binding("a", "again", "look again", id="checklist.again", show=False, tooltip="Judge everything anew"),
    Binding("E", "end", "end", id="checklist.end", show=False, tooltip="End the walk"),
    Binding("y", "copy", "copy", id="checklist.copy", tooltip="Copy it as Markdown for the ticket"),
]
