"""The door to lists, and the gate before a deploy: what it holds up, what it never does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.checklists.door import Checklists
from console.domain.checklist import ItemState, Phase
from console.domain.operation import CheckState, OperationEvent, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.errors import JournalError, RefusedError
from console.operations.engine import Engine
from tests.builders import ADDRESS, a_new_release, a_record, a_release, an_observation
from tests.checklists import Walks, an_item

TEXT = (
    an_item("tests", 'check = "one.reads"')
    + an_item("told")
    + an_item("during", "", "during")
    + an_item("after", "", "after")
)


class Gated(Walks):
    """An engine whose deploys wait for the list."""

    def __init__(self, folder: Path, text: str = TEXT, **more: Any) -> None:
        super().__init__(folder, text, **more)
        self.platform.put(an_observation())
        self.platform.candidates["v1.4.2"] = a_release()
        self.platform.candidates["v1.4.3"] = replace(a_new_release(), id=None, definition=None)
        key = self.platform.environment.key
        self.engine = Engine({key: self.platform}, self.journal, self.clock, self.settings, gate=self.door)

    def plan(self, verb: Verb = Verb.DEPLOY) -> Plan:
        return self.engine.plan(Wish(verb, ADDRESS, version="v1.4.3" if verb is Verb.DEPLOY else ""))

    def state(self, plan: Plan) -> CheckState | None:
        return next((check.state for check in plan.checks if check.name == "checklist"), None)

    def execute(self, plan: Plan) -> Iterator[OperationEvent]:
        return self.engine.execute(plan, plan.confirm)

    def settle(self) -> None:
        self.door.begin(ADDRESS).tick("told", "devon")


def test_a_deploy_waits_until_its_list_is_settled_and_not_longer(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    plan = gated.plan()
    assert gated.state(plan) is CheckState.FAIL
    with pytest.raises(RefusedError, match=r"checklist: 1 open: told is so \(open\)"):
        next(gated.execute(plan))

    gated.settle()

    assert gated.state(gated.plan()) is CheckState.PASS
    events = gated.execute(plan)  # the plan that was shown before is good enough: what blocks is judged now
    assert next(events).event == "confirmed"
    assert gated.platform.orders == []


def test_what_fails_after_it_was_planned_blocks_at_the_last_moment(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    gated.door.begin(ADDRESS, release=gated.plan().target).tick("told", "devon")
    plan = gated.plan()
    assert gated.state(plan) is CheckState.PASS
    gated.found(ItemState.FAIL, "3 of 214 are red")

    with pytest.raises(RefusedError, match="tests is so"):
        next(gated.execute(plan))

    assert gated.platform.orders == []


@pytest.mark.parametrize("state", [ItemState.FAIL, ItemState.UNKNOWN])
def test_what_is_not_known_is_no_pass_and_a_waiver_is(tmp_path: Path, state: ItemState) -> None:
    gated = Gated(tmp_path, an_item("tests", 'check = "one.reads"'))
    gated.found(state, "not to be told")
    plan = gated.plan()
    assert gated.state(plan) is CheckState.FAIL

    gated.door.begin(ADDRESS).waive("tests", "ines", "CI is down; run by hand")

    assert gated.state(gated.plan()) is CheckState.PASS


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.DRAIN])
def test_nothing_else_waits_for_it(tmp_path: Path, verb: Verb) -> None:
    gated = Gated(tmp_path)

    assert gated.state(gated.plan(verb)) is None


def test_a_rollback_is_never_held_up_by_it(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    gated.write("own.toml", "title = ")
    gated.journal.fail("entries", JournalError("the disk is full"), times=None)

    plan = replace(gated.plan(Verb.RESTART), verb=Verb.ROLLBACK, checks=())

    gated.engine.permit(plan, plan.confirm)


def test_a_list_that_cannot_be_read_holds_a_deploy_up_by_its_name(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    gated.write("own.toml", "title = ")

    plan = gated.plan()

    assert any("own.toml" in check.evidence for check in plan.blockers)


def test_a_hanging_check_holds_a_plan_no_longer_than_its_limit(tmp_path: Path) -> None:
    gated = Gated(tmp_path, an_item("slow", 'check = "one.hangs"'))
    gated.checks.gate.clear()

    plan = gated.plan()

    assert any("has not answered" in view.value for view in gated.door.look(ADDRESS).view().items)
    assert gated.state(plan) is CheckState.FAIL
    gated.checks.gate.set()


def test_the_walk_is_about_one_version_and_another_gives_it_up(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    first = gated.door.begin(ADDRESS, version="v1")
    first.tick("told", "devon")

    again = gated.door.begin(ADDRESS, version="v1")
    other = gated.door.begin(ADDRESS, version="v2")

    assert again.record is not None
    assert first.record is not None
    assert other.record is not None
    assert again.record.id == first.record.id
    assert other.record.id != first.record.id
    assert not [view for view in other.view().items if view.state is ItemState.PASS]
    ended = gated.journal.operation(first.record.id)
    assert ended is not None
    assert (ended.verdict, ended.reason) == (Verdict.FAILED, "given up: v2 is walked now")


def test_a_walk_over_several_releases_is_taken_up_by_the_next(tmp_path: Path) -> None:
    gated = Gated(tmp_path, an_item("add", "release = 1") + an_item("drop", "release = 2"))
    first = gated.door.begin(ADDRESS, version="v1")
    first.tick("add", "devon")

    second = gated.door.begin(ADDRESS, version="v2")

    assert first.record is not None
    assert second.record is not None
    assert second.record.id == first.record.id
    assert second.view().items[0].state is ItemState.PASS


def test_a_walk_is_no_operation_that_anybody_resumes_or_waits_for(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    gated.door.begin(ADDRESS)

    assert gated.engine.open_operations() == ()
    gated.engine.permit(gated.plan(Verb.RESTART), gated.plan(Verb.RESTART).confirm)


def test_a_deploy_is_bound_to_its_walk_and_its_phases_begin_with_it(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    gated.settle()
    events = gated.execute(gated.plan())
    operation = next(events).operation
    assert operation is not None

    walker = gated.another().look(ADDRESS)

    assert Phase.DURING in walker.begun
    assert Phase.AFTER not in walker.begun
    record = gated.journal.operation(operation)
    assert record is not None
    gated.journal.update(replace(record, safe_at=gated.clock.now()))
    door = gated.another()
    walker = door.look(ADDRESS)
    assert Phase.AFTER in walker.begun
    assert walker.context.facts["ordered_at"]


def test_a_pause_is_continued_when_its_stage_is_settled_and_refused_whenever(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    walker = gated.door.begin(ADDRESS)
    goes_on = replace(gated.plan(Verb.RESTART), verb=Verb.CONTINUE, asked={"refuse": False}, checks=())
    with pytest.raises(RefusedError, match="checklist"):
        gated.engine.permit(goes_on, goes_on.confirm)
    gated.engine.permit(replace(goes_on, asked={"refuse": True}), goes_on.confirm)

    for item in ("told", "during"):
        walker.tick(item, "devon")

    gated.engine.permit(goes_on, goes_on.confirm)


def test_without_a_walk_a_pause_waits_for_nobody(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    goes_on = replace(gated.plan(Verb.RESTART), verb=Verb.CONTINUE, checks=())

    gated.engine.permit(goes_on, goes_on.confirm)


def test_lists_are_named_with_their_walks_and_their_trouble(tmp_path: Path) -> None:
    gated = Gated(tmp_path, runbook=an_item("declare", "", "walk"))
    gated.write("book.toml", "[[items]]\nid = 3")
    gated.door.begin(ADDRESS)

    own, book = gated.door.listed(ADDRESS)

    assert own.walk is not None
    assert book.checklist is not None
    assert book.checklist.items[0].problem
    assert isinstance(gated.door, Checklists)


def test_a_record_of_another_verb_is_no_walk(tmp_path: Path) -> None:
    gated = Gated(tmp_path)
    gated.journal.begin(a_record(id="01X", verb=Verb.DEPLOY, verdict=None, target={"checklist": "own.toml"}))

    assert gated.door.look(ADDRESS).record is None
