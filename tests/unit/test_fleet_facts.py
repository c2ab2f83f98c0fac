"""What a row of the fleet says of a service, and when it no longer may."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.fleet import Basis, Deletion, Diagnosis, EnvironmentPicture, FleetSnapshot, WayBack
from console.domain.guard import Blame, ServiceSignals
from console.domain.impact import impact
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from console.domain.service import ServiceState
from console.domain.tasks import Task
from console.domain.version import short_label
from screens.fleet_book import FleetBook
from screens.fleet_facts import explanation, is_mixed, row_of, runs_line, way_back_line
from screens.fleet_order import chosen
from screens.overview import header_picture
from tests.builders import (
    NEW_DIGEST,
    NOW,
    OLD_DEPLOYMENT,
    a_container,
    a_hold,
    a_picture,
    a_service,
    a_task,
    ago,
    an_address,
    an_environment,
    an_observation,
    some_figures,
)
from tests.signals import some_signals
from widgets.fleet_heads import SortBy
from widgets.fleet_row import put_counts
from widgets.glyphs import ASCII, UNICODE, Glyphs
from widgets.line import Line
from widgets.palette import DARK, DARK_16, LIGHT, NOCOLOR, style, theme_for
from widgets.sparkline import sparkline


def test_a_hold_that_is_not_kept_says_so() -> None:
    """Another image serves beside it, or too few of its own; what nobody has read says nothing."""
    ours, other = a_task(number=1), a_task(number=2, containers=(a_container(digest=NEW_DIGEST),))
    kept = a_picture(hold=a_hold())

    def held(*tasks: Task) -> str:
        seen = replace(kept.observation or an_observation(), tasks=tasks)
        return dict(explanation(replace(kept, observation=seen), NOW))["held"]

    assert "HOLD BROKEN" not in held(ours, a_task(number=2))
    assert held(ours, other).endswith("HOLD BROKEN: 1 task with another image")
    assert held(ours).endswith("HOLD BROKEN: only 1 of 2 tasks running")
    assert "HOLD BROKEN" not in held(ours, a_task(number=2, containers=(a_container(digest=None),)))
    assert row_of(kept, NOW).hold_is_kept


BACK = WayBack(ago(60), "v1.4.1", 107.0, proven=True, deployment=OLD_DEPLOYMENT)


def test_a_way_back_is_shown_only_as_long_as_it_is_true() -> None:
    """Its proof must be fresh, of the deployment that serves, and of this run."""
    assert row_of(a_picture(way_back=BACK), NOW).back == "1:47"
    assert row_of(a_picture(way_back=BACK), NOW + timedelta(hours=1)).back == "1:47"
    assert row_of(a_picture(way_back=BACK), NOW + timedelta(hours=2)).back == ""
    other = WayBack(ago(60), "v1.4.1", 107.0, proven=True, deployment="ecs-svc/1")
    assert row_of(a_picture(way_back=other), NOW).back == ""
    assert row_of(a_picture(way_back=BACK, remembered=True), NOW).back == ""
    assert row_of(a_picture(), NOW).back == ""


@pytest.mark.parametrize(
    ("safe_s", "narrow", "wide"),
    [(107.0, " 1:47", " 1:47"), (599.0, " 9:59", " 9:59"), (1022.0, " 17m", "17:02"), (4000.0, " 1h", " 1h")],
)
def test_a_long_way_back_stays_in_its_column(safe_s: float, narrow: str, wide: str) -> None:
    """Minutes at few columns from ten on, hours everywhere: the age beside it is never touched."""
    row = row_of(a_picture(way_back=replace(BACK, safe_s=safe_s)), NOW)
    for width, said in ((80, narrow), (140, wide)):
        assert row.lines(width, DARK, UNICODE, False)[0].plain(width).endswith(said)


def test_no_way_back_is_amber_and_says_why() -> None:
    """``none`` where there is a reason, a dash where the word makes no sense."""
    none = a_picture(way_back=WayBack(ago(60), doubt="nothing else ever ran"))
    assert (row_of(none, NOW).back, row_of(none, NOW).back_ink) == ("none", "warning")
    assert way_back_line(none, NOW) == "none: nothing else ever ran"
    assert row_of(a_picture(way_back=WayBack(ago(60))), NOW).back == "–"


def test_a_deleted_service_is_loud_stands_on_top_and_says_its_age() -> None:
    """It has a mark of its own on every terminal, and is never taken for one that was drained."""
    gone = a_picture(
        status=a_service(status="INACTIVE", desired=0, running=0, deployments=()),
        diagnosis=Diagnosis(ServiceState.DELETED, "deleted: no tasks"),
        deletion=Deletion(ago(180), ago(190)),
    )
    row = row_of(gone, NOW)
    assert row.is_loud
    outage = a_picture(diagnosis=Diagnosis(ServiceState.FAILING), status=a_service(running=0))
    assert impact(gone) < impact(outage)
    for width, theme, glyphs, mark in ((140, DARK, UNICODE, "⊘"), (80, DARK_16, ASCII, "D")):
        first, second = (line.plain(width) for line in row.lines(width, theme, glyphs, False))
        assert first.strip().startswith(f"{mark} DELETED 3m")
        assert second.strip().startswith("deleted: no tasks")


def test_tasks_of_one_deployment_that_run_different_images_are_told_apart() -> None:
    """A tag that moved between two starts: the version is marked, and what runs is counted."""
    moved = a_task(number=3, containers=(a_container(digest=NEW_DIGEST),))
    same = (a_task(number=1), a_task(number=2))
    mixed = a_picture(tasks=(*same, moved), tasks_as_of=ago(-1))
    assert is_mixed(mixed)
    assert runs_line(mixed) == "2 tasks @9c1f9c1f (v1.4.2) · 1 task @4b7e4b7e"
    assert "≠" in row_of(mixed, NOW).lines(140, DARK, UNICODE, False)[0].plain(140)
    assert not is_mixed(replace(mixed, tasks=same))
    assert not is_mixed(replace(mixed, tasks_as_of=ago(60))), "it was read in full since"


def test_a_row_is_made_anew_only_when_its_picture_or_an_age_has_changed() -> None:
    """The same object keeps its row; a later clock makes another where an age turns."""
    book = FleetBook()
    picture = a_picture(cadence_s=15.0)
    fleet = FleetSnapshot({"a": EnvironmentPicture(an_environment(), NOW, (picture,))})
    first = book.update(fleet, NOW)[0]
    assert book.update(fleet, NOW + timedelta(seconds=1))[0] is first
    late = book.update(fleet, NOW + timedelta(seconds=46))[0]
    assert late.row.stale_age == "46 s"
    assert book.update(fleet, NOW + timedelta(seconds=47))[0].row.stale_age == "47 s"


@pytest.mark.parametrize(
    ("by", "order"),
    [
        (SortBy.NAME, ["a", "b", "c"]),
        (SortBy.ERRORS, ["b", "a", "c"]),
        (SortBy.P95, ["a", "b", "c"]),
        (SortBy.DEPLOY, ["b", "c", "a"]),
    ],
)
def test_what_is_not_known_stands_last_whatever_is_sorted_by(by: SortBy, order: list[str]) -> None:
    """The greatest first, the newest deployment first."""
    rows = (
        a_picture(address=an_address(alias="c"), figures=None, deployed_at=ago(100)),
        a_picture(address=an_address(alias="b"), figures=some_figures(errors=9), deployed_at=ago(10)),
        a_picture(address=an_address(alias="a"), figures=some_figures(p95_s=2.0), deployed_at=None),
    )
    entries = FleetBook().update(FleetSnapshot({"a": EnvironmentPicture(an_environment(), NOW, rows)}), NOW)
    assert [entry.picture.address.alias for entry in chosen(entries, "all", "", by)] == order


def test_a_sparkline_keeps_gaps_and_shows_quiet_as_a_hairline() -> None:
    """No data is never drawn as zero, and an error never as none."""
    recent = (*(None,) * 10, *(0.0,) * 5, 0.0004, 0.0, 0.2, 0.2, 0.2)
    parts = sparkline(recent, UNICODE)
    assert [text for text, _ in parts[:4]] == [" "] * 4
    assert parts[4] == ("▁", "rule")
    assert parts[-1] == ("█", "critical")
    assert any(text == "▂" for text, _ in parts[5:7])
    assert sparkline((0.0,) * 20, ASCII)[0] == ("0", "rule")


def test_who_we_are_is_not_guessed_between_accounts() -> None:
    """With a service in view its account is said; with none, how many there are."""
    one, two = an_environment(), an_environment(system="other", account="111122223333")
    pictures = {
        item.key: EnvironmentPicture(item, NOW, (a_picture(environment=item),)) for item in (one, two)
    }
    fleet = FleetSnapshot(pictures)
    assert header_picture(fleet, "all", NOW, ()).access.accounts == 2
    there = header_picture(fleet, "all", NOW, (), an_address(system="other")).access
    assert (there.account, there.may) == ("1111-2222-3333", "write ?")


def test_without_colour_meaning_is_carried_by_attributes() -> None:
    """Critical reverse, motion and warning bold, stale italic; bars and charts stay as they are."""
    critical = style(NOCOLOR, "critical on background")
    assert critical.reverse and critical.bold
    assert style(NOCOLOR, "deploying").bold
    assert style(NOCOLOR, "warning").bold
    assert style(NOCOLOR, "stale").italic
    assert not style(NOCOLOR, "drawn critical on background").reverse
    assert style(DARK_16, "text on selected").reverse


@pytest.mark.parametrize(
    ("wanted", "environ", "colours", "theme"),
    [
        ("", {}, None, DARK),
        ("", {"NO_COLOR": "1"}, None, NOCOLOR),
        ("", {"NO_COLOR": ""}, 256, DARK),
        ("light", {}, 256, LIGHT),
        ("dark", {}, 16, DARK_16),
    ],
)
def test_the_terminal_decides_on_the_theme_unless_one_is_wanted(
    wanted: str, environ: dict[str, str], colours: int | None, theme: str
) -> None:
    """``NO_COLOR`` with any text in it; sixteen colours where there are no more."""
    assert theme_for(wanted, environ, colours) == theme


@pytest.mark.parametrize(
    ("label", "wide", "narrow"),
    [
        ("v1.4.3", "v1.4.3", "v1.4.3"),
        ("v2.8.1-rc.1", "v2.8.1-rc.1", "2.8.1-rc.1"),
        ("v12.28.11-rc.14", "12.28…rc.14", "12.28…c.14"),
        ("main-5ae68f1", "main@5ae68f", "5ae68f"),
        ("main@8e02b1", "main@8e02b1", "8e02b1"),
        ("feature-x-5ae68f1c2d", "fea…@5ae68f", "5ae68f"),
        ("20f85af", "20f85af", "20f85af"),
        ("@9f2c81d0", "@9f2c81d0", "@9f2c81d0"),
        ("release-20240101", "relea…40101", "relea…0101"),
        ("dead-beefface", "dead-…fface", "dead-…face"),
    ],
)
def test_a_version_keeps_what_tells_it_from_another(label: str, wide: str, narrow: str) -> None:
    """Of a branch build its commit, of a candidate its number; dates and words are no commits."""
    assert short_label(label, 11) == wide
    assert short_label(label, 10, narrow=True) == narrow


def test_a_thousand_is_written_with_its_comma() -> None:
    """In the counts of steady and stale services, as everywhere."""
    line = Line()
    put_counts(line, 2, 1000, 1024, UNICODE)
    assert line.plain(80) == "  ● 1,000 steady  ◌ 1,024 stale"


def test_the_explanation_says_whether_it_is_the_deploy() -> None:
    """Only while a figure is bad."""
    blame = Blame(
        False, "database is down, since 03:08", "a rollback does not bring database back", "database"
    )
    bad = a_picture(signals=ServiceSignals(SeriesPicture(NOW), blame=blame))
    said = dict(explanation(bad, NOW))
    assert said["blame"] == f"not the deploy · {blame.line} · {blame.uncured}"
    assert "blame" not in dict(explanation(a_picture(), NOW))


def test_a_row_says_that_nobody_answers_instead_of_a_share() -> None:
    """Fault ``oom``: no error among the 7 requests that had a target."""
    down = a_picture(status=a_service(running=0), figures=some_figures(requests=7, errors=0))
    row = row_of(down, NOW)
    assert (row.errors, row.errors_ink) == ("nobody", "bold critical")
    assert row_of(a_picture(figures=some_figures(requests=0, errors=0)), NOW).errors == "no req"


def test_a_row_shows_the_worse_version_with_its_name_its_course_and_its_time() -> None:
    """Scene ``canary-going-wrong``: 1.6 % of all requests, 31 % of the new version's; the label gives way."""
    at = NOW - timedelta(minutes=1)
    signals = some_signals(
        picture=SeriesPicture(
            NOW,
            (
                Series(Measure.ERRORS, Scope.NEW, "CloudWatch", 60, NOW, (Point(at, 0.31, 58),)),
                Series(Measure.P95, Scope.NEW, "CloudWatch", 60, NOW, (Point(at, 0.9, 58),)),
                Series(Measure.ERRORS, Scope.OLD, "CloudWatch", 60, NOW, (Point(at, 0.0, 1042),)),
            ),
        )
    )
    row = row_of(a_picture(figures=some_figures(at=at, requests=1100, errors=18), signals=signals), NOW)
    assert (row.errors, row.recent, row.p95) == ("new 31 %", (0.31,), "900 ms")
    wide, narrow = (row.lines(width, DARK, UNICODE, False)[0].plain(width) for width in (140, 80))
    assert re.search(r"v1\.4\.2 +new 31 %", wide) and re.search(r"v1\.4\.2 +new 31 %", narrow)


@pytest.mark.parametrize("width", [80, 140])
def test_figures_older_than_two_periods_are_dimmed_and_say_their_age(width: int) -> None:
    """At exactly two they do not; what is bad stays loud, with its age."""

    def drawn(seconds: float, errors: int = 0) -> Line:
        row = row_of(a_picture(figures=some_figures(at=ago(seconds), errors=errors)), NOW)
        return row.lines(width, "", UNICODE, False)[0]

    assert "0.0 % 2m" not in drawn(120).plain(width) and "0.0 %" in drawn(120).plain(width)
    assert "0.0 % 3m" in drawn(181).plain(width)
    inks = {text: ink for _, text, ink in drawn(181).pieces if text.startswith("0.0 %")}
    assert list(inks.values()) == ["stale"]
    assert "bold critical" in [ink for _, text, ink in drawn(181, 600).pieces if text.startswith("50 %")]


def test_that_nobody_answers_is_of_now_whatever_the_age_of_the_figures() -> None:
    """The last figures before the outage are minutes old; the outage is not."""
    down = a_picture(status=a_service(running=0), figures=some_figures(at=ago(600)))
    row = row_of(down, NOW)
    assert (row.errors, row.errors_age) == ("nobody", "")


def test_only_what_was_read_and_judged_fine_is_well() -> None:
    """Few requests, none, unknown or old figures beside a steady rollout are said; nothing is *well* then."""

    def said(**changes: object) -> tuple[str, str]:
        lines = dict(explanation(a_picture(**changes), NOW))
        return lines["why"], lines["remedy"]

    assert said() == ("all is well", "nothing to do")
    few = said(figures=some_figures(requests=17, errors=1))
    assert few == ("steady in ECS · errors 5.9 % of 17 requests: too few to judge", "no known fix")
    assert said(figures=None)[0] == "steady in ECS · errors NODATA"
    assert said(figures=some_figures(requests=0, errors=0))[0] == "steady in ECS · no requests"
    assert said(figures=some_figures(at=ago(900)))[0] == "steady in ECS · its figures are 15 min old"
    worker = a_service(target_groups=())
    assert said(status=worker, figures=None)[0] == "steady in ECS · figures not judged"


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_what_is_steady_by_counts_alone_is_not_green_nor_well(glyphs: Glyphs) -> None:
    """Its targets were not read lately: another mark, in the ink of its word, and no *all is well*."""
    by_counts = a_picture(diagnosis=Diagnosis(ServiceState.STEADY, basis=Basis.COUNTS))
    for width in (80, 140):
        pieces = row_of(by_counts, NOW).lines(width, "", glyphs, False)[0].pieces
        assert pieces[0][1:] == (glyphs.open, "muted")
        assert "steady" not in [ink for _, _, ink in pieces]
        pieces = row_of(a_picture(), NOW).lines(width, "", glyphs, False)[0].pieces
        assert pieces[0][1:] == (glyphs.steady, "steady")
    lines = dict(explanation(by_counts, NOW))
    assert lines["why"] == "steady in ECS · by ECS's counts, targets not read"
    assert lines["remedy"] == "no known fix"
    line = Line()
    put_counts(line, 2, 21, 0, glyphs, by_counts=True)
    assert "steady" not in [ink for _, _, ink in line.pieces]


def test_too_few_requests_are_amber_and_never_beside_green() -> None:
    """Seven errors of seventeen make it a warning; one of them takes the green from its mark."""
    one = row_of(a_picture(figures=some_figures(requests=17, errors=1)), NOW)
    assert one.errors_ink == "warning"
    assert "steady" not in [ink for _, _, ink in one.lines(140, "", UNICODE, False)[0].pieces]
