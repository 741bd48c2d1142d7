"""Loops that Python has unrolled, and crowds without anything in common."""

import numpy as np
import pytest
from made_graphs import GraphMaker

from eqxviz.layout import Repeats, default_once, default_open, gathered, visible
from eqxviz.layout.gathering import CROWD
from eqxviz.layout.turns import turns_of
from eqxviz.records.graph import Graph


def unrolled(n_turns: int, *, before: int = 0, lines: int = 2) -> Graph:
    """A loop of four equations on some lines, after others that happen once."""
    made = GraphMaker()
    flow = made.argument("x")
    for _ in range(before):
        flow = made.made(made.equation("cos", [flow], source=("a.py", 1, "f")))
    for _ in range(n_turns):
        for nth, name in enumerate(("sin", "mul", "add", "neg")):
            source = ("a.py", 4 + nth * lines // 4, "f")
            flow = made.made(made.equation(name, [flow], source=source))
    made.output(flow)
    return made.graph()


def names(graph: Graph) -> list[str]:
    return [graph.text(name) for name in graph.group_name]


@pytest.mark.parametrize("before", [0, 1, 3, 5])
def test_a_turn_begins_at_the_first_line_of_the_body(before):
    graph = unrolled(10, before=before)
    turns = turns_of(graph, np.arange(len(graph)))
    assert turns is not None
    assert tuple(turns) == (before, 4, 10)


def test_one_line_that_does_the_same_to_many_is_no_loop():
    graph = unrolled(10, lines=1)
    assert turns_of(graph, np.arange(len(graph))) is None


def test_what_does_not_repeat_itself_has_no_turns():
    made = GraphMaker()
    for line in range(40):
        made.equation(f"f{line}", [], source=("a.py", line + 1, "f"))
    assert turns_of(made.graph(), np.arange(40)) is None


def test_the_turns_of_a_loop_are_groups_that_do_the_same():
    graph = gathered(unrolled(20))
    graph.check()
    assert names(graph) == ["", *(f"iteration {n}" for n in range(1, 21))]
    assert graph.group_same_as.tolist() == [-1, -1, *[1] * 19]
    assert np.bincount(graph.equation_group).tolist() == [0, *[4] * 20]


def test_a_long_loop_is_nested_and_opens_as_one_turn():
    graph = gathered(unrolled(3000))
    children = np.bincount(graph.group_parent[1:])
    assert children.max() <= 48
    repeats = Repeats(graph)
    once = default_once(graph, repeats)
    seen = visible(graph, default_open(graph, once=once, repeats=repeats), once, repeats)
    assert len(seen) < 40


def test_a_crowd_without_lines_is_cut_into_runs():
    made = GraphMaker()
    flow = made.argument("x")
    for _ in range(1000):
        flow = made.made(made.equation("sin", [flow]))
    graph = gathered(made.graph())
    graph.check()
    assert names(graph)[1:3] == ["part 1", "part 2"]
    assert np.bincount(graph.equation_group).max() <= CROWD
    assert np.all(np.diff(graph.equation_group) >= 0)


def test_many_parameters_are_nested_by_the_part_of_the_model():
    made = GraphMaker()
    for _ in range(13):
        made.equation("sin", [], source=("train.py", 3, "step"))
    for block in range(12):
        for leaf in ("a.weight", "a.bias", "b.weight", "b.bias", "c.weight"):
            path = f"blocks[{block}].{leaf}"
            first, second = (made.argument(f"state.{part}.{path}") for part in ("mu", "nu"))
            where = {"source": ("train.py", 4, "step")}
            flow = made.made(made.equation("mul", [first, second], **where))
            for name in ("sqrt", "div", "neg"):
                flow = made.made(made.equation(name, [flow], **where))
    graph = gathered(made.graph())
    graph.check()
    outer = [n for n in names(graph) if n.startswith("blocks[") and n.endswith("]")]
    assert outer == [f"blocks[{n}]" for n in range(12)]
    runs = Repeats(graph).runs
    assert [len(run) for first, run in runs.items() if names(graph)[first] == "blocks[0]"] == [12]
