"""What is visible when some groups are open."""

import numpy as np
from hypothesis import given, settings
from made_graphs import GraphMaker, mlp
from random_graphs import graphs, opened

from eqxviz.layout import (
    BoxKind,
    carried_open,
    default_open,
    foldable,
    folded_with,
    group_sizes,
    visible,
)
from eqxviz.layout.levels import LONG_SPAN
from eqxviz.layout.visible import FEW_BOXES, MANY_READERS
from eqxviz.records.graph import EquationKind, Graph, GroupKind, ValueOrigin

ALL = frozenset(range(1000))


def titles(graph: Graph, seen) -> list[str]:
    """What each box stands for."""
    names = {
        BoxKind.EQUATION: lambda i: graph.text(graph.equation_primitive[i]),
        BoxKind.GROUP: lambda i: graph.text(graph.group_name[i]),
        BoxKind.ARGUMENT: lambda i: graph.text(graph.value_path[i]),
        BoxKind.OUTPUT: lambda i: "result",
    }
    return [names[BoxKind(kind)](item) for kind, item in map(seen.key, range(len(seen)))]


def test_a_folded_module_is_one_box_that_lists_what_it_reads():
    graph = mlp()
    seen = visible(graph, ())
    assert titles(graph, seen) == ["x", "layers[0]", "jit", "layers[1]", "result"]
    read = [graph.text(graph.value_path[v]) for v in seen.reads(1)]
    assert read == ["model.layers[0].weight", "model.layers[0].bias"]
    chain = [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert list(zip(seen.edge_from, seen.edge_to, strict=True)) == chain


def test_open_groups_become_frames_with_their_equations_inside():
    graph = mlp()
    seen = visible(graph, ALL)
    assert titles(graph, seen) == ["x", "dot_general", "add", "max", "dot_general", "add", "result"]
    names = [graph.text(graph.group_name[g]) for g in seen.frame_group]
    assert names == ["", "layers[0]", "layers[1]", "relu"] or set(names) == {
        *("", "layers[0]", "layers[1]", "relu")
    }
    inside = [names[frame] for frame in seen.box_frame]
    assert inside == ["", "layers[0]", "layers[0]", "relu", "layers[1]", "layers[1]", ""]


def test_values_are_followed_through_the_border_of_an_open_call():
    graph = mlp()
    seen = visible(graph, ALL)
    named = titles(graph, seen)
    add, maximum, second = named.index("add"), named.index("max"), named.index("dot_general", 2)
    edges = set(zip(seen.edge_from.tolist(), seen.edge_to.tolist(), strict=True))
    assert {(add, maximum), (maximum, second)} <= edges


def test_what_a_call_hands_through_goes_by_its_own_box():
    made = GraphMaker()
    x = made.argument("x")
    first = made.equation("sin", [x])
    call = made.equation("jit", [made.made(first)])
    body = made.group(0, GroupKind.JAXPR, "identity", owner=call)
    made.inner(made.made(first))
    made.equation("cos", [], group=body)
    last = made.equation("tan", [made.made(call)])
    made.output(made.made(last))
    graph = made.graph()
    seen = visible(graph, ALL)
    named = titles(graph, seen)
    edges = set(zip(seen.edge_from.tolist(), seen.edge_to.tolist(), strict=True))
    own = named.index("jit")
    assert {(named.index("sin"), own), (own, named.index("tan"))} <= edges
    assert seen.frame_group[seen.box_frame[own]] == body


def test_a_cond_keeps_a_box_that_reads_its_index():
    made = GraphMaker()
    index = made.equation("gt", [made.argument("x")])
    flow = made.argument("y")
    cond = made.equation("cond", [made.made(index), flow], kind=EquationKind.CONTROL)
    for branch in range(2):
        group = made.group(0, GroupKind.JAXPR, f"branch {branch}", owner=cond)
        inside = made.equation("sin", [made.inner(flow)], group=group)
        made.bind(made.made(inside), made.made(cond))
    made.output(made.made(cond))
    graph = made.graph()
    seen = visible(graph, ALL)
    named = titles(graph, seen)
    edges = set(zip(seen.edge_from.tolist(), seen.edge_to.tolist(), strict=True))
    assert (named.index("gt"), named.index("cond")) in edges
    assert seen.box_frame[named.index("cond")] == 0


def test_the_branches_of_one_equation_open_and_close_together():
    made = GraphMaker()
    cond = made.equation("cond", [])
    branches = [made.group(0, GroupKind.JAXPR, "branch", owner=cond) for _ in range(2)]
    for group in branches:
        made.equation("sin", [], group=group)
    graph = made.graph()
    assert list(visible(graph, branches[:1]).frame_group) == [0, *branches]
    assert folded_with(graph, branches[1]) == tuple(branches)
    assert foldable(graph, BoxKind.EQUATION, cond) == tuple(branches)


def test_arguments_of_a_large_family_are_labels_and_others_are_boxes():
    made = GraphMaker()
    weights = [made.argument(f"model.w[{i}]") for i in range(3)]
    batch = [made.argument("batch['x']"), made.argument("batch['y']")]
    made.equation("f", [*weights, *batch])
    graph = made.graph()
    seen = visible(graph, ())
    assert titles(graph, seen) == ["batch['x']", "batch['y']", "f"]
    assert seen.reads(2).tolist() == weights


def test_an_edge_over_many_ranks_is_far():
    made = GraphMaker()
    first = flow = made.made(made.equation("first", [made.argument("x")]))
    for _ in range(LONG_SPAN + 1):
        flow = made.made(made.equation("step", [flow]))
    made.equation("last", [flow, first])
    seen = visible(made.graph(), ())
    far = np.flatnonzero(seen.edge_far)
    assert [(seen.edge_from[e], seen.edge_to[e]) for e in far] == [(1, LONG_SPAN + 3)]


def test_a_value_with_many_readers_is_far_for_all_of_them():
    made = GraphMaker()
    count = made.made(made.equation("count", []))
    for _ in range(MANY_READERS + 1):
        made.equation("div", [count])
    seen = visible(made.graph(), ())
    assert seen.edge_far.all()
    assert len(seen.edge_far) == MANY_READERS + 1


def test_a_far_edge_into_a_frame_is_drawn_up_to_the_frame():
    made = GraphMaker()
    count = made.made(made.equation("count", []))
    group = made.group(0, GroupKind.SCOPE, "optimiser")
    for _ in range(MANY_READERS + 1):
        made.equation("div", [count], group=group)
    seen = visible(made.graph(), ALL)
    assert seen.edge_part.all()


def test_the_edge_that_closes_a_cycle_of_folded_groups_is_far():
    made = GraphMaker()
    group = made.group(0, GroupKind.MODULE, "m")
    inside = made.equation("first", [], group=group)
    outside = made.equation("beside", [made.made(inside)])
    made.equation("last", [made.made(outside)], group=group)
    seen = visible(made.graph(), ())
    assert seen.edge_far.sum() == 1
    assert not visible(made.graph(), ()).edge_part.any()


def test_a_small_graph_opens_whole_and_a_large_one_within_the_limit():
    small = mlp()
    assert default_open(small) == frozenset(range(len(small.group_parent)))
    made = GraphMaker()
    for _ in range(12):
        group = made.group(0, GroupKind.MODULE, "block")
        inner = made.group(group, GroupKind.MODULE, "layer")
        for _ in range(10):
            made.equation("f", [], group=inner)
    graph = made.graph()
    seen = visible(graph, default_open(graph))
    assert len(seen) <= FEW_BOXES
    assert set(seen.box_kind) == {BoxKind.GROUP}
    assert len(seen.frame_group) == 13


def test_groups_of_the_same_names_open_again_in_a_later_drawing():
    before, after = mlp(), mlp()
    names = [before.text(name) for name in before.group_name]
    assert carried_open(before, {0, names.index("layers[1]")}, after) == {
        *(0, names.index("layers[1]"))
    }


def test_group_sizes_count_nested_equations():
    graph = mlp()
    assert group_sizes(graph)[0] == len(graph)


@settings(deadline=None)
@given(opened())
def test_every_equation_is_in_one_box_or_drawn_as_open_frames(case):
    graph, groups = case
    seen = visible(graph, groups)
    owners = set(graph.group_owner[seen.frame_group].tolist()) - {-1}
    for equation in range(len(graph)):
        box = int(seen.equation_box[equation])
        assert box >= 0 or equation in owners
        if box >= 0:
            kind, item = seen.key(box)
            assert item == equation or equation in _under(graph, kind, item)


@settings(deadline=None)
@given(opened())
def test_no_value_edge_between_two_boxes_is_lost_and_none_is_invented(case):
    graph, groups = case
    seen = visible(graph, groups)
    shown = set(zip(seen.edge_from.tolist(), seen.edge_to.tolist(), strict=True))
    owners = set(graph.group_owner.tolist())
    made: set[tuple[int, int]] = set()
    for reader in range(len(graph)):
        for value in graph.inputs_of(reader).tolist():
            for producer in _producers(graph, value):
                ends = int(seen.equation_box[producer]), int(seen.equation_box[reader])
                made.add(ends)
                plain = not {producer, reader} & owners
                if plain and ends[0] != ends[1]:
                    assert ends in shown
    opened_owners = set(graph.group_owner[seen.frame_group].tolist())
    equations = {BoxKind.EQUATION, BoxKind.GROUP}
    for tail, head in shown:
        both = {int(seen.box_kind[tail]), int(seen.box_kind[head])} <= equations
        own = {i for k, i in map(seen.key, (tail, head)) if k == BoxKind.EQUATION} & opened_owners
        if both and not own:
            assert (tail, head) in made


@settings(deadline=None)
@given(opened())
def test_frames_nest_and_edges_join_two_boxes(case):
    graph, groups = case
    seen = visible(graph, groups)
    assert seen.frame_parent[0] == -1
    assert all(seen.frame_parent[f] < f for f in range(1, len(seen.frame_parent)))
    assert np.all(seen.edge_from != seen.edge_to)
    assert np.all(np.diff(seen.carried_offset) >= 1)
    assert len({*zip(seen.edge_from, seen.edge_to, strict=True)}) == len(seen.edge_from)


@settings(deadline=None)
@given(opened())
def test_an_edge_is_found_by_each_value_that_it_carries(case):
    graph, groups = case
    seen = visible(graph, groups)
    for edge in range(len(seen.edge_from)):
        assert seen.edge_value[edge] == seen.carries(edge)[0]
        assert all(edge in seen.edges_with(value) for value in seen.carries(edge).tolist())


@settings(deadline=None)
@given(graphs())
def test_folded_whole_or_open_whole_there_is_the_same_number_of_equations(graph):
    for groups in ((), ALL):
        seen = visible(graph, groups)
        assert len(seen.equation_box) == len(graph)


def _producers(graph: Graph, value: int) -> set[int]:
    """The equations that really compute a value, through the borders of nested jaxprs."""
    while graph.value_producer[value] < 0 and graph.value_outer[value] >= 0:
        if graph.value_origin[value] == ValueOrigin.LITERAL:
            return set()
        value = int(graph.value_outer[value])
    producer = int(graph.value_producer[value])
    if producer < 0:
        return set()
    inner = np.flatnonzero((graph.value_outer == value) & (graph.value_producer >= 0))
    found = {producer}
    for one in inner.tolist():
        found |= _producers(graph, one)
    return found


def _under(graph: Graph, kind: int, item: int) -> set[int]:
    """All equations in a group, or nested in an equation."""
    groups = {item} if kind == BoxKind.GROUP else set(foldable(graph, kind, item))
    for group in range(len(graph.group_parent)):
        if int(graph.group_parent[group]) in groups:
            groups.add(group)
    return {e for e in range(len(graph)) if int(graph.equation_group[e]) in groups}
