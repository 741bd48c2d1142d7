"""What the columns of the ledger say, and how they sort."""

import math
from dataclasses import replace

from eqxviz.records import CacheUse, Executable
from eqxviz.session.ledger.columns import EVENTS, EVENTS_AT_FIRST, LEDGER, LEDGER_AT_FIRST

from .made_runs import STEP, compiled, run_with

CELLS = {cell.column.name: cell for cell in LEDGER}


def test_names_are_distinct_and_what_is_shown_at_first_is_there():
    for cells, at_first in ((LEDGER, LEDGER_AT_FIRST), (EVENTS, EVENTS_AT_FIRST)):
        names = [cell.column.name for cell in cells]
        assert len(set(names)) == len(names)
        assert set(at_first) <= set(names)
        assert at_first[0] == names[0]


def test_what_is_not_known_is_no_number():
    row = run_with().ledger.row(1)
    assert CELLS["later_median"].text(row) == "–"
    assert CELLS["temp_bytes"].text(row) == ""
    assert CELLS["flops"].text(row) == ""
    assert CELLS["cache_hits"].text(row) == ""


def test_memory_and_flops_are_said_once_they_are_known():
    row = replace(
        run_with(compiled(0)).ledger.row(1),
        executable=Executable(0, 2_000_000, 828, -1, 0, -1, 2.36e9),
    )
    assert CELLS["argument_bytes"].text(row) == "2.00 MB"
    assert CELLS["temp_bytes"].text(row) == ""  # XLA does not say
    assert CELLS["flops"].text(row) == "2.36 GFLOPs"


def test_rows_without_a_number_sort_before_all_that_have_one():
    row = run_with().ledger.row(1)
    fast = replace(row, later_median=0.001)
    assert math.isnan(row.later_median)
    assert sorted([fast, row], key=CELLS["later_median"].key) == [row, fast]


def test_every_cell_of_an_event_says_something_that_sorts():
    events = [compiled(0), compiled(1, nearest=0, causes=(STEP,), call=2, cache=CacheUse.HIT)]
    for cell in EVENTS:
        assert all(isinstance(cell.text(event), str) for event in events)
        assert len(sorted(events, key=cell.key)) == 2
    texts = {cell.column.name: cell.text(events[1]) for cell in EVENTS}
    assert (texts["cache"], texts["line"], texts["total"]) == ("hit", "train.py:50", "300 ms")
