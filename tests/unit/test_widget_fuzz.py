"""Outside text is text: drawn in exactly the cells that it may have, never markup, never control."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.fleet import Diagnosis, EnvironmentPicture, FleetSnapshot, Problem
from console.domain.service import ServiceState
from console.domain.standing import BudgetUse, Standing
from console.domain.version import Version
from screens.fleet_facts import explanation, row_of
from screens.overview import header_picture, problem_lines
from tests.builders import NOW, a_hold, a_picture, ago, an_address, an_environment, an_identity, some_figures
from tests.outside import MARKS, TEXTS, assert_harmless
from widgets.glyphs import Glyphs
from widgets.header import header_lines
from widgets.line import Line
from widgets.lines import in_marks
from widgets.palette import DARK, TOKENS


@given(
    st.lists(st.tuples(st.integers(0, 50), TEXTS, st.integers(0, 30)), max_size=6), st.integers(1, 60), MARKS
)
def test_a_line_is_exactly_as_wide_as_asked(
    pieces: list[tuple[int, str, int]], width: int, glyphs: Glyphs
) -> None:
    """Pieces over one another, cut anywhere."""
    line = Line()
    for column, text, room in pieces:
        line.put(column, text, "bold text", room)
        line.right(column, text)
        line.run(column, (text, "text"), (text, "critical"))
    assert_harmless(in_marks(line.strip(width, DARK), glyphs), width, glyphs)


@given(
    st.lists(TEXTS, min_size=9, max_size=9),
    st.sampled_from(list(ServiceState)),
    MARKS,
    st.sampled_from(list(TOKENS)),
)
@settings(max_examples=60)
@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_row_keeps_its_columns_whatever_stands_in_them(
    width: int, texts: list[str], state: ServiceState, glyphs: Glyphs, theme: str
) -> None:
    """Names, versions, reasons, people and holds; every line of the row and of the explanation."""
    name, place, label, tag, why, remedy, who, reason, _ = texts
    picture = a_picture(
        address=an_address(alias=name, environment=place),
        version=Version("sha256:" + tag, label, (tag,), moved=True),
        diagnosis=Diagnosis(state, why, remedy),
        deployed_by=who,
        hold=a_hold(version=label, by=who, reason=reason) if reason else None,
        figures=some_figures(recent=(None, 0.0, 0.02, 0.2)),
    )
    row = row_of(picture, NOW)
    lines = row.lines(width, theme, glyphs, selected=False)
    assert len(lines) == row.height
    for line in lines:
        assert_harmless(in_marks(line.strip(width, theme), glyphs), width, glyphs)
    if width == 140:
        assert lines[0].strip(width, theme).crop(95, 101).text == " 0.0 %"
    for label_text, text in explanation(picture, NOW):
        drawn = Line().put(2, label_text).put(9, text, "text", width - 11)
        assert_harmless(in_marks(drawn.strip(width, DARK), glyphs), width, glyphs)


@given(st.lists(TEXTS, min_size=6, max_size=6), MARKS)
@settings(max_examples=60)
@pytest.mark.parametrize("width", [60, 80, 140])
def test_header_and_banner_hold_their_width(width: int, texts: list[str], glyphs: Glyphs) -> None:
    """Accounts, roles, Regions and problems come from outside as well."""
    account, role, region, title, message, remedy = texts
    environment = an_environment(region=region, name=title)
    whole = EnvironmentPicture(
        environment,
        ago(100),
        (a_picture(environment=environment),),
        an_identity(arn=f"arn:aws:sts::1:assumed-role/{role}"),
        Problem(title, message, remedy, ago(5)),
        Standing(NOW, account, None, message, ago(-100)),
        BudgetUse(0.4, ago(3)),
        30.0,
    )
    snapshot = FleetSnapshot({environment.key: whole})
    for line in header_lines(header_picture(snapshot, "all", NOW, ()), width, glyphs):
        assert_harmless(in_marks(line.strip(width, DARK), glyphs), width, glyphs)
    for text in problem_lines(snapshot, NOW):
        drawn = Line().put(4, text, "warning")
        assert_harmless(in_marks(drawn.strip(width, DARK), glyphs), width, glyphs)
