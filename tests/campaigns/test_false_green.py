"""No green word is false: orders and troubles by seed, judged by what clients are served."""

import ast
from pathlib import Path

import pytest

from tests.campaigns.judge import Word
from tests.campaigns.scenario import Report, run
from tests.campaigns.summary import summary

SLICE = (1, 5, 7, 8, 18, 22)
"""Seeds of every run."""
RUNS, PART = 300, 10
LEAST = {Word.SAFE: 2, Word.STEADY: 30, Word.PROVEN: 10, Word.SUCCEEDED: 3}
"""Claims of so many runs: whoever says nothing says nothing false."""


def parts() -> list[object]:
    """The slice always, the rest in campaigns, in parts that can be run alone."""
    whole = [range(first, first + PART) for first in range(0, RUNS, PART)]
    return [
        *(pytest.param((seed,), id=f"seed {seed}") for seed in SLICE),
        *(
            pytest.param(tuple(part), id=f"seeds {part.start} to {part.stop - 1}", marks=pytest.mark.campaign)
            for part in whole
        ),
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seeds", parts())
def test_every_green_word_is_true(seeds: tuple[int, ...], tmp_path: Path) -> None:
    """Safe, steady, proven, succeeded: on the console, in ``status`` and in JSON the judge agrees."""
    reports: list[Report] = []
    for seed in seeds:
        reports.append(run(seed, tmp_path / str(seed)))
        print(reports[-1])
    print(summary(reports))

    assert not [str(report) for report in reports if report.false]
    said = {word: sum(report.claims[word] for report in reports) for word in LEAST}
    assert sum(said.values()), "nothing was said that could be false"
    if len(seeds) >= PART:
        assert {word: said[word] for word, least in LEAST.items() if said[word] < least} == {}


def test_the_judge_shares_nothing_with_the_console() -> None:
    """Whoever judges a claim by the code that made it finds it true."""
    folder = Path(__file__).parent
    imported = {
        name
        for file in ("judge.py", "wire.py")
        for node in ast.walk(ast.parse((folder / file).read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert {name for name in imported if name.split(".")[0] in ("console", "screens", "widgets")} == set()
    assert {name for name in imported if name.startswith("tests")} == {"tests.campaigns.wire"}
