"""What may come from outside: text that looks like markup, moves cursors, hides, or has no honest width."""

import unicodedata

from hypothesis import strategies as st
from rich.cells import cell_len
from textual.strip import Strip

from console.domain.fleet import Diagnosis, ServicePicture
from console.domain.rollout import AlarmWatch, Hook
from console.domain.service import ServiceState
from tests.builders import (
    NEW_RELEASE,
    OLD_RELEASE,
    a_new_release,
    a_new_rollout,
    a_release,
    a_rolling_observation,
    a_rolling_service,
    a_stopped_task,
    a_target,
    ago,
    an_event,
)
from tests.pilot.desk import failing_picture
from widgets.glyphs import ASCII, UNICODE, Glyphs

NASTY = (
    *("[/x]", "[@click=app.quit]now[/]", "[bold red", "\\[b]"),
    *("\x1b[31m", "\x1b]0;title\x07", "\x1b[2J", "\r\n", "\t", "\x00", "\x9b2J"),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "\ud800", "\udfff"),
    *("e\u0301", "\u0301", "\u1160", "漢字", "ｆｕｌｌ", "👩\u200d👩\u200d👧", "☎\ufe0f", "🇩🇪"),
    *("שלום", "\u200fمرحبا", "…", "–", "·", "─", "█", "a" * 200),
)
TEXTS = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=()), max_size=8)), max_size=6
).map("".join)
MARKS = st.sampled_from([UNICODE, ASCII])


def assert_harmless(strip: Strip, width: int, glyphs: Glyphs = UNICODE) -> None:
    """A drawn line is as wide as it should be, has no control character, and nothing in it can be clicked."""
    assert strip.cell_length == cell_len(strip.text) == width
    assert not [char for char in strip.text if unicodedata.category(char) in ("Cc", "Cs")]
    assert not any(segment.style.link or segment.style.meta for segment in strip if segment.style)
    if glyphs is ASCII:
        assert strip.text.isascii()


def a_picture_of(word: str) -> ServicePicture:
    """A service in trouble about which everything that is told from outside says that word."""
    observation = a_rolling_observation(
        status=a_rolling_service(events=(an_event(word), an_event(f"x {word}", id="e2", at=ago(5)))),
        tasks=(a_stopped_task(container_reason=word, number=9, zone=word),),
        targets=(a_target(reason=word, description=word),),
        releases={
            OLD_RELEASE: a_release(label=word),
            NEW_RELEASE: a_new_release(label=word, settings={word: word, "api environment": word}),
        },
        rollout=a_new_rollout(
            strategy="CANARY",
            stage=word,
            reason=word,
            weights={NEW_RELEASE: 10.0},
            hooks=(Hook(word, word, "AWAITING_ACTION", "PAUSE"),),
            alarms=AlarmWatch("TRIGGERED", (word,), (word,)),
        ),
    )
    return failing_picture(
        status=observation.status,
        observation=observation,
        diagnosis=Diagnosis(ServiceState.FAILING, word, word),
        deployed_by=word,
    )
