"""The figures of a service on its screen: two charts, or one and the other; whose fault it is; every one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.guard import Blame, ServiceSignals
from console.domain.series import Measure, Scope, Series, SeriesPicture
from tests.builders import NOW
from tests.pilot.desk import Desk, failing_picture, only
from tests.pilot.stage import text_of, words_of
from tests.signals import a_series, some_signals
from widgets.glyphs import ASCII
from widgets.service_view import ServicePane

WIDE, NARROW = (140, 40), (80, 24)


def desk_with(signals: ServiceSignals | None) -> Desk:
    """The service in trouble, with those figures."""
    return Desk(only(failing_picture(signals=signals)))


def dots(text: str) -> int:
    return sum("⠀" < char <= "⣿" for char in text)


async def test_both_charts_stand_beside_the_evidence_where_there_is_room() -> None:
    """With their limits, the deploy, the last value in words, source and age; the log below them."""
    desk = desk_with(some_signals())
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        said = text_of(screen)
        assert "17 % ▲ over 5 %" in said
        assert "1.9 s ▲ over 368 ms" in said
        assert said.count("v1.4.3 ▼") == 2
        assert "old 0.1 %, Datadog 2 min" in said
        assert "service-wide, CloudWatch 2 min" in said
        assert dots(said) > 60
        assert said.index("p95 latency ─") < said.index("logs ─")


async def test_where_there_is_little_room_the_other_chart_is_one_tab_away() -> None:
    """Errors beside the tasks, response times beside the targets; neither beside what needs the width."""
    desk = desk_with(some_signals())
    async with desk.app.run_test(size=NARROW) as pilot:
        screen = await desk.open_service(pilot)
        assert "17 % ▲ over 5 %" in text_of(screen) and "p95 latency" not in text_of(screen)
        await pilot.press("tab")
        await pilot.pause()
        assert "1.9 s ▲ over 368 ms" in text_of(screen) and "17 % ▲" not in text_of(screen)
        assert dots(text_of(screen)) > 20
        await pilot.press("tab")
        await pilot.pause()
        assert not dots(text_of(screen))


@pytest.mark.parametrize(
    ("size", "blame", "said"),
    [
        (WIDE, Blame(True, "began 03:07, 60 s after the deploy"), "yes · began 03:07, 60 s after the deploy"),
        (
            NARROW,
            Blame(
                False, "database is down, since 03:08", "a rollback does not bring database back", "database"
            ),
            "no · database is down, since 03:08 · a rollback does not bring database back",
        ),
        (WIDE, Blame(None, "began 03:07; no deploy near it"), "unknown · began 03:07"),
    ],
)
async def test_it_says_whether_the_deploy_is_to_blame(size: tuple[int, int], blame: Blame, said: str) -> None:
    """Right below the diagnosis, with what going back would not cure."""
    desk = desk_with(some_signals(blame=blame))
    async with desk.app.run_test(size=size) as pilot:
        screen = await desk.open_service(pilot)
        lines = [" ".join(line.split()) for line in text_of(screen.query_one(ServicePane)).splitlines()]
        label = "deploy?" if size == WIDE else "blame"
        (row,) = (line for line in lines if line.startswith(label))
        assert row.startswith(f"{label} {said}"[:74])


async def test_new_and_old_have_their_own_figures_where_they_are_told_apart() -> None:
    """Each in its column; else one figure that says that it is both's."""
    desk = desk_with(some_signals())
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "errors 17 % over 5 % 0.1 %" in said
        assert "p95 1.9 s over 368 ms service-wide" in said


async def test_figures_of_before_are_not_those_of_the_version_that_arrives() -> None:
    """A minute after the order its target group still shows another version's."""

    def earlier(series: Series) -> Series:
        return replace(
            series, points=tuple(replace(p, at=p.at - timedelta(minutes=6)) for p in series.points)
        )

    picture = some_signals().picture
    signals = some_signals(picture=replace(picture, series=tuple(map(earlier, picture.series))))
    desk = desk_with(signals)
    async with desk.app.run_test(size=WIDE) as pilot:
        said = words_of(await desk.open_service(pilot))
        assert "errors none yet 0.1 %" in said
        assert "17 % before" in said and "over 5 %" not in said


async def test_every_figure_has_a_pane_of_its_own() -> None:
    """Also the ones that no chart has room for, and the ones without data."""
    desk = desk_with(some_signals())
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        await pilot.press("7")
        await pilot.pause()
        said = words_of(screen)
        assert "CPU 43 %" in said and "database down" in said
        assert "new issues ∅ NODATA Sentry: no key" in said


async def test_without_data_there_is_a_reason_and_no_line() -> None:
    """A source that is down, and one that has nothing."""
    silent = a_series(None, no_data="nothing yet since the order", measure=Measure.P95)
    picture = SeriesPicture(NOW, (silent,), problems={"Datadog": "no answer within 8.0 s"})
    desk = desk_with(ServiceSignals(picture))
    async with desk.app.run_test(size=WIDE) as pilot:
        said = text_of(await desk.open_service(pilot))
        assert said.count("∅ NODATA") >= 2
        assert "Datadog: no answer within 8.0 s" in " ".join(said.split())
        assert "CloudWatch: nothing yet since the order" in " ".join(said.split())
        assert not dots(said)


async def test_a_terminal_without_braille_gets_stars() -> None:
    """And no character that it cannot show."""
    desk = desk_with(some_signals())
    desk.app.glyphs = ASCII
    async with desk.app.run_test(size=WIDE) as pilot:
        said = text_of((await desk.open_service(pilot)).query_one(ServicePane))
        assert said.isascii()
        assert said.count("*") > 40
        assert "v1.4.3 v" in said


async def test_a_scale_stays_while_its_line_comes_down() -> None:
    """For a minute; what goes higher is never cut off."""
    desk = desk_with(None)
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        tops: list[str] = []
        for share, later in ((0.02, 0), (0.4, 1), (0.02, 1), (0.02, 30), (0.02, 31)):
            desk.clock.advance(later)
            series = a_series(share, scope=Scope.SERVICE, measure=Measure.P95)
            signals: Any = ServiceSignals(SeriesPicture(NOW, (series,)))
            desk.publish(only(replace(failing_picture(), signals=signals)))
            desk.app.tick()
            await pilot.pause()
            lines = text_of(screen).splitlines()
            label = next(place for place, line in enumerate(lines) if "p95 latency ─" in line)
            tops.append(lines[label + 1][88:94].strip())
        assert tops == ["20 ms", "500 ms", "500 ms", "500 ms", "20 ms"]
