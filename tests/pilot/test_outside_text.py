"""What stands in tags, reasons, events, logs, questions and the journal is text, on every screen."""

from dataclasses import replace
from random import Random
from typing import TypeVar

import pytest
from textual.screen import Screen
from textual.widgets import Input

from console.domain.fleet import EnvironmentPicture, Problem
from console.domain.operation import OperationEvent, Progress, Step, Verb, Verdict
from console.domain.text import plain
from screens.journal import JournalScreen
from screens.logs import LogsScreen
from screens.messages import LogsRead, ServiceChosen
from screens.operation import OperationScreen
from screens.running import RunningOperation
from screens.service import ServiceScreen
from tests.builders import ADDRESS, NOW, a_hold, a_log_line, a_record, a_release, ago, an_identity
from tests.outside import NASTY, a_picture_of, assert_harmless
from tests.pilot.desk import Desk
from tests.pilot.stage import a_plan, text_of, until
from widgets.glyphs import ASCII, UNICODE, Glyphs
from widgets.service_view import PANES

ROUNDS = [(1, (140, 40), UNICODE), (2, (80, 24), ASCII)]
MARK = "Qx1"
"""With what every text begins: so it can be seen to be on the screen."""


S = TypeVar("S", bound=Screen[None])


def _on(desk: Desk, kind: type[S]) -> S:
    """The screen that is visible, which is of that kind."""
    screen = desk.app.screen
    assert isinstance(screen, kind)
    return screen


def _assert_screen_is_harmless(desk: Desk) -> None:
    """Every line that is on screen now, but for the field that somebody types into; the text is there."""
    screen, glyphs = desk.app.screen, desk.app.glyphs
    assert MARK in text_of(screen)
    fields = [field.region for field in screen.query(Input) if field.display]
    for row, strip in enumerate(screen._compositor.render_strips()):
        if not any(region.y <= row < region.bottom for region in fields):
            assert_harmless(strip, screen.size.width, glyphs)


def _operation(word: str) -> RunningOperation:
    """A rollback whose every word is that one, up to its verdict."""
    label = a_release(label=word)
    plan = a_plan(source=label, target=label, effect=word, remarks=(word,), doubt=word, service=plain(word))
    steps = (Step("done", 0, word, word), Step("now", None, word, word))
    seen = a_picture_of(word).observation
    progress = Progress(
        "01J", plan, ago(67), steps, seen, verdict=Verdict.FAILED, by=word, reason=word, running=label
    )
    event = OperationEvent("verdict", NOW, "01J", word, {"reason": word, "journal": word}, progress)
    return RunningOperation(7, ADDRESS, Verb.ROLLBACK, ago(67), plan, "01J", progress, (event,))


@pytest.mark.parametrize(("seed", "size", "glyphs"), ROUNDS)
async def test_no_screen_obeys_or_is_moved_by_text_from_outside(
    seed: int, size: tuple[int, int], glyphs: Glyphs
) -> None:
    """Fleet, service with each of its panes, log, operation, journal and its detail: lines of exact width,
    no control character, nothing to click, nobody leaves."""
    random = Random(seed)
    word = MARK + "".join(random.sample(NASTY, 15))
    row = replace(a_picture_of(plain(word)), hold=a_hold(version=word, by=word, reason=word))
    problem = Problem(word, word, word, ago(5))
    identity = an_identity(arn=f"arn:aws:sts::1:assumed-role/{word}/{word}")
    desk = Desk(EnvironmentPicture(row.environment, ago(1), (row,), identity, problem))
    desk.app.glyphs = glyphs
    target = a_release(label=word).facts()
    record = a_record(id="01A", reason=word, actor=word, verdict=Verdict.FAILED, target=target)
    desk.journal.begin(record)
    desk.journal.append("01A", "failed", ago(3), word, {word: word})
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        await pilot.press("e")
        _assert_screen_is_harmless(desk)

        desk.app.post_message(ServiceChosen(ADDRESS))
        await pilot.pause()
        desk.app.flush()
        service = _on(desk, ServiceScreen)
        service.post_message(LogsRead(ADDRESS, (a_log_line(word, task=word, container=word),)))
        for number in range(len(PANES)):
            await pilot.press(str(number + 1))
            _assert_screen_is_harmless(desk)

        await pilot.press("l")
        log = _on(desk, LogsScreen)
        log.feed.ring.add([a_log_line(word), a_log_line(f'{{"msg": "{word}", "{word}": 1}}', id="2")])
        log.feed.failed = word
        log.flush()
        desk.app.flush()
        for key in ("k", "enter", "z", "G"):
            await pilot.press(key)
            _assert_screen_is_harmless(desk)

        desk.app.under_way.operations[7] = _operation(word)
        desk.app.tick()
        await pilot.press("o")
        _on(desk, OperationScreen)
        desk.app.flush()
        await pilot.pause()
        _assert_screen_is_harmless(desk)

        await pilot.press("h")
        journal = _on(desk, JournalScreen)
        await until(pilot, lambda: bool(journal.records) and bool(journal.entries))
        for key in ("j", "enter"):
            await pilot.press(key)
            _assert_screen_is_harmless(desk)
        assert desk.app.is_running
