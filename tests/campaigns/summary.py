"""What a campaign counted, for whoever reads its output: printed where the terminal shows it."""

from collections import Counter
from collections.abc import Iterable

from tests.campaigns.judge import Word
from tests.campaigns.scenario import Report


def summary(reports: Iterable[Report]) -> str:
    """Runs, claims a word, false greens a word, in one line."""
    said: Counter[Word] = Counter()
    false: Counter[Word] = Counter()
    runs = 0
    for report in reports:
        runs += 1
        said.update(report.claims)
        false.update(found.claim.word for found in report.false)
    words = " · ".join(f"{word.value} {false[word]} of {said[word]}" for word in Word)
    return f"{runs} runs, false greens: {words}"
