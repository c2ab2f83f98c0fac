"""Every theme: the console starts in it, changes to it while it runs, and says the same in it."""

import pytest
from rich.segment import Segment

from console import app as console_app
from tests.builders import ADDRESS
from tests.pilot.desk import Desk
from tests.pilot.stage import text_of
from widgets.palette import DARK, DARK_16, LIGHT, LIGHT_16, NOCOLOR, TOKENS, style

WIDE, NARROW = (140, 40), (80, 24)


def _drawn(desk: Desk, text: str) -> Segment:
    """The first piece on the screen that says that."""
    strips = desk.app.screen._compositor.render_strips()
    return next(segment for strip in strips for segment in strip if segment.text == text)


@pytest.mark.parametrize("theme", TOKENS)
async def test_the_console_starts_in_every_theme_and_says_the_same(theme: str) -> None:
    """Also in the colours of a terminal that has sixteen; fleet, service, its keys and back."""
    desk = Desk(theme=theme)
    async with desk.app.run_test(size=NARROW) as pilot:
        desk.publish()
        await pilot.pause()
        assert "✗ FAILING 1/2 rugmunch-api" in text_of(desk.app.screen)
        assert _drawn(desk, "steady").style == style(theme, "muted on background")
        await pilot.press("enter", "question_mark")
        await pilot.pause()
        assert "Plan the way back" in text_of(desk.app.screen)


async def test_a_changed_theme_is_drawn_at_once_whatever_both_have_in_common() -> None:
    """Two themes in the terminal's own colours differ in nothing that Textual's style sheet sees."""
    desk = Desk()
    async with desk.app.run_test(size=NARROW) as pilot:
        desk.publish()
        for theme in (*TOKENS, DARK_16, DARK):
            desk.app.theme = theme
            await pilot.pause()
            await pilot.pause()
            assert _drawn(desk, "all").style == style(theme, "bold underline accent on surface"), theme


async def test_the_palette_goes_round_dark_light_and_no_colour_in_the_colours_there_are() -> None:
    """A terminal with sixteen colours gets the themes that are made of them."""
    for start, ways in ((DARK, (LIGHT, NOCOLOR, DARK)), (DARK_16, (LIGHT_16, NOCOLOR, DARK_16))):
        desk = Desk(theme=start)
        async with desk.app.run_test(size=NARROW):
            for theme in ways:
                colours = next(
                    item for item in desk.app.get_system_commands(desk.app.screen) if item.title == "colours"
                )
                colours.callback()
                assert desk.app.theme == theme


@pytest.mark.parametrize("wanted", ["auto", "light", "dark"])
def test_no_colour_is_asked_for_by_the_environment(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """no-color.org: whatever the terminal can do, and whatever is configured."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("NO_COLOR", "1")
    assert console_app._theme(wanted) == NOCOLOR
    monkeypatch.setenv("NO_COLOR", "")
    assert console_app._theme(wanted) == (LIGHT if wanted == "light" else DARK)


async def test_without_colour_trouble_is_reversed_and_words_tell_the_rest() -> None:
    """Red would only be another grey there."""
    desk = Desk(theme=NOCOLOR)
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.pause()
        failing, steady = _drawn(desk, "FAILING").style, _drawn(desk, "steady").style
        assert failing is not None and failing.reverse
        assert steady is not None and not steady.reverse
        assert str(ADDRESS.service) in text_of(desk.app.screen)
