"""The keys of a service, and which of them the key bar names first."""

from textual.binding import Binding, BindingType

from widgets.service_view import PANES

ORDER: tuple[str, ...] = (
    "service.back",
    "do.roll_back",
    "do.move_on",
    "service.explain",
    "app.logs",
    "do.deploy",
    "service.pane",
    "do.drain",
    "do.scale",
    "do.restart",
    "app.journal",
    "service.copy",
    "app.operation",
    "app.quit",
)

KEYS: list[BindingType] = [
    Binding("escape", "back", "fleet", id="service.back", tooltip="Back to the fleet"),
    Binding("e", "explain", "explain", id="service.explain", tooltip="Cause, remedy, evidence in full"),
    Binding("tab", "pane(1)", "pane", id="service.pane", tooltip="Next pane"),
    Binding("shift+tab", "pane(-1)", "pane", id="service.back_pane", show=False, tooltip="Pane before"),
    *(
        Binding(
            str(number),
            f"open_pane('{name}')",
            name,
            id=f"service.{name}_pane",
            show=False,
            tooltip=f"Open {name}",
        )
        for number, name in enumerate(PANES, 1)
    ),
    Binding("y", "copy", "copy", id="service.copy", tooltip="Copy a summary of the service"),
    Binding("j,down", "scroll_pane(1)", "down", id="service.down", show=False, tooltip="Pane down"),
    Binding("k,up", "scroll_pane(-1)", "up", id="service.up", show=False, tooltip="Pane up"),
    Binding("pagedown", "scroll_pane(10)", "down", id="service.page_down", show=False, tooltip="A page down"),
    Binding("pageup", "scroll_pane(-10)", "up", id="service.page_up", show=False, tooltip="A page up"),
    Binding("g,home", "scroll_pane(-9999)", "top", id="service.top", show=False, tooltip="To the top"),
    Binding("G,end", "scroll_pane(9999)", "end", id="service.end", show=False, tooltip="End of the pane"),
    *(
        Binding(
            key,
            f"compare('{which}', {step})",
            verb,
            id=f"service.{which}_{verb}",
            show=False,
            key_display=shown,
            tooltip=f"Compare with the {which} revision one {verb} in the history",
        )
        for key, shown, which, step, verb in (
            ("left_square_bracket", "[", "older", 1, "back"),
            ("right_square_bracket", "]", "older", -1, "on"),
            ("left_curly_bracket", "{", "newer", 1, "back"),
            ("right_curly_bracket", "}", "newer", -1, "on"),
        )
    ),
]
