"""What the mutation run says of its results."""

from collections import Counter
from pathlib import Path

from tests.campaigns.mutants import outcomes, repair, report, share

RESULTS = """
    console.aws.faults.x_code_of__mutmut_1: killed
    console.aws.faults.x_code_of__mutmut_2: survived
    console.operations.lives.x__exists__mutmut_1: no tests
    console.signals.guarding.xǁGuardǁ__init____mutmut_8: timeout
"""


def test_outcomes_are_counted_by_module() -> None:
    """Functions and methods of a module together."""
    assert outcomes(RESULTS) == {
        "console.aws.faults": Counter({"killed": 1, "survived": 1}),
        "console.operations.lives": Counter({"no tests": 1}),
        "console.signals.guarding": Counter({"timeout": 1}),
    }


def test_what_no_test_runs_is_not_noticed_and_what_never_ends_is() -> None:
    """Nothing tried is nothing noticed."""
    every = sum(outcomes(RESULTS).values(), Counter[str]())
    assert share(every) == 0.5
    assert share(Counter()) == 0.0


def test_a_line_a_module_and_one_for_all() -> None:
    """The figures that the note quotes."""
    *_, last = report(outcomes(RESULTS))
    assert last.startswith("all ")
    assert last.endswith(" 50.0% of     4 · 1 survived, 1 without a test")


def test_a_module_that_was_being_written_when_it_was_stopped_is_written_anew(tmp_path: Path) -> None:
    """It is empty in the copy alone; what is empty in the product, too, stays, and what has left it."""
    copy, checkout = tmp_path / "mutants", tmp_path / "checkout"
    texts = {"judge.py": ("", "x = 1"), "guarding.py": ("x = 2", "x = 1"), "__init__.py": ("", "")}
    for root, column in ((copy, 0), (checkout, 1)):
        (root / "console" / "signals").mkdir(parents=True)
        for name, text in texts.items():
            (root / "console" / "signals" / name).write_text(text[column])
    (copy / "console" / "signals" / "gone.py").touch()

    assert repair(copy, checkout) == (copy / "console" / "signals" / "judge.py",)
    left = sorted(item.name for item in copy.glob("console/signals/*.py"))
    assert left == ["__init__.py", "gone.py", "guarding.py"]
