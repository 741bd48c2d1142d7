"""A difference in words, as rows, by group, as text and as data."""

import json

import numpy as np
import pytest

import eqxcore as eqx
from eqxviz.layout import visible
from eqxviz.session.graph_compare import Status, compare
from eqxviz.session.graph_compare.marking import box_statuses
from eqxviz.session.graph_compare.table import (
    AFTER,
    BEFORE,
    BYTES,
    COLUMNS,
    FLOPS,
    GROUP,
    KIND,
    EquationTable,
    GroupTable,
)
from eqxviz.session.graph_compare.wording import (
    counts_text,
    difference_data,
    difference_text,
    loop_texts,
    ratio,
    summary,
)
from eqxviz.session.row_sorting import RowSorting
from tests.session.graph_compare.compared import (
    MODEL,
    START,
    WEIGHTS,
    X,
    Y,
    drawn,
    edited_loss,
    halved,
    loss,
    scanned,
    unrolled,
)


@pytest.fixture(scope="module")
def edited():
    return compare(drawn(loss, MODEL, X, Y), drawn(edited_loss, MODEL, X, Y))


@pytest.fixture(scope="module")
def in_half():
    return compare(drawn(loss, MODEL, X, Y), drawn(loss, halved(MODEL), halved(X), Y))


@pytest.fixture(scope="module")
def rolled():
    return compare(drawn(unrolled, WEIGHTS, START), drawn(scanned, WEIGHTS, START))


@pytest.fixture(scope="module")
def gradient():
    return compare(drawn(loss, MODEL, X, Y), drawn(eqx.filter_value_and_grad(loss), MODEL, X, Y))


def test_the_summary_counts_and_says_what_it_costs(edited):
    assert counts_text(edited) == "2 changed, 2 added; 20 the same"
    assert summary(edited).startswith("2 changed, 2 added; 20 the same. FLOPs 1.01 k → 1.03 k (+2")


def test_changes_of_dtype_alone_are_summed_up(in_half):
    assert counts_text(in_half) == "18 equations changed dtype f32 → bf16, 1 added; 4 the same"


def test_a_loop_is_told_in_words_both_ways(rolled):
    (told,) = loop_texts(rolled)
    assert told.startswith("3 turns of 3 equations became one scan of length 3 (compared.py:")
    (told,) = loop_texts(rolled.inverse())
    assert told.startswith("A scan of length 3 (compared.py:")
    assert told.endswith("was unrolled: 3 turns of 3 equations.")


def test_graphs_that_are_alike_say_so():
    graph = drawn(loss, MODEL, X, Y)
    assert counts_text(compare(graph, graph)) == "Nothing differs: 22 equations the same"


def test_how_much_more_is_a_percentage_or_a_factor():
    assert [ratio(100, n) for n in (103.2, 250, 40, 60)] == ["+3.2 %", "× 2.5", "÷ 2.5", "−40 %"]


def test_the_text_has_a_line_for_each_difference(edited):
    lines = "".join(difference_text(edited)).splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["+", "added", "mul", "f32[4,2]"]
    assert "reads x → reads mul" in lines[1]
    assert lines[-1] == summary(edited)


@pytest.mark.parametrize("name", ["edited", "in_half", "rolled", "gradient"])
def test_the_data_is_json(name: str, request: pytest.FixtureRequest):
    difference = request.getfixturevalue(name)
    data = json.loads(json.dumps(difference_data(difference), allow_nan=False))
    assert len(data["differences"]) == sum(n for s, n in data["counts"].items() if s != "same")
    assert data["summary"] == summary(difference)


def test_rows_are_chosen_by_kind_and_searched(gradient):
    table = EquationTable(gradient)
    assert table.counts() == {"added": 31, "same": 22}
    assert len(table.rows()) == 31
    assert len(table.rows("all")) == 53
    assert len(table.rows("same")) == 22
    found = table.rows(search="LAYERS[1] dot")
    assert [table.cell(row, GROUP) for row in found] == ["model.layers[1] · backward"] * 2
    assert len(table.rows(search="nothing like it")) == 0


def test_rows_are_sorted_by_what_they_cost_and_by_any_column(gradient):
    table = EquationTable(gradient)
    costs = gradient.flops_change[table.rows("", RowSorting(FLOPS, descending=True))]
    assert np.all(np.diff(costs) <= 0)
    for column in range(len(COLUMNS)):
        for descending in (False, True):
            rows = table.rows("all", RowSorting(column, descending))
            assert sorted(rows.tolist()) == list(range(53))


def test_cells_say_what_it_was_and_what_it_became(in_half):
    table = EquationTable(in_half)
    row = table.rows("dtype")[0]
    assert table.cell(row, KIND) == "dtype"
    assert (table.cell(row, BEFORE), table.cell(row, AFTER)) == ("f32[8,4]", "bf16[8,4]")
    assert table.cell(row, BYTES).startswith("−")
    assert table.tooltip(row).splitlines()[0] == "It reads or makes another dtype."


def test_a_scan_is_told_against_its_turns(rolled):
    table = EquationTable(rolled)
    row = rolled.row_of(1, rolled.loops[0].owner)
    assert table.mark(row).word == "loop"
    assert table.cell(row, BEFORE) == "3 × 3 equations"
    assert table.cell(row, AFTER) == "scan of length 3"


def test_groups_say_how_much_of_them_differs_and_what_that_costs(gradient):
    groups = GroupTable(gradient)
    rows = {groups.cell(row, 0): row for row in range(len(groups))}
    assert groups.cell(rows["all"], 3) == "31"
    layer = rows["model.layers[1] · backward"]
    assert groups.cell(layer, 3) == "6"
    assert groups.cell(layer, 4) == "+1.05 k"
    before, after = groups.groups[layer].tolist()
    assert before == -1
    rows_inside = EquationTable(gradient).rows(within=(before, after))
    assert len(rows_inside) == 6


def test_boxes_say_what_differs_in_them(gradient):
    folded = visible(gradient.after, frozenset({0}))
    statuses, words = box_statuses(gradient, 1, folded)
    said = {word for word in words if word}
    assert "+21" in said  # the folded backward pass
    assert set(statuses[[i for i, w in enumerate(words) if w]]) <= {Status.ADDED, Status.CHANGED}
    before, words = box_statuses(gradient, 0, visible(gradient.before, frozenset({0})))
    assert not np.any(before)
    assert not any(words)


def test_a_box_of_one_equation_says_what_changed(in_half):
    everything = frozenset(range(len(in_half.after.group_parent)))
    statuses, words = box_statuses(in_half, 1, visible(in_half.after, everything))
    assert words.count("≠ dtype") == 14  # calls are open frames
    assert words.count("+ added") == 1
    assert np.count_nonzero(statuses == Status.ADDED) == 1
