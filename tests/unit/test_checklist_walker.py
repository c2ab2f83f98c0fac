"""Walking a list: what is judged, ticked, waived and kept; and what no check can do to the others."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from console.checklists import walks
from console.checklists.context import CheckContext
from console.checklists.markdown import markdown
from console.checklists.walker import FIRST, Walker
from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.checklist import Checklist, Item, ItemState, ItemView, Phase, Result
from console.domain.operation import Verdict
from console.errors import JournalError, ReadOnlyError, RefusedError, UsageError
from console.operations.outside import Outside
from tests.builders import an_address, an_environment
from tests.checklists import Checks
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSecrets, FakeSignals, FakeWeb, MemoryJournal


def an_item(id: str = "first", **more: object) -> Item:
    values = {"id": id, "phase": Phase.BEFORE, "title": f"{id} is so", **more}
    return Item(**values)  # type: ignore[arg-type]


class Walked:
    """A list that is walked, and the world around it."""

    def __init__(self, *items: Item, read_only: bool = False, **facts: object) -> None:
        self.checks = Checks()
        self.clock = FakeClock()
        self.journal = MemoryJournal()
        self.checklist = Checklist("own.toml", "Ours", "own.toml", items, parameters={"limit": "5 %"})
        self.environment = EnvironmentSettings(an_environment(read_only=read_only))
        self.settings = ServiceSettings(an_address(), "rugmunch-api", "rugmunch-cluster")
        self.context = CheckContext(
            self.settings,
            self.environment,
            FakePlatform(),
            FakeSignals(),
            FakeLogs(),
            Outside(FakeWeb(), FakeSecrets()),
            self.journal,
            self.clock,
            {"environment": "production", "verb": "deploy", **facts},
        )
        self.record = walks.begin(
            self.journal, self.checklist, self.settings, self.environment, "devon", self.clock.now()
        )
        self.walker = self.taken_up()

    def taken_up(self) -> Walker:
        """The walk as another process finds it."""
        return Walker(self.checklist, self.context, self.checks.registry, self.record, (*FIRST, Phase.AFTER))

    def item(self, id: str = "first", walker: Walker | None = None) -> ItemView:
        return next(view for view in (walker or self.walker).view().items if view.item.id == id)

    def states(self) -> dict[str, ItemState]:
        return {view.item.id: view.state for view in self.walker.settle().items}


def test_a_person_ticks_and_takes_back_and_the_journal_keeps_both() -> None:
    walked = Walked(an_item())
    assert walked.item().blocks

    walked.walker.tick("first", "devon", "214 of 214")

    assert walked.item().state is ItemState.PASS
    again = walked.item(walker=walked.taken_up())
    assert (again.state, again.by, again.value) == (ItemState.PASS, "devon", "214 of 214")
    walked.walker.take_back("first", "maria")
    assert walked.item().state is ItemState.OPEN
    events = [entry.text for entry in walked.journal.entries(walked.record.id)]
    assert events == ["first is so: pass · 214 of 214", "first is so: open"]


def test_what_cannot_be_written_down_is_not_ticked() -> None:
    walked = Walked(an_item())
    walked.journal.fail("append", JournalError("the disk is full"))

    with pytest.raises(JournalError):
        walked.walker.tick("first", "devon")

    assert walked.item().state is ItemState.OPEN


def test_a_check_is_judged_by_itself_and_by_nobody_else() -> None:
    walked = Walked(an_item(check="one.reads"))
    assert walked.item().state is ItemState.CHECKING

    view = walked.walker.settle()

    assert view.items[0].state is ItemState.PASS
    assert not view.blockers()
    with pytest.raises(RefusedError, match=r"judged by one\.reads"):
        walked.walker.tick("first", "devon")


def test_a_finding_is_written_when_it_changes_and_looked_at_again() -> None:
    walked = Walked(an_item(check="one.reads"))
    walked.walker.settle()
    walked.walker.settle()
    assert walked.checks.ran == 1  # it is not due again
    walked.clock.advance(16)
    walked.walker.settle()
    walked.checks.answer = Result(ItemState.FAIL, "8.4 %")
    walked.clock.advance(16)

    assert walked.states() == {"first": ItemState.FAIL}
    assert walked.checks.ran == 3
    kept = walks.ticks(walked.journal.entries(walked.record.id))
    assert [(tick.state, tick.by) for tick in kept] == [(ItemState.PASS, "auto"), (ItemState.FAIL, "auto")]
    assert walked.item(walker=walked.taken_up()).value == "8.4 %"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("one.raises", "one.raises broke: KeyError: 'nobody thought of that'"),
        ("one.throttled", "AWS asks for patience"),
    ],
)
def test_a_check_that_fails_to_look_is_no_pass_and_keeps_nobody(check: str, said: str) -> None:
    walked = Walked(an_item(check=check), an_item("second", check="one.reads"))

    assert walked.states() == {"first": ItemState.UNKNOWN, "second": ItemState.PASS}
    assert walked.item().value == said
    assert walked.item().blocks


def test_a_check_that_hangs_is_called_off_and_asked_anew_once_it_has_answered() -> None:
    walked = Walked(an_item(check="one.hangs"), an_item("second", check="one.reads"))
    walked.checks.gate.clear()

    assert walked.states() == {"first": ItemState.UNKNOWN, "second": ItemState.PASS}
    assert walked.item().value == "one.hangs has not answered within 1 s"

    walked.checks.gate.set()
    states: Iterator[ItemState] = (walked.states()["first"] for _ in range(200))
    assert any(state is ItemState.PASS for state in states)


def test_a_writing_check_runs_once_by_hand() -> None:
    walked = Walked(an_item(check="one.writes"))
    walked.walker.settle()
    assert walked.checks.ran == 0

    walked.walker.run("first", "devon")

    assert (walked.item().state, walked.item().by) == (ItemState.PASS, "devon")
    with pytest.raises(RefusedError, match="was run already"):
        walked.walker.run("first", "devon")
    with pytest.raises(RefusedError, match="was run already"):
        walked.taken_up().run("first", "devon")
    assert walked.checks.ran == 1


def test_a_writing_check_that_was_killed_is_unknown_and_not_begun_again() -> None:
    walked = Walked(an_item(check="one.writes"))
    walked.checklist = Checklist("own.toml", "Ours", "own.toml", (an_item(check="one.dies"),))
    with pytest.raises(SystemExit):
        walked.taken_up().run("first", "devon")

    again = walked.taken_up()

    assert walked.item(walker=again).state is ItemState.UNKNOWN
    assert walked.item(walker=again).blocks
    with pytest.raises(RefusedError, match="was run already"):
        again.run("first", "devon")


def test_nothing_is_written_in_read_only() -> None:
    walked = Walked(an_item(check="one.writes"), read_only=True)

    with pytest.raises(ReadOnlyError):
        walked.walker.run("first", "devon")

    assert walked.checks.ran == 0
    assert not walked.journal.entries(walked.record.id)


def test_a_waiver_needs_a_reason_and_holds_whatever_the_check_says() -> None:
    walked = Walked(an_item(check="one.reads"))
    walked.checks.answer = Result(ItemState.FAIL, "26 h old")
    walked.walker.settle()

    with pytest.raises(UsageError, match="reason"):
        walked.walker.waive("first", "ines", "  ")
    walked.walker.waive("first", "ines", "the window moved")
    walked.clock.advance(60)

    assert walked.states() == {"first": ItemState.WAIVED}
    assert (walked.item().reason, walked.item().by, walked.item().blocks) == (
        "the window moved",
        "ines",
        False,
    )


def test_only_what_may_be_missing_is_not_applicable() -> None:
    walked = Walked(an_item(), an_item("flags", if_any=True))

    with pytest.raises(RefusedError, match="always applies"):
        walked.walker.not_applicable("first", "devon", "no")
    walked.walker.not_applicable("flags", "devon", "none in this release")

    assert walked.item("flags").state is ItemState.NOT_APPLICABLE


def test_an_item_counts_where_its_conditions_are_met() -> None:
    walked = Walked(
        an_item("elsewhere", environments=("staging",)),
        an_item("other", verbs=("migrate",)),
        an_item("migration", when="migration"),
        an_item("unreadable", when="nobody.knows(@)"),
        an_item("here", environments=("production",), verbs=("deploy",), when="verb == 'deploy'"),
        migration=False,
    )

    states = walked.states()

    assert [name for name, state in states.items() if state is ItemState.OPEN] == ["unreadable", "here"]
    assert walked.item("elsewhere").reason == "only in staging"


def test_items_wait_for_those_before_them() -> None:
    walked = Walked(an_item(), an_item("second", check="one.reads", after=("first",)))
    assert walked.states()["second"] is ItemState.OPEN
    assert walked.checks.ran == 0
    assert walked.item("second").waits_for == ("first",)

    walked.walker.tick("first", "devon")

    assert walked.states()["second"] is ItemState.PASS


def test_behind_a_fatal_failure_nothing_is_tried() -> None:
    walked = Walked(
        an_item(check="one.reads", fatal=True),
        an_item("second"),
        an_item("later", phase=Phase.AFTER),
    )
    walked.checks.answer = Result(ItemState.FAIL, "503")
    walked.walker.settle()

    with pytest.raises(RefusedError, match="first is so"):
        walked.walker.tick("second", "devon")
    walked.walker.tick("later", "devon")

    assert walked.item("later").state is ItemState.PASS


def test_a_watch_lasts_its_time_and_begins_anew_after_a_failure() -> None:
    walked = Walked(an_item(check="one.reads", lasts=timedelta(minutes=30)))
    assert walked.states()["first"] is ItemState.CHECKING
    walked.clock.advance(20 * 60)
    assert walked.states()["first"] is ItemState.CHECKING
    assert walked.item().left_s == pytest.approx(600, abs=1)
    again = walked.taken_up().settle().items[0]
    assert again.left_s == pytest.approx(600, abs=1)  # whoever takes over goes on with it

    walked.checks.answer = Result(ItemState.FAIL, "8.4 %")
    walked.clock.advance(60)
    assert walked.states()["first"] is ItemState.FAIL
    walked.checks.answer = Result(ItemState.PASS, "0.1 %")
    walked.clock.advance(60)
    assert walked.states()["first"] is ItemState.CHECKING
    walked.clock.advance(29 * 60)
    assert walked.states()["first"] is ItemState.CHECKING
    walked.clock.advance(2 * 60)
    assert walked.states()["first"] is ItemState.PASS

    walked.checks.answer = Result(ItemState.FAIL, "8.4 %")
    walked.clock.advance(60)
    assert walked.states()["first"] is ItemState.PASS  # the watch is over, and that it was well is kept


def test_a_watch_without_a_check_is_begun_and_ended_by_hand() -> None:
    walked = Walked(an_item(lasts=timedelta(minutes=15)))
    walked.walker.tick("first", "devon")
    assert walked.item().state is ItemState.CHECKING
    with pytest.raises(RefusedError, match="time has passed"):
        walked.walker.tick("first", "devon")

    walked.clock.advance(15 * 60)
    assert walked.item().state is ItemState.OPEN
    walked.walker.tick("first", "devon", "quiet")

    assert walked.item().state is ItemState.PASS


def test_a_walk_over_several_releases_goes_one_by_one() -> None:
    walked = Walked(
        an_item("add", phase=Phase.WALK, release=1),
        an_item("backfill", phase=Phase.WALK, release=2),
        an_item("drop", phase=Phase.WALK, release=3),
    )
    with pytest.raises(RefusedError, match="add is so"):
        walked.walker.tick("drop", "devon")

    for step in ("add", "backfill", "drop"):
        walked.taken_up().tick(step, "devon")

    walked.walker.reread()
    assert not walked.walker.view().blockers()


def test_parameters_and_facts_stand_in_texts_and_what_is_not_known_is_no_pass() -> None:
    walked = Walked(
        an_item(
            title="errors under ${limit} for ${version}", check="one.reads", parameters={"of": "${version}"}
        ),
        an_item("second", check="one.reads", parameters={"of": "${ticket}"}),
        version="v1.4.4",
    )

    states = walked.states()

    assert walked.item().item.title == "errors under 5 % for v1.4.4"
    assert states == {"first": ItemState.PASS, "second": ItemState.UNKNOWN}
    assert walked.item("second").value == "ticket is not known"


def test_a_walk_ends_when_nothing_required_is_left() -> None:
    walked = Walked(an_item(), an_item("nice", required=False))
    with pytest.raises(RefusedError, match="first is so is open"):
        walked.walker.end("devon")
    walked.walker.tick("first", "devon")

    walked.walker.end("devon")

    record = walked.journal.operation(walked.record.id)
    assert record is not None
    assert record.verdict is Verdict.SUCCEEDED
    with pytest.raises(RefusedError, match="has ended"):
        walked.walker.tick("nice", "devon")


def test_what_is_found_after_the_end_of_a_walk_is_not_written_into_it() -> None:
    walked = Walked(an_item(check="one.hangs", required=False))
    walked.checks.gate.clear()
    walked.walker.judge()
    walked.walker.end("devon")

    walked.checks.gate.set()
    walked.walker.settle()

    assert walked.journal.entries(walked.record.id) == ()


def test_a_walk_that_is_given_up_says_why() -> None:
    walked = Walked(an_item())

    walked.walker.end("devon", "released by hand")

    record = walked.journal.operation(walked.record.id)
    assert record is not None
    assert (record.verdict, record.reason) == (Verdict.FAILED, "given up by devon: released by hand")


def test_a_broken_item_can_be_waived_and_nothing_else() -> None:
    walked = Walked(an_item(problem="own.toml: items[1].check is unknown"))

    with pytest.raises(RefusedError, match="cannot be read"):
        walked.walker.tick("first", "devon")
    assert walked.states()["first"] is ItemState.UNKNOWN
    walked.walker.waive("first", "devon", "checked by hand")

    assert not walked.walker.view().blockers()


def test_the_ticket_has_everything_and_no_markup_of_others() -> None:
    walked = Walked(an_item(check="one.reads"), an_item("second"), an_item("third", required=False))
    walked.checks.answer = Result(ItemState.PASS, "[x](http://evil) `v1`", evidence="token=**\n<b>")
    walked.walker.settle()
    walked.walker.waive("second", "ines", "the *window* moved")

    text = markdown(walked.walker.view(), "rugmunch/production/api v1.4.2 → v1.4.3")

    assert "Everything required is settled" in text
    assert "- [x] first is so: pass · \\[x\\](http://evil) \\`v1\\` · by auto" in text
    assert "  - because: “the \\*window\\* moved”" in text
    assert "- [ ] third is so (advisory): open" in text
    assert "<b>" not in text.replace("\\<b\\>", "")
