"""Crowded groups are divided by source line and by parameter."""

import numpy as np
from hypothesis import given, settings
from made_graphs import GraphMaker, mlp
from random_graphs import graphs

from eqxviz.layout import gathered
from eqxviz.layout.gathering import CROWD
from eqxviz.records.graph import Graph, GroupKind


def optimiser(n_parameters: int = 20) -> Graph:
    """A loss on one line; an update of each parameter on another, all scaled by one number."""
    made = GraphMaker("make_step")
    flow = made.argument("x")
    for _ in range(CROWD // 3):
        flow = made.made(made.equation("sin", [flow], source=("train.py", 3, "make_step")))
    scale = made.equation("rsqrt", [flow], avals=["f32[]"], source=("train.py", 3, "make_step"))
    for index in range(n_parameters):
        first = made.argument(f"state.mu.layers[{index}].weight", "f32[4]")
        second = made.argument(f"state.nu.layers[{index}].weight", "f32[4]")
        where = {"source": ("train.py", 4, "make_step"), "avals": ["f32[4]"]}
        mean = made.equation("mul", [first, made.made(scale)], **where)
        square = made.equation("mul", [second, made.made(mean)], **where)
        step = made.equation("div", [made.made(mean), made.made(square)], **where)
        last = made.equation("neg", [made.made(step)], **where)
        made.output(made.made(last), f"[{index}]")
    return made.graph()


def names(graph: Graph) -> list[str]:
    return [graph.text(name) for name in graph.group_name]


def test_a_crowd_becomes_one_group_a_line_and_one_a_parameter_in_it():
    graph = gathered(optimiser(20))
    graph.check()
    assert names(graph)[:3] == ["", "make_step · train.py:3", "make_step · train.py:4"]
    assert names(graph)[3:] == [f"layers[{i}].weight" for i in range(20)]
    assert set(graph.group_parent[3:].tolist()) == {2}
    assert np.all(graph.group_kind[1:] == GroupKind.SCOPE)
    assert np.bincount(graph.equation_group).tolist() == [0, CROWD // 3 + 1, 0] + [4] * 20


def test_a_graph_without_crowds_is_returned_as_it_is():
    graph = mlp()
    assert gathered(graph) is graph


def test_what_is_nested_goes_with_its_equation():
    made = GraphMaker()
    call = -1
    for line in (1, 2):
        for _ in range(CROWD):
            call = made.equation("f", [], source=("a.py", line, "g"))
    body = made.group(0, GroupKind.JAXPR, "body", owner=call)
    made.equation("sin", [], group=body)
    graph = gathered(made.graph())
    graph.check()
    inner = int(np.flatnonzero(graph.group_kind == GroupKind.JAXPR)[0])
    assert names(graph)[int(graph.group_parent[inner])] == "g · a.py:2"


def test_the_parts_of_one_line_are_not_gathered_by_that_line_again():
    made = GraphMaker()
    for _ in range(CROWD + 1):
        made.equation("f", [], source=("a.py", 1, "g"))
    graph = made.graph()
    assert gathered(graph) is graph


@settings(deadline=None, max_examples=40)
@given(graphs())
def test_equations_and_values_keep_their_numbers(graph):
    made = gathered(graph)
    made.check()
    assert np.array_equal(made.in_value, graph.in_value)
    assert np.array_equal(made.equation_primitive, graph.equation_primitive)
