"""A comparison as text and as plain data."""

import math
from collections.abc import Iterator
from typing import Any

from eqxviz.records import ValueState
from eqxviz.session.compare.comparison import Comparison
from eqxviz.session.compare.difference_table import (
    AFTER,
    BEFORE,
    MAX_ABS,
    MAX_RELATIVE,
    PATH,
    DifferenceTable,
    summary,
)

_WIDEST = 60


def comparison_text(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each difference, what differs most first, then a line that sums up."""
    table = comparison.table
    assert table is not None  # it is compared
    rows = table.rows().tolist()
    paths = [table.cell(row, PATH) for row in rows]
    width = min(max(map(len, paths), default=0), _WIDEST)
    for row, path in zip(rows, paths, strict=True):
        status = f"{table.mark(row).glyph} {table.words(row)}"
        yield f"{path:<{width}}  {status:<16}  {_change(table, row)}".rstrip() + "\n"
    yield f"{summary(table)}\n"
    if comparison.note:
        yield f"{comparison.note}\n"


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as what JSON can say; a measure that is not known is null."""
    table, before, after = comparison.table, comparison.before, comparison.after
    assert table is not None  # it is compared
    assert before is not None
    assert after is not None
    counts = table.counts()
    if "equal" in counts and not table.are_values_known:
        counts["alike"] = counts.pop("equal")
    return {
        "before": before.name,
        "after": after.name,
        "counts": counts,
        "are_values_compared": table.are_values_known,
        "note": comparison.note,
        "differences": [_row_data(table, row) for row in table.rows().tolist()],
    }


def _change(table: DifferenceTable, row: int) -> str:
    """Return "f32[3] -> f32[4]", or how much the values differ."""
    before, after = table.cell(row, BEFORE), table.cell(row, AFTER)
    told = before or after if before == after or not (before and after) else f"{before} -> {after}"
    if table.state[row] != ValueState.DIFFERENT or not table.cell(row, MAX_ABS):
        return told
    n = int(table.n_different[row])
    most = f"max |Δ| {table.cell(row, MAX_ABS)}, relative {table.cell(row, MAX_RELATIVE)}"
    return f"{told}  {most}, {n:,} {'element' if n == 1 else 'elements'}"


def _row_data(table: DifferenceTable, row: int) -> dict[str, Any]:
    data: dict[str, Any] = {
        "path": table.path(row),
        "differs_in": table.words(row).split(", "),
        "before": table.cell(row, BEFORE) or None,
        "after": table.cell(row, AFTER) or None,
    }
    if table.state[row] in (ValueState.EQUAL, ValueState.DIFFERENT):
        for name in ("n_different", "n_nan_both", "n_nan_one"):
            data[name] = int(getattr(table, name)[row])
        for name in ("max_abs", "max_relative", "norm"):
            value = float(getattr(table, name)[row])
            data[name] = value if math.isfinite(value) else None
    return data
