"""``checklist run --follow``: a watch is judged all the while, also without a screen."""

from pathlib import Path

from console.cli.checklist import FOLLOW_S, followed, lines_of
from console.domain.checklist import ItemState, Phase
from console.domain.operation import Verb, Verdict
from tests.builders import ADDRESS, a_record
from tests.checklists import Walks, an_item

LIST = an_item("quiet", 'check = "one.reads"\nlasts = "10m"', "after")


def test_a_list_is_followed_until_its_watch_is_over(tmp_path: Path) -> None:
    """Every fifteen seconds; what goes wrong in the middle starts the time anew."""
    walks = Walks(tmp_path, LIST)
    walker = walks.door.begin(ADDRESS)
    release = a_record(verb=Verb.DEPLOY, verdict=Verdict.SUCCEEDED, ended_at=walks.clock.now())
    walks.journal.begin(release)
    walker.around(release.id)
    walks.door.refresh(walker)
    began = walks.clock.monotonic()
    walks.clock.at(300, lambda: walks.found_now(ItemState.FAIL, "too many"))
    walks.clock.at(360, lambda: walks.found_now(ItemState.PASS, "well again"))
    walker.settle(1)

    view = followed(walks.door, walker, walks.clock, 1)
    assert view.of(Phase.AFTER)[0].state is ItemState.FAIL
    assert walks.clock.monotonic() - began < 360

    walks.clock.advance(60)
    view = followed(walks.door, walker, walks.clock, 1)
    assert view.of(Phase.AFTER)[0].state is ItemState.PASS
    assert walks.clock.monotonic() - began >= 360 + 600
    assert walks.checks.ran >= 600 / FOLLOW_S
    assert any("quiet is so" in line for line in lines_of(view, ADDRESS))
