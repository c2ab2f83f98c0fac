"""Remapped keys: checked before the start, at work on screen, told by key bar and ``?``."""

from pathlib import Path

import pytest

from console.app import QuarterdeckApp
from console.errors import ConfigError
from screens.journal import JournalScreen
from screens.keymap import changes_the_world, keymap, places
from screens.keys import KeysScreen
from tests.pilot.desk import Desk
from tests.pilot.stage import text_of
from widgets.keybar import KeyBar

FILE = Path("config.toml")


def checked(**asked: str | tuple[str, ...]) -> dict[str, str]:
    named = {name.replace("__", "."): (key,) if isinstance(key, str) else key for name, key in asked.items()}
    return keymap(named, QuarterdeckApp, FILE)


def test_keys_are_taken_as_textual_calls_them() -> None:
    """One key or several, by character or by name; two actions may change places."""
    assert checked(app__journal="J") == {"app.journal": "J"}
    assert checked(app__journal=("f5", "ctrl+o")) == {"app.journal": "f5,ctrl+o"}
    assert checked(fleet__filter="%") == {"fleet.filter": "percent_sign"}
    assert checked(fleet__copy="e", fleet__explain="y") == {"fleet.copy": "e", "fleet.explain": "y"}


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("do.rol_back", "B", "did you mean do.roll_back?"),
        ("app.journal", "ctlr+k", "did you mean ctrl+k?"),
        ("app.journal", "y", ".copy"),
        ("app.journal", "r", "only by its case"),
        ("do.roll_back", "x", "upper case"),
        ("do.roll_back", "J", "only by its case"),
        ("app.palette", "p", "typed into fields"),
        ("app.journal", "ctrl+m", "enter"),
        ("plan.accept", "x", "dialog"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(name: str, key: str, said: str) -> None:
    """File, setting and remedy."""
    with pytest.raises(ConfigError) as caught:
        keymap({name: (key,)}, QuarterdeckApp, FILE)

    assert str(FILE) in str(caught.value)
    assert f'keys."{name}"' in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_changes_a_service_has_an_upper_case_key_from_the_start() -> None:
    """And is not the shifted letter of anything that only reads, on any screen."""
    for place in places(QuarterdeckApp):
        world = {item.key for item in place.bindings if changes_the_world(item)}
        reading = {item.key for item in place.bindings if not changes_the_world(item)}
        assert all(key.isupper() for key in world)
        assert not {key.lower() for key in world} & reading


def test_the_keys_of_a_guard_take_no_key_from_anybody() -> None:
    """They go first while it asks, and are not there else; a letter that differs by its case is too near."""
    assert checked(do__roll_back=("R", "ctrl+b")) == {"do.roll_back": "R,ctrl+b"}
    assert checked(guard__back="ctrl+b") == {"guard.back": "ctrl+b"}
    with pytest.raises(ConfigError, match="only by its case"):
        checked(app__journal="r")


async def test_a_remapped_key_works_and_is_shown_and_the_old_one_is_gone() -> None:
    """In the key bar and in the list of keys, which both read the live bindings."""
    desk = Desk()
    desk.app.set_keymap(checked(app__journal="J", do__roll_back="ctrl+b"))
    async with desk.app.run_test(size=(160, 40)) as pilot:
        desk.publish()
        await pilot.pause()
        assert "ctrl+b" in text_of(desk.app.screen.query_one(KeyBar))
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, KeysScreen)
        assert "ctrl+b" in text_of(desk.app.screen)
        await pilot.press("escape", "h")
        assert not isinstance(desk.app.screen, JournalScreen)
        await pilot.press("J")
        assert isinstance(desk.app.screen, JournalScreen)
