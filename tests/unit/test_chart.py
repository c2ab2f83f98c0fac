"""Charts and gauges as drawings: what is measured is where it belongs, and what is not known is a gap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.diagnosis import diagnose_picture
from console.domain.guard import JudgedState, ServiceSignals
from console.domain.measured import on_axis
from console.domain.series import Measure, Point, Scope, SeriesPicture
from console.domain.serving import Serving
from tests.builders import NOW, a_picture, a_service, some_figures
from tests.outside import MARKS, assert_harmless
from tests.signals import ORDERED, QUIET_ERRORS, a_judgement, a_series, points, some_signals
from widgets.chart import (
    AXIS,
    KEPT_S,
    NOTHING,
    SPAN_S,
    Chart,
    Curve,
    Scales,
    cells,
    chart_lines,
    level,
    levels,
    top_for,
)
from widgets.charted import answered, chart_of, told
from widgets.figures_view import figure_lines
from widgets.gauge import Gauge, GaugeColumns, filled, gauge_line, limit_cell
from widgets.glyphs import ASCII, UNICODE, Glyphs
from widgets.lines import in_marks
from widgets.palette import DARK

END = datetime(2026, 11, 21, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VALUES = st.none() | st.floats(0, 1e6) | st.sampled_from([float("nan"), float("inf")])


def curve(*values: float | None) -> Curve:
    """A minute each, up to :data:`END`."""
    return Curve(points(*values, until=END), 60)


def drawn(chart: Chart, glyphs: Glyphs = UNICODE, rows: int = 9) -> list[str]:
    top = top_for(chart.highest, chart.limit)
    return [line.plain(60) for line in chart_lines(chart, 2, 52, rows, top, glyphs)]


@given(st.lists(VALUES, max_size=40), st.integers(1, 120), st.integers(1, 40), st.floats(1e-6, 1e6))
def test_every_dot_is_on_the_plot_and_the_gaps_are_where_they_were(
    values: list[float | None], across: int, down: int, top: float
) -> None:
    """Whatever the values and the scale."""
    found = levels(curve(*values), END, across, down, top)
    assert len(found) == across
    assert all(span is None or 0 <= span[0] <= span[1] < down for span in found)
    if not any(value is not None and isfinite(value) for value in values):
        assert not any(found)
    if values and values[-1] is not None and isfinite(values[-1]):
        assert found[-1] is not None


def test_a_period_fills_the_time_that_it_lasted_for_and_a_gap_stays_one() -> None:
    """Two dots a minute: a value, nothing, a value that is one dot higher."""
    found = levels(curve(0.0, None, 10.0), END, 60, 16, 100.0)
    assert found[:54] == (None,) * 54
    assert found[54:] == ((0, 0), (0, 0), None, None, (2, 2), (2, 2))


def test_of_several_periods_in_one_column_the_highest_is_seen() -> None:
    """A spike survives being drawn small."""
    found = levels(curve(*(1.0,) * 14, 9.0, *(1.0,) * 15), END, 3, 10, 9.0)
    assert found[1] is not None
    assert found[1][1] == 9


def test_a_steep_rise_is_joined_and_next_to_nothing_is_not_nothing() -> None:
    """From the bottom to the top without a hole; 0.1 % stands a dot above 0."""
    found = levels(curve(0.0, 0.1), END, 30, 32, 0.1)
    assert found[-1] == (1, 31)
    assert level(0.0001, 0.1, 32) == 1
    assert level(0.0, 0.1, 32) == 0
    assert level(0.0001, 0.1, 8) == 0


@given(st.floats(0, 1e9), st.none() | st.floats(1e-4, 1e6))
def test_a_scale_holds_its_values_and_is_not_much_larger(highest: float, limit: float | None) -> None:
    """At least both, the limit with room above; at most two and a half times that."""
    top = top_for(highest, limit)
    wanted = max(highest, (limit or 0) * 1.2)
    assert top >= wanted * (1 - 1e-9)
    assert wanted < NOTHING or top <= wanted * 2.5 * (1 + 1e-9)


def test_a_scale_grows_at_once_and_shrinks_after_a_minute() -> None:
    """And not for a moment that is over before."""
    scales = Scales()
    later = [NOW + timedelta(seconds=seconds) for seconds in (0, 1, 30, 31, 32, 32 + KEPT_S - 1, 32 + KEPT_S)]
    wanted = [1.0, 5.0, 1.0, 5.0, 1.0, 1.0, 1.0]
    assert [scales.top("a", top, at) for top, at in zip(wanted, later, strict=True)] == [1, 5, 5, 5, 5, 5, 1]
    assert scales.top("b", 0.1, later[-1]) == 0.1


def test_it_has_three_ticks_a_limit_a_marker_and_the_last_value_in_words() -> None:
    """Threshold, then marker, then series: data is never hidden."""
    signals = some_signals()
    chart = chart_of(signals, Measure.P95, "v1.4.3", NOW, UNICODE)
    lines = drawn(chart)
    assert len(lines) == 10
    assert lines[0].startswith("  p95 latency ─") and lines[0].endswith("1.9 s ▲ over 368 ms")
    assert [line[2:8].strip() for line in lines[1:9]] == ["2 s", "", "", "1 s", "", "", "368 ms", "0 s"]
    assert "v1.4.3 ▼" in lines[1]
    assert sum("┊" in line for line in lines) >= 5
    assert "╌╌╌" in lines[7]
    assert lines[9].split() == ["-30", "min", "service-wide,", "CloudWatch", "2", "min", "now"]


def test_the_marker_stands_where_it_was_shipped_and_goes_when_that_is_long_ago() -> None:
    """Six of thirty minutes from the right; its name at the left of it, where there is room."""
    chart = Chart("errors", Measure.ERRORS, NOW, (curve(0.1),), marked_at=ORDERED, marked="v1.4.3")
    row = drawn(chart)[1]
    assert abs(row.index("▼") - (9 + 43 * 24 / 30)) <= 1
    old = Chart("errors", Measure.ERRORS, NOW, (curve(0.1),), marked_at=NOW - timedelta(seconds=SPAN_S + 60))
    assert not any("▼" in line for line in drawn(old))
    begun = NOW - timedelta(seconds=SPAN_S - 90)
    left = Chart("errors", Measure.ERRORS, NOW, (curve(0.1),), marked_at=begun, marked="v1.4.3")
    assert "▼ v1.4.3" in drawn(left)[1]


def test_what_is_above_the_limit_is_in_its_colour_and_nothing_else_is() -> None:
    """Cells of a line that crosses 5 %."""
    found = levels(curve(0.01, 0.09), END, 60, 32, 0.1)
    limit = level(0.05, 0.1, 32)
    drawn_cells = cells(found, 8, limit, UNICODE)
    hot = {row for (row, _), (_, is_hot) in drawn_cells.items() if is_hot}
    assert hot == {0, 1, 2, 3}
    assert {row for row, _ in drawn_cells} - hot == {4, 5, 6, 7}


def test_new_stands_beside_old_where_one_source_tells_them_apart() -> None:
    """Errors: Datadog knows both; response times: nobody does."""
    picture = some_signals().picture
    errors, p95 = told(picture, Measure.ERRORS), told(picture, Measure.P95)
    assert (errors.main and errors.main.scope, errors.old and errors.old.scope) == (Scope.NEW, Scope.OLD)
    assert (p95.whose, p95.old) == ("service-wide", None)
    chart = chart_of(some_signals(), Measure.ERRORS, "v1.4.3", NOW, UNICODE)
    assert [item.ink for item in chart.curves] == ["text", "faint"]
    assert chart.foot[0] == "old 0.1 %, Datadog 2 min"
    assert chart.ending == (("17 % ▲ over 5 %", "critical"),)


def test_the_old_version_is_compared_over_the_same_period_only() -> None:
    """What it had four minutes ago tells nothing of how the new one does beside it."""
    signals = some_signals()
    behind = tuple(
        replace(item, points=item.points[:-1]) if item.scope is Scope.OLD else item
        for item in signals.picture.series
    )
    chart = chart_of(
        replace(signals, picture=replace(signals.picture, series=behind)),
        Measure.ERRORS,
        "v1.4.3",
        NOW,
        UNICODE,
    )
    assert chart.foot[0] == "new version, Datadog 2 min"


def test_a_value_of_before_is_no_value_of_the_version_that_serves() -> None:
    """A good canary was drawn with ``21 % over 5 %`` of the one before, behind the same target group."""
    of_now = chart_of(some_signals(), Measure.ERRORS, "v1.4.3", NOW, UNICODE, Serving(ORDERED, alone=False))
    assert of_now.ending == (("17 % ▲ over 5 %", "critical"),)
    before = chart_of(some_signals(), Measure.ERRORS, "v1.4.4", NOW, UNICODE, Serving(NOW, alone=False))
    assert before.ending == (("17 % before", "stale"),)
    assert before.curves == of_now.curves, "history is drawn"


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        (None, "reading the figures"),
        (ServiceSignals(SeriesPicture(NOW)), "no source tells errors"),
        (ServiceSignals(SeriesPicture(NOW, problems={"Datadog": "no answer"})), "Datadog: no answer"),
        (
            ServiceSignals(SeriesPicture(NOW, (a_series(None, no_data="no request in 30 min"),))),
            "CloudWatch: no request in 30 min",
        ),
    ],
)
def test_no_data_is_said_with_its_reason_and_never_drawn_as_zero(
    signals: ServiceSignals | None, why: str
) -> None:
    """No dot, no axis, no zero."""
    said = drawn(chart_of(signals, Measure.ERRORS, "v1.4.3", NOW, UNICODE))
    assert why in " ".join(" ".join(said).split())
    assert "NODATA" in " ".join(said)
    assert not any("⠀" <= char <= "⣿" for line in said for char in line)
    assert not any("0 %" in line for line in said)


def test_where_nobody_answers_the_chart_of_errors_ends_with_that() -> None:
    """The last requests that had a target may all have been well; another chart is left alone."""
    down = a_picture(status=a_service(running=0)).error_reading
    well = ServiceSignals(SeriesPicture(NOW, (a_series(*QUIET_ERRORS, 0.0),)))
    chart = chart_of(well, Measure.ERRORS, "", NOW, UNICODE)
    assert answered(chart, down).ending == (("nobody answers", "bold critical"),)
    assert answered(chart, a_picture().error_reading) is chart
    slow = chart_of(well, Measure.P95, "", NOW, UNICODE)
    assert answered(slow, down) is slow


def test_a_shared_load_balancer_is_named_at_the_foot() -> None:
    """By how many rules its errors were counted."""
    series = a_series(*QUIET_ERRORS, note="shared load balancer: counted by 1 of 4 rules")
    chart = chart_of(ServiceSignals(SeriesPicture(NOW, (series,))), Measure.ERRORS, "", NOW, UNICODE)
    assert chart.foot[0] == "service-wide, CloudWatch 2 min, shared load balancer: counted by 1 of 4 rules"


def test_an_old_figure_is_said_as_old() -> None:
    """Its line ends where it ended."""
    series = a_series(*QUIET_ERRORS, points=points(*QUIET_ERRORS, until=NOW - 9 * MINUTE))
    signals = ServiceSignals(SeriesPicture(NOW, (series,)), (a_judgement(state=JudgedState.OK),))
    chart = chart_of(signals, Measure.ERRORS, "", NOW, UNICODE)
    assert chart.foot_ink == "stale" and "9 min" in chart.foot[0]


@given(
    st.lists(VALUES, max_size=35),
    st.sampled_from(list(Measure)),
    st.none() | st.floats(0, 1e4),
    st.sampled_from([(10, 4), (24, 6), (50, 9)]),
    MARKS,
)
def test_a_chart_keeps_to_its_place(
    values: list[float | None],
    measure: Measure,
    limit: float | None,
    size: tuple[int, int],
    glyphs: Glyphs,
) -> None:
    """Any values, any measure, both sets of marks: so many rows, and nothing beside its columns."""
    width, rows = size
    chart = Chart(
        "title", measure, END, (curve(*values),), limit, marked_at=ORDERED, marked="v1", foot=("f",)
    )
    lines = chart_lines(chart, 4, 4 + 7 + width, rows, top_for(chart.highest, limit), glyphs)
    assert len(lines) == rows + 1
    for line in lines:
        assert_harmless(in_marks(line.strip(80, DARK), glyphs), 80, glyphs)
        assert line.end <= 4 + 7 + width
        assert all(column >= 4 for column, _, _ in line.pieces)
    if glyphs is ASCII and any(value is not None and isfinite(value) for value in values[-28:]):
        assert any("*" in line.plain(80) for line in lines)


@given(st.sampled_from(list(Measure)), st.floats(1e-3, 1e8))
def test_an_axis_has_room_for_every_number(measure: Measure, value: float) -> None:
    """From a thousandth on; of shares up to 1."""
    shown = value if measure.unit != "%" else min(value, 100.0)
    assert len(on_axis(measure, min(value, 1.0) if measure.is_share else shown)) <= AXIS


@pytest.mark.parametrize(
    ("measure", "value", "said"),
    [
        (Measure.ERRORS, 0.05, "5 %"),
        (Measure.ERRORS, 0.001, "0.1 %"),
        (Measure.P95, 0.368, "368 ms"),
        (Measure.P95, 2.0, "2 s"),
        (Measure.QUEUE_AGE, 1200.0, "20 m"),
        (Measure.REQUESTS, 1200.0, "1.2k"),
        (Measure.CPU, 50.0, "50 %"),
    ],
)
def test_an_axis_says_the_unit(measure: Measure, value: float, said: str) -> None:
    """As short as it can be said."""
    assert on_axis(measure, value) == said


# -- gauges -----------------------------------------------------------------------------------


@given(st.floats(0, 1e6), st.floats(1e-6, 1e6), st.integers(6, 60))
def test_a_bar_reaches_past_its_limit_exactly_when_the_value_does(
    value: float, limit: float, width: int
) -> None:
    """Whatever rounding says."""
    bar = filled(value, limit, width)
    assert 0 <= bar <= width
    assert (bar > limit_cell(width)) == (value > limit)
    assert (bar > 0) == (value > 0)


def test_the_limit_is_at_the_same_column_in_every_row() -> None:
    """Half of it, all of it, ten times as much."""
    columns = GaugeColumns(2, 25, 27, 72, 75, 91, 109)
    rows = [
        gauge_line(Gauge("errors", value, limit, "x", limit_said="limit"), columns, UNICODE).plain(120)
        for value, limit in ((0.025, 0.05), (0.368, 0.368), (50.0, 5.0))
    ]
    assert {row.index("┃") for row in rows} == {27 + limit_cell(45)}
    assert [row.count("━") for row in rows] == [15, 30, 44]


def test_a_gauge_without_data_has_no_bar() -> None:
    """It says why."""
    columns = GaugeColumns(2, 25, 27, 72, 75, 91, 109)
    none = Gauge("errors", None, 0.05, "", note=("Datadog: no key", "muted"))
    row = gauge_line(none, columns, UNICODE).plain(120)
    assert row.split() == ["errors", "∅", "NODATA", "Datadog:", "no", "key"]


def test_the_pane_of_figures_has_every_series_once_and_says_why_some_have_none() -> None:
    """Data first; whose, from where, how old."""
    listing = figure_lines(some_signals(), NOW, 2, 84, UNICODE, narrow=False)
    said = [" ".join(line.plain(90).split()) for line in listing.part(0, len(listing))]
    assert len(said) == len(some_signals().picture.series)
    assert said[0].startswith("errors 17 %") and said[0].endswith("new Datadog 2 min")
    assert any(row.startswith("database down") for row in said)
    assert said[-1] == "new issues ∅ NODATA Sentry: no key"


def test_a_point_that_is_a_gap_is_never_a_number() -> None:
    """The last value is the newest that there is, with its own age."""
    series = a_series(points=(Point(NOW - 4 * MINUTE, 0.02), Point(NOW - 3 * MINUTE, None)))
    listing = figure_lines(ServiceSignals(SeriesPicture(NOW, (series,))), NOW, 2, 84, UNICODE, narrow=False)
    assert "2.0 %" in listing.part(0, 1)[0].plain(90) and "4 min" in listing.part(0, 1)[0].plain(90)


def test_a_chart_and_the_sentence_name_the_same_limit() -> None:
    """1.6 % of 1,000 requests is over one per cent in both; five is not what it is held against then."""
    warning = a_judgement(state=JudgedState.WARNING, value=0.016, periods_bad=0)
    signals = some_signals(judgements=(), alerts=(warning,), picture=SeriesPicture(NOW, (a_series(0.016),)))
    picture = a_picture(signals=signals, figures=some_figures(requests=1000, errors=16))
    chart = chart_of(signals, Measure.ERRORS, "", NOW, UNICODE)
    assert "over 1 %" in "".join(part for part, _ in chart.ending)
    assert diagnose_picture(picture, NOW).line == "errors 1.6 %, over 1 % of 1,000 requests"
