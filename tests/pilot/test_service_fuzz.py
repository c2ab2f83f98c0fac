"""Whatever stands in tags, reasons, events, names and logs: it is text, and every line keeps its width."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.domain.fleet import Diagnosis
from console.domain.guard import Blame
from console.domain.scaling import Scaling, ScalingActivity, ScalingPolicy
from console.domain.series import SeriesPicture
from console.domain.service import ServiceState
from console.domain.text import plain
from tests.builders import NOW, a_log_line
from tests.outside import MARKS, TEXTS, a_picture_of, assert_harmless
from tests.pilot.desk import failing_picture
from tests.signals import a_series, some_signals
from widgets.chart import Scales
from widgets.config_view import Revisions
from widgets.glyphs import UNICODE, Glyphs
from widgets.lines import in_marks
from widgets.listing import Scroll
from widgets.palette import DARK
from widgets.scaling_view import ScalingAnswer
from widgets.service_view import PANES, TABS, ServiceView, _Narrow, _Wide


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    word=TEXTS.map(plain),
    pane=st.sampled_from(PANES),
    size=st.sampled_from([(140, 37), (80, 21), (60, 12), (120, 20)]),
    explains=st.booleans(),
    charted=st.booleans(),
    glyphs=MARKS,
)
def test_nothing_from_outside_breaks_a_line_or_moves_a_column(
    word: str, pane: str, size: tuple[int, int], explains: bool, charted: bool, glyphs: Glyphs
) -> None:
    """Every line is exactly as wide as the screen, has no control character, and no segment carries an
    action or a link."""
    series = a_series(0.2, None, 0.9, source=word, subject=word, version=word, problem=word)
    said = SeriesPicture(NOW, (series, replace(series, points=(), no_data=word)), NOW, {word: word})
    signals = some_signals(picture=said, blame=Blame(False, word, word, word)) if charted else None
    picture = replace(a_picture_of(word), signals=signals)
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
    page = (_Narrow if width < 100 else _Wide)(view, Scroll(), Scales(), width, height, glyphs)
    for line in page.lines():
        assert_harmless(in_marks(line.strip(width, DARK), glyphs), width, glyphs)


def test_what_looks_like_markup_is_on_screen_as_it_was_written() -> None:
    """Not eaten, not obeyed."""
    picture = replace(failing_picture(), diagnosis=Diagnosis(ServiceState.FAILING, "[/x] [bold]no[/bold]"))
    page = _Wide(ServiceView(picture, NOW), Scroll(), Scales(), 140, 37, UNICODE)
    assert "[/x] [bold]no[/bold]" in "\n".join(line.plain(140) for line in page.lines())
