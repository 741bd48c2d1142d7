"""What depends on what, against a straightforward walk."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made_graphs import GraphMaker, mlp
from random_graphs import graphs

from eqxviz.records import EquationKind, Graph, GroupKind, ValueOrigin
from eqxviz.session.graph.reach import ValueFlow


def equations_of(mask: np.ndarray) -> list[int]:
    return np.flatnonzero(mask).tolist()


def scan_with_a_carry() -> Graph:
    """`carry, ys = scan(body, carry, xs)`: the carry becomes `c + k * x`, and `c * 2` is stacked.

    Equations: 0 the scan, 1 to 3 its body (mul, add, mul), 4 a reader of the carry, 5 of the ys.
    """
    made = GraphMaker()
    start, k = made.argument("carry", "f32[]"), made.argument("k", "f32[]")
    xs = made.argument("xs", "f32[5]")
    scan = made.equation(
        "scan", [k, start, xs], kind=EquationKind.CONTROL, avals=["f32[]", "f32[5]"]
    )
    body = made.group(0, GroupKind.JAXPR, "body", owner=scan, repeats=5)
    inner_k, c = made.inner(k), made.inner(start)
    x = made.value(ValueOrigin.ARGUMENT, "f32[]", outer=xs)
    product = made.equation("mul", [inner_k, x], group=body, avals=["f32[]"])
    total = made.equation("add", [c, made.made(product)], group=body, avals=["f32[]"])
    double = made.equation("mul", [c, c], group=body, avals=["f32[]"])
    made.bind(made.made(total), made.made(scan, 0))
    made.bind(made.made(double), made.made(scan, 1))
    made.jaxpr(body, [inner_k, c, x], [made.made(total), made.made(double)])
    made.equation("exp", [made.made(scan, 0)], avals=["f32[]"])
    made.equation("sin", [made.made(scan, 1)], avals=["f32[5]"])
    return made.graph()


def test_dependents_are_followed_through_a_nested_jaxpr():
    flow = ValueFlow(mlp())
    assert equations_of(flow.dependents(flow.equation(1)).equations) == [2, 3, 4, 5]
    assert equations_of(flow.dependencies(flow.equation(4)).equations) == [0, 1, 2, 3]


def test_what_is_nested_in_a_call_is_the_call_and_no_dependent_of_it():
    flow = ValueFlow(mlp())
    place = flow.equation(2)
    assert equations_of(place.own) == [2, 3]
    assert equations_of(flow.dependents(place).equations) == [4, 5]
    assert equations_of(flow.dependencies(place).equations) == [0, 1]


def test_a_group_depends_on_what_its_equations_read_from_outside():
    flow = ValueFlow(mlp())
    second = flow.group(3)
    assert equations_of(second.own) == [4, 5]
    assert equations_of(flow.dependencies(second).equations) == [0, 1, 2, 3]
    assert equations_of(flow.dependents(flow.group(1)).equations) == [2, 3, 4, 5]


def test_a_value_leads_to_its_readers_and_comes_from_its_maker():
    graph = mlp()
    flow = ValueFlow(graph)
    value = int(graph.outputs_of(1)[0])
    assert equations_of(flow.dependents(flow.value(value)).equations) == [2, 3, 4, 5]
    assert equations_of(flow.dependencies(flow.value(value)).equations) == [0, 1]


def test_the_next_turn_of_a_loop_reads_what_the_last_one_carried():
    graph = scan_with_a_carry()
    flow = ValueFlow(graph)
    # k * x is added to the carry, which the next turn doubles: so it is in the ys, too.
    assert equations_of(flow.dependents(flow.equation(1)).equations) == [0, 2, 3, 4, 5]
    assert equations_of(flow.dependencies(flow.equation(3)).equations) == [0, 1, 2]
    # What is stacked is not carried.
    assert equations_of(flow.dependents(flow.equation(3)).equations) == [0, 5]


def test_a_value_that_decides_over_a_cond_leads_to_all_it_makes():
    made = GraphMaker()
    index, x = made.argument("index", "i32[]"), made.argument("x")
    decided = made.equation("convert", [index], avals=["i32[]"])
    cond = made.equation("cond", [made.made(decided), x], avals=["f32[2]", "f32[2]"])
    for branch in range(2):
        group = made.group(0, GroupKind.JAXPR, f"branch {branch}", owner=cond)
        variable = made.inner(x)
        one = made.equation("sin", [variable], group=group)
        # The second result is what came in, untouched.
        made.bind(made.made(one), made.made(cond, 0))
        made.jaxpr(group, [variable], [made.made(one), variable])
    made.equation("neg", [made.made(cond, 1)])
    flow = ValueFlow(made.graph())
    assert equations_of(flow.dependents(flow.equation(0)).equations) == [1, 4]
    assert equations_of(flow.dependents(flow.value(x)).equations) == [1, 2, 3, 4]
    # Neither branch makes what is handed through.
    assert equations_of(flow.dependencies(flow.equation(4)).equations) == [0, 1]


def test_between_two_places_is_what_the_first_leads_to_and_the_last_needs():
    flow = ValueFlow(mlp())
    found = flow.between(flow.equation(0), flow.equation(4))
    assert equations_of(found.equations) == [0, 1, 2, 3, 4]
    assert not found.is_empty


def test_there_is_no_way_against_the_flow():
    flow = ValueFlow(mlp())
    assert flow.between(flow.equation(4), flow.equation(0)).is_empty


def walked(graph: Graph, start: set[int], *, forward: bool) -> set[int]:
    """Return the values that can be reached, by asking every equation again and again."""
    calls = set(graph.group_owner[graph.group_owner >= 0].tolist())
    bound = {v: int(o) for v, o in enumerate(graph.value_outer) if o >= 0}
    entered = {o for v, o in bound.items() if graph.value_producer[v] < 0}
    left = {o for v, o in bound.items() if graph.value_producer[v] >= 0}
    ways: set[tuple[int, int]] = set()
    for equation in range(len(graph)):
        reads, makes = graph.inputs_of(equation).tolist(), graph.outputs_of(equation).tolist()
        for value in reads:
            for result in makes:
                hidden = value not in entered or result not in left
                if equation not in calls or hidden:
                    ways.add((value, result))
    for value, outer in bound.items():
        ways.add((outer, value) if graph.value_producer[value] < 0 else (value, outer))
    if not forward:
        ways = {(b, a) for a, b in ways}
    found, size = set(start), -1
    while len(found) > size:
        size = len(found)
        found |= {b for a, b in ways if a in found}
    return found


@settings(max_examples=100, deadline=None)
@given(graphs(), st.data())
def test_what_is_reached_is_what_a_straightforward_walk_reaches(graph: Graph, data: st.DataObject):
    if not len(graph.value_producer):
        return
    flow = ValueFlow(graph)
    value = data.draw(st.integers(0, len(graph.value_producer) - 1))
    there = flow.dependents(flow.value(value))
    assert set(equations_of(there.values)) == walked(graph, {value}, forward=True)
    back = flow.dependencies(flow.value(value))
    assert set(equations_of(back.values)) == walked(graph, {value}, forward=False)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.data())
def test_one_depends_on_the_other_just_if_there_is_a_way_between(graph, data: st.DataObject):
    if not len(graph):
        return
    numbers = st.integers(0, len(graph) - 1)
    flow = ValueFlow(graph)
    first, last = (flow.equation(data.draw(numbers)) for _ in range(2))
    ahead = flow.dependents(first)
    needed = flow.dependencies(last)
    way = flow.between(first, last)
    assert way.is_empty == (not (ahead.values & needed.values).any())
    if not way.is_empty:
        assert not (way.equations & ~(ahead.equations | first.own) & ~last.own).any()
        assert not (way.equations & ~(needed.equations | last.own) & ~first.own).any()
