"""Judged figures in words: which figure, from which source, against which baseline."""

from console.domain.guard import Judgement
from console.domain.measured import figure, value_in_words
from console.domain.series import Scope
from console.domain.words import count


def told(judgement: Judgement) -> str:
    """The whole finding in one line: ``errors 8.4 % of 1,204 requests, limit 5 %, baseline 0.1 % ·
    CloudWatch, service-wide · 2 of 2 periods``."""
    measure, baseline = judgement.trigger.measure, judgement.baseline
    head = f"{figure(measure, judgement.subject)} {value_in_words(measure, judgement.value)}"
    if judgement.requests is not None and measure.is_share:
        head += f" of {count(judgement.requests, 'request')}"
    facts = [head]
    if judgement.limit is not None:
        facts.append(f"limit {value_in_words(measure, judgement.limit)}")
    if not measure.is_state and judgement.trigger.worse_than_baseline:
        known = baseline.value is not None
        facts.append(f"baseline {value_in_words(measure, baseline.value)}" if known else "no baseline")
    scope = "service-wide" if judgement.scope is Scope.SERVICE else f"{judgement.scope} version"
    parts = [", ".join(facts), f"{judgement.source}, {scope}"]
    if judgement.note:
        parts.append(judgement.note)
    if judgement.equally_old:
        parts.append("the old version is as bad")
    elif judgement.periods_bad:
        parts.append(f"{min(judgement.periods_bad, judgement.needed)} of {count(judgement.needed, 'period')}")
    return " · ".join(parts)
