"""The colours, by what they mean. Red acts, amber looks, blue moves, taupe does not know."""

from collections.abc import Mapping
from functools import cache

from rich.style import Style
from textual.theme import Theme

TOKENS: dict[str, dict[str, str]] = {
    "quarterdeck-dark": {
        "background": "#0f1318",
        "surface": "#161b22",
        "selected": "#222a34",
        "rule": "#2b333d",
        "faint": "#737e8a",
        "muted": "#8a95a1",
        "text": "#c9d1d9",
        "strong": "#f2f5f8",
        "accent": "#a5a3ff",
        "steady": "#7cb38a",
        "deploying": "#62b5e5",
        "warning": "#e5b454",
        "critical": "#ff7166",
        "stale": "#b09a84",
        "critical-back": "#3a1519",
        "limit": "#8a4340",
        "warning-back": "#33290f",
    },
    "quarterdeck-light": {
        "background": "#fbfbf9",
        "surface": "#f0f1ee",
        "selected": "#e1e5ea",
        "rule": "#d5d9dc",
        "faint": "#6b737c",
        "muted": "#5a646e",
        "text": "#262d34",
        "strong": "#0b0f13",
        "accent": "#4a46c8",
        "steady": "#2c7a4b",
        "deploying": "#0b6aa8",
        "warning": "#8a5a00",
        "critical": "#bd2418",
        "stale": "#7c6548",
        "critical-back": "#fbe3df",
        "limit": "#e0a39d",
        "warning-back": "#f8ecd0",
    },
    "quarterdeck-nocolor": {
        "background": "#111111",
        "surface": "#1a1a1a",
        "selected": "#2c2c2c",
        "rule": "#333333",
        "faint": "#7d7d7d",
        "muted": "#949494",
        "text": "#d0d0d0",
        "strong": "#ffffff",
        "accent": "#ffffff",
        "steady": "#949494",
        "deploying": "#f4f4f4",
        "warning": "#f4f4f4",
        "critical": "#ffffff",
        "stale": "#8f8f8f",
        "critical-back": "#2c2c2c",
        "limit": "#5c5c5c",
        "warning-back": "#242424",
    },
    "quarterdeck-dark-16": {
        "background": "default",
        "surface": "default",
        "selected": "default",
        "rule": "bright_black",
        "faint": "bright_black",
        "muted": "white",
        "text": "default",
        "strong": "default",
        "accent": "bright_magenta",
        "steady": "green",
        "deploying": "bright_cyan",
        "warning": "yellow",
        "critical": "bright_red",
        "stale": "yellow",
        "critical-back": "default",
        "limit": "red",
        "warning-back": "default",
    },
    "quarterdeck-light-16": {
        "background": "default",
        "surface": "default",
        "selected": "default",
        "rule": "bright_black",
        "faint": "bright_black",
        "muted": "bright_black",
        "text": "default",
        "strong": "default",
        "accent": "magenta",
        "steady": "green",
        "deploying": "blue",
        "warning": "yellow",
        "critical": "red",
        "stale": "yellow",
        "critical-back": "default",
        "limit": "bright_red",
        "warning-back": "default",
    },
}
"""Theme -> token -> colour; those of 16 colours are the terminal's own, by Rich's names."""

DARK, LIGHT, NOCOLOR, DARK_16, LIGHT_16 = TOKENS

_SIXTEEN = (DARK_16, LIGHT_16)
_ATTRIBUTES: dict[str, dict[str, tuple[str, ...]]] = {
    NOCOLOR: {
        "critical": ("bold", "reverse"),
        "deploying": ("bold",),
        "warning": ("bold",),
        "stale": ("italic",),
    },
    DARK_16: {"strong": ("bold",), "stale": ("italic",)},
    LIGHT_16: {"strong": ("bold",), "stale": ("italic",)},
}
"""What a token looks like besides its colour, where colours do not tell enough."""

_OWED = {
    DARK_16: {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"},
    LIGHT_16: {"ansi-background": "ansi_white", "ansi-foreground": "ansi_black"},
}
"""What Textual's own style sheet asks of a theme in the terminal's colours, and does not make up itself."""

_MARKS = ("bold", "reverse", "underline", "italic")
DRAWN = "drawn"
"""Style word of bars and charts: no attribute stands in for their colour, they speak by their shape."""


def themes() -> list[Theme]:
    """The Textual themes to register; every token is a CSS variable: ``$critical``, ``$rule`` …"""
    return [_theme(name, tokens) for name, tokens in TOKENS.items()]


def _theme(name: str, tokens: Mapping[str, str]) -> Theme:
    ansi = name in _SIXTEEN
    colours = {key: f"ansi_{value}" if ansi else value for key, value in tokens.items()}
    owed = _OWED[name] if ansi else {}
    return Theme(
        name=name,
        primary=colours["accent"],
        accent=colours["accent"],
        foreground=colours["text"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["surface"],
        warning=colours["warning"],
        error=colours["critical"],
        success=colours["steady"],
        dark=name not in (LIGHT, LIGHT_16),
        variables=colours | owed,
        ansi=ansi,
    )


def theme_for(wanted: str, environ: Mapping[str, str], colours: int | None) -> str:
    """The theme to start with.

    Args:
        wanted: ``dark``, ``light``, ``nocolor`` or the full name of a theme; empty: the terminal decides.
        environ: ``NO_COLOR`` with any text in it turns colours off, whatever the terminal can do
            (no-color.org), unless a theme is wanted by name.
        colours: How many the terminal has; ``None``: not known, taken for many.
    """
    name = wanted if not wanted or wanted.startswith("quarterdeck-") else f"quarterdeck-{wanted}"
    if not name:
        name = NOCOLOR if environ.get("NO_COLOR") else DARK
    if colours is not None and colours < 256 and name in (DARK, LIGHT):
        return f"{name}-16"
    return name if name in TOKENS else DARK


@cache
def style(theme: str, words: str) -> Style:
    """The Rich style of a few words: a token for the ink, ``on token`` for the paper, and ``bold``,
    ``reverse``, ``underline``, ``italic``; ``drawn`` for what is a drawing and no text.

    ``style("quarterdeck-dark", "bold critical on selected")``. An unknown theme is drawn as dark.
    """
    tokens = TOKENS.get(theme, TOKENS[DARK])
    ink = paper = None
    marks: dict[str, bool] = {}
    parts = iter(words.split())
    drawn = False
    for part in parts:
        if part == "on":
            name = next(parts)
            paper = tokens[name]
            if name == "selected" and theme in _SIXTEEN:
                marks["reverse"] = True
        elif part in _MARKS:
            marks[part] = True
        elif part == DRAWN:
            drawn = True
        else:
            ink = tokens[part]
            marks.update(dict.fromkeys(_ATTRIBUTES.get(theme, {}).get(part, ()), True))
    if drawn:
        selected = marks.get("reverse", False) and paper is not None and theme in _SIXTEEN
        ink, marks = (None, {"reverse": True}) if selected else (ink, {})
    return Style(color=ink, bgcolor=paper, **marks)  # type: ignore[arg-type]
