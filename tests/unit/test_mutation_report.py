"""What the mutation run says of its results."""

from collections import Counter

from tests.campaigns.mutants import outcomes, report, share

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
