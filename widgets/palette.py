"""The colours, by what they mean. Red acts, amber looks, blue moves, taupe does not know."""

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
        "warning-back": "#f8ecd0",
    },
}

DARK, LIGHT = TOKENS


def themes() -> list[Theme]:
    """The Textual themes to register; every token is a CSS variable: ``$critical``, ``$rule`` …"""
    return [
        Theme(
            name=name,
            primary=tokens["accent"],
            accent=tokens["accent"],
            foreground=tokens["text"],
            background=tokens["background"],
            surface=tokens["surface"],
            panel=tokens["surface"],
            warning=tokens["warning"],
            error=tokens["critical"],
            success=tokens["steady"],
            dark=name == DARK,
            variables=dict(tokens),
        )
        for name, tokens in TOKENS.items()
    ]


@cache
def style(theme: str, words: str) -> Style:
    """The Rich style of a few words: a token for the ink, ``on token`` for the paper, and ``bold``,
    ``reverse``, ``underline``, ``italic``.

    ``style("quarterdeck-dark", "bold critical on selected")``. An unknown theme is drawn as dark.
    """
    tokens = TOKENS.get(theme, TOKENS[DARK])
    ink = paper = None
    marks: dict[str, bool] = {}
    parts = iter(words.split())
    for part in parts:
        if part == "on":
            paper = tokens[next(parts)]
        elif part in ("bold", "reverse", "underline", "italic"):
            marks[part] = True
        else:
            ink = tokens[part]
    return Style(color=ink, bgcolor=paper, **marks)  # type: ignore[arg-type]
