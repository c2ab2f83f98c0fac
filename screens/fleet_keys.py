"""The keys of the fleet, and which of them the key bar names first."""

from textual.binding import Binding, BindingType

TABS = 5
"""Tabs that have a key of their own."""

ORDER: tuple[str, ...] = (
    "grid.choose",
    "do.roll_back",
    "do.move_on",
    "fleet.explain",
    "app.logs",
    "do.deploy",
    "fleet.filter",
    "filter.keep",
    "fleet.clear",
    "do.drain",
    "do.scale",
    "do.restart",
    "app.journal",
    "fleet.copy",
    "app.operation",
    "fleet.sort",
    "app.quit",
)

KEYS: list[BindingType] = [
    Binding("slash", "filter", "filter", id="fleet.filter", tooltip="Show some services only"),
    Binding("e", "explain", "explain", id="fleet.explain", tooltip="Cause and remedy in full"),
    Binding("b", "sort", "sort", id="fleet.sort", tooltip="Sort by the next column"),
    Binding("y", "copy", "copy", id="fleet.copy", tooltip="Copy a summary of the service"),
    Binding("u", "update", "update", id="fleet.update", show=False, tooltip="Apply a changed order"),
    Binding("tab", "tab(1)", "next tab", id="fleet.tab", show=False, tooltip="Next tab"),
    Binding("shift+tab", "tab(-1)", "previous tab", id="fleet.back_tab", show=False, tooltip="Tab before"),
    *(
        Binding(
            str(number),
            f"pick_tab({number})",
            f"tab {number}",
            id=f"fleet.tab_{number}",
            show=False,
            tooltip="The tab of that number",
        )
        for number in range(1, TABS + 1)
    ),
    Binding("escape", "clear_filter", "clear", id="fleet.clear", tooltip="Clear the filter"),
]
