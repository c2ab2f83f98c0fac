"""A log line is drawn in exactly the cells there are, whatever it says."""

from hypothesis import given
from hypothesis import strategies as st

from console.logtail.query import LogQuery
from tests.builders import a_log_line
from tests.outside import TEXTS, assert_harmless
from widgets.glyphs import UNICODE
from widgets.log_bar import LogCounts, title_line
from widgets.log_line import LogLook, height_of, log_rows, task_ink
from widgets.palette import DARK

TEXT = st.lists(st.one_of(TEXTS, st.just("scan ")), max_size=12).map("".join)


@given(TEXT, st.sampled_from((60, 80, 140)), st.booleans(), st.booleans())
def test_any_text_keeps_to_its_cells(text: str, width: int, wraps: bool, unfolded: bool) -> None:
    """Cut, wrapped or unfolded, marked or not: exact widths, as many rows as reckoned, no escape."""
    look = LogLook(width, wraps, spans=LogQuery(include=("scan",)).spans)
    line = a_log_line(text, container=text[:5], task=text[:9])
    rows = log_rows(line, look, unfolded=unfolded)
    assert len(rows) == height_of(line, look, unfolded=unfolded)
    for row in rows:
        strip = row.strip(width, DARK)
        assert_harmless(strip, width)
        assert "\u202e" not in strip.text


def test_wrapped_rows_hold_every_word() -> None:
    """Nothing of a long line is lost by wrapping it."""
    text = " ".join(f"word{number}" for number in range(60))
    rows = log_rows(a_log_line(text), LogLook(80, wraps=True))
    shown = "".join(row.strip(80, DARK).text[17:78].rstrip() + " " for row in rows)
    assert shown.split() == text.split()


def test_a_task_keeps_its_ink() -> None:
    """Also one whose name is no text at all."""
    assert task_ink("0c60") == task_ink("0c60") and task_ink("\ud800")


@given(st.text("abc-", min_size=1, max_size=255), st.sampled_from((60, 80, 140)), st.booleans())
def test_a_long_name_is_cut_in_the_middle_and_hides_no_figure(name: str, width: int, misses: bool) -> None:
    """Errors, what is missing, and both ends of the name stand in the title, whatever its length."""
    counts = LogCounts(98_211, 100_000, 1204, 341, 96, 214.0, dropped=12_345 if misses else 0)
    said = title_line(name, "production", "both revisions", counts, width, UNICODE).plain(width)
    assert said.endswith("12,345 dropped" if misses else "214/s" if width < 100 else "kept of 100,000")
    assert name[:3] in said and name[-3:] in said
    assert ("✗ 341" in said) is (width < 100)
