"""What a checklist's file may hold, and what happens to one that is wrong."""

from pathlib import Path

import pytest

from console.checklists.context import CheckContext
from console.checklists.given import Given
from console.checklists.loader import load
from console.checklists.registry import Registry
from console.domain.checklist import Effect, Item, ItemState, Phase, Result
from console.errors import ConfigError

REGISTRY = Registry()


@REGISTRY.check(
    "code.green",
    "all checks of a commit are green",
    parameters={"ref*": "the commit", "of": "the repository"},
)
def _green(context: CheckContext, given: Given) -> Result:
    return Result(ItemState.PASS, given.text("ref"))


@REGISTRY.check("plan.made", "a plan can be made", effect=Effect.WRITES)
def _made(context: CheckContext, given: Given) -> Result:
    return Result(ItemState.PASS, "made")


@REGISTRY.check("any.command", "a command ends well", own_files_only=True)
def _command(context: CheckContext, given: Given) -> Result:
    return Result(ItemState.PASS, "ended")


def loaded(folder: Path, text: str) -> dict[str, Item]:
    (folder / "own.toml").write_text(f'title = "Ours"\n{text}', "utf-8")
    checklist = load("own.toml", folder, REGISTRY)
    return {item.id: item for item in checklist.items}


def item(id: str, more: str = "") -> str:
    return f'[[items]]\nid = "{id}"\nphase = "before"\ntitle = "{id} is so"\n{more}\n'


def test_an_item_has_what_its_lines_say(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        'goal = "15m"\n'
        + item("first")
        + item(
            "second",
            'check = "code.green"\nwith = { ref = "${version}" }\nrequired = false\nafter = ["first"]\n'
            'when = "migration"\nlasts = "30m"\nverbs = ["deploy"]\nenvironments = ["production"]',
        ),
    )

    second = found["second"]
    assert (second.phase, second.check, second.required) == (Phase.BEFORE, "code.green", False)
    assert second.parameters == {"ref": "${version}"}
    assert second.after == ("first",)
    assert second.lasts is not None
    assert second.lasts.total_seconds() == 1800
    assert found["first"].required
    assert not found["first"].check


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('check = "code.gren"', "did you mean code.green?"),
        ('check = "code.green"', "items[1].with.ref is missing"),
        ('check = "code.green"\nwith = { reff = "x" }', "did you mean ref?"),
        ('with = { ref = "x" }', "stands without a check"),
        ('verbs = ["deplyo"]', "did you mean deploy?"),
        ('when = "a["', "is no JMESPath"),
        ("requird = true", "did you mean required?"),
        ('after = ["nobody"]', "comes after nobody"),
        ('lasts = "30"', "not a duration"),
        ('check = "plan.made"\nlasts = "30m"', "writes, and is run once"),
        ('required = "yes"', "not true or false"),
    ],
)
def test_a_wrong_item_says_what_is_wrong_and_leaves_the_others(tmp_path: Path, lines: str, said: str) -> None:
    found = loaded(tmp_path, item("first", lines) + item("second"))

    broken = next(one for name, one in found.items() if name != "second")
    assert said in broken.problem
    assert broken.required
    assert broken.id == "first"
    assert broken.phase is Phase.BEFORE
    assert not found["second"].problem


def test_items_that_wait_for_each_other_are_named(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        item("a", 'after = ["c"]')
        + item("b", 'after = ["a"]')
        + item("c", 'after = ["b"]')
        + item("d", 'after = ["a"]'),
    )

    assert {name for name, one in found.items() if "waits for itself" in one.problem} == {"a", "b", "c"}
    assert found["a"].problem == "waits for itself: a after c after b after a"
    assert not found["d"].problem


def test_two_items_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = loaded(tmp_path, item("a") + item("a"))

    assert found["item-2"].problem == "there is another item a"
    assert not found["a"].problem


def test_a_command_comes_only_from_the_operators_own_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, item("a", 'check = "any.command"'))["a"].check == "any.command"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "is not TOML"),
        ('titel = "x"', "did you mean title?"),
        ('title = "x"', "items is missing"),
        ('title = "x"\nitems = "none"', "is not a list of items"),
    ],
)
def test_a_file_that_is_no_checklist_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text, "utf-8")

    with pytest.raises(ConfigError) as caught:
        load("own.toml", tmp_path, REGISTRY)

    assert said in str(caught.value)
    assert "own.toml" in str(caught.value)


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read"):
        load("gone.toml", tmp_path, REGISTRY)
    with pytest.raises(ConfigError, match="there is no checklist nobody/release"):
        load("nobody/release", tmp_path, REGISTRY)
