"""Rows of text in columns as wide as they have to be."""

from collections.abc import Sequence

from console.domain.text import cell_width


def lined_up(rows: Sequence[Sequence[str]]) -> list[str]:
    """One line a row, the first is the head; cells two apart, nothing behind the last.

    Args:
        rows: All of one length, at least one.
    """
    widths = [max(cell_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - cell_width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
