"""Whatever stands in tags, reasons, events, names and logs: it is text, and every line keeps its width."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.domain.fleet import Diagnosis, ServicePicture
from console.domain.rollout import AlarmWatch, Hook
from console.domain.scaling import Scaling, ScalingActivity, ScalingPolicy
from console.domain.service import ServiceState
from console.domain.text import cell_width, plain
from tests.builders import (
    NEW_RELEASE,
    NOW,
    OLD_RELEASE,
    a_log_line,
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
from widgets.config_view import Revisions
from widgets.glyphs import ASCII, UNICODE
from widgets.listing import Scroll
from widgets.palette import DARK
from widgets.scaling_view import ScalingAnswer
from widgets.service_view import PANES, TABS, ServiceView, _Narrow, _Wide

NASTY = [
    "[/x]",
    "[@click=app.quit]",
    "\x1b[31m",
    "\u202e",
    "日本語",
    "e\u0301",
    "‏שלום",
    "\t",
    "\x00",
    "a" * 200,
]
outside = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), max_size=4).map(
    lambda parts: plain("".join(parts))
)


def _picture(word: str) -> ServicePicture:
    observation = a_rolling_observation(
        status=a_rolling_service(events=(an_event(word), an_event(f"x {word}", at=ago(5)))),
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    word=outside,
    pane=st.sampled_from(PANES),
    size=st.sampled_from([(140, 37), (80, 21), (60, 12), (120, 20)]),
    explains=st.booleans(),
    glyphs=st.sampled_from([UNICODE, ASCII]),
)
def test_nothing_from_outside_breaks_a_line_or_moves_a_column(
    word: str, pane: str, size: tuple[int, int], explains: bool, glyphs: object
) -> None:
    """Every line is exactly as wide as the screen, has no control character, and no segment carries an
    action or a link."""
    picture = _picture(word)
    scaling = Scaling(1, 2, (word,), (ScalingPolicy(word, word, word),), (ScalingActivity(NOW, word, word),))
    releases = tuple(picture.observation.releases.values()) if picture.observation else ()
    view = ServiceView(
        picture,
        NOW,
        logs=(a_log_line(word),),
        pane=pane,
        tab=pane if pane in TABS else "targets",
        scaling=ScalingAnswer(NOW, scaling, word),
        revisions=Revisions(releases, note=word),
        explains=explains,
    )
    width, height = size
    page = (_Narrow if width < 100 else _Wide)(view, Scroll(), width, height, glyphs)  # type: ignore[arg-type]
    for line in page.lines():
        strip = line.strip(width, DARK)
        assert strip.cell_length == width
        assert sum(cell_width(segment.text) for segment in strip) == width
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in strip.text)
        assert not any(segment.style and (segment.style.meta or segment.style.link) for segment in strip)


def test_what_looks_like_markup_is_on_screen_as_it_was_written() -> None:
    """Not eaten, not obeyed."""
    picture = replace(failing_picture(), diagnosis=Diagnosis(ServiceState.FAILING, "[/x] [bold]no[/bold]"))
    page = _Wide(ServiceView(picture, NOW), Scroll(), 140, 37, UNICODE)
    assert "[/x] [bold]no[/bold]" in "\n".join(line.plain(140) for line in page.lines())
