"""The list that the documents teach with: it loads without a complaint, and is walked to its end."""

import re
from pathlib import Path

import pytest

from console.checklists.registry import all_checks
from console.domain.checklist import ItemState, Phase
from console.domain.operation import Verb, Verdict
from console.errors import RefusedError
from tests.builders import ADDRESS, a_record, an_observation, some_figures
from tests.checklists import Walks

PAGE = Path(__file__).parents[2] / "docs" / "checklists.md"
WHO = "devon"


def example() -> str:
    """The whole list, as it stands on the page."""
    blocks = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = [str(block) for block in blocks if "[[items]]" in block]
    return found


@pytest.fixture
def walks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walks:
    """A service whose team has that list, on a machine without npm."""
    monkeypatch.setenv("PATH", str(tmp_path))
    given = {"url": "https://api.shop.example", "repository": "shop/api"}
    walks = Walks(tmp_path, "", parameters=given)
    (tmp_path / "own.toml").write_text(example(), "utf-8")
    walks.checks.registry = all_checks()
    walks.door = walks.another()
    return walks


def test_every_item_of_the_example_can_be_read(walks: Walks) -> None:
    checklist = walks.door.load("own.toml")
    assert [item.problem for item in checklist.items] == [""] * 9
    assert {item.phase for item in checklist.items} == {Phase.BEFORE, Phase.DURING, Phase.AFTER, Phase.ISSUES}


def test_the_example_is_walked_from_the_first_tick_to_the_last(walks: Walks) -> None:
    """What cannot be told is waived with a reason, what comes later waits, and the end is written down."""
    walker = walks.door.begin(ADDRESS, version="v1.4.4")
    first = {view.item.id: view for view in walker.settle(5).items}
    assert first["tests"].item.title == "the tests of v1.4.4 are green"
    assert first["tests"].state is ItemState.UNKNOWN
    assert (first["audit"].state, first["audit"].value) == (ItemState.UNKNOWN, "there is no command npm")
    assert first["order"].state is ItemState.NOT_APPLICABLE
    with pytest.raises(RefusedError, match="waits"):
        walker.tick("told", WHO)
    with pytest.raises(RefusedError):
        walker.end(WHO)

    for item in ("tests", "audit"):
        walker.waive(item, WHO, "there is neither GitHub nor npm in this test")
    walker.not_applicable("migrations", WHO, "no table changes")
    walker.tick("told", WHO, "at 3:12")
    assert walker.view().blockers(Phase.BEFORE) == ()

    release = a_record(verb=Verb.DEPLOY, verdict=Verdict.SUCCEEDED, ended_at=walks.clock.now())
    walks.journal.begin(release)
    walker.around(release.id)
    walks.door.refresh(walker)
    walks.web.put("GET /products", [{"id": 1}])
    walks.platform.put(an_observation())
    walks.signals.known[ADDRESS] = some_figures(requests=1000, errors=0)
    after = {view.item.id: view for view in walker.settle(5).items}
    assert after["shop-window"].state is ItemState.PASS
    assert (after["errors"].state, after["watch"].state) == (ItemState.PASS, ItemState.CHECKING)
    for _ in range(4):
        walks.clock.advance(600)
        walker.settle(5)
    assert walker.view().blockers() == ()
    assert walker.end(WHO).ended_at is not None
