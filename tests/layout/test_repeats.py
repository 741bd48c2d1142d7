"""Equal groups beside one another, shown once."""

import numpy as np
from hypothesis import given, settings
from made_graphs import GraphMaker
from random_graphs import Repeated, repeated

from eqxviz.layout import Repeats, box_texts, default_once, default_open, visible
from eqxviz.records.graph import Graph, GroupKind


def chain(n_blocks: int, *, between: bool = False, name: str = "blocks[{}]") -> Graph:
    """Blocks of two equations one after another, with or without an equation between them."""
    made = GraphMaker()
    flow = made.argument("x")
    first = -1
    for block in range(n_blocks):
        group = made.group(0, GroupKind.MODULE, name.format(block))
        if block:
            made.same_as[group] = first
        else:
            first = group
        weight = made.argument(f"model.blocks[{block}].weight")
        product = made.equation("mul", [weight, flow], group=group)
        flow = made.made(made.equation("tanh", [made.made(product)], group=group))
        if between:
            flow = made.made(made.equation("add", [flow]))
    made.output(flow)
    return made.graph()


def edges(seen) -> set[tuple[int, int]]:
    return set(zip(seen.edge_from.tolist(), seen.edge_to.tolist(), strict=True))


def test_a_chain_of_equal_blocks_is_one_box_with_how_many_it_stands_for():
    graph = chain(4)
    once = Repeats(graph).firsts
    seen = visible(graph, (), once)
    texts = box_texts(graph, seen)
    assert [t.title for t in texts] == ["x", "blocks[0] × 4", "result"]
    assert texts[1].source == "4 × 2 equations"
    assert edges(seen) == {(0, 1), (1, 2)}


def test_what_stands_for_several_lists_only_what_the_first_reads():
    graph = chain(4)
    seen = visible(graph, (), Repeats(graph).firsts)
    assert [graph.text(graph.value_path[v]) for v in seen.reads(1)] == ["model.blocks[0].weight"]


def test_unfolding_opens_the_first_and_what_goes_round_is_a_far_edge():
    graph = chain(4)
    repeats = Repeats(graph)
    first = min(repeats.firsts)
    seen = visible(graph, {first}, repeats.firsts)
    assert [t.title for t in box_texts(graph, seen)] == ["x", "mul", "tanh", "result"]
    assert list(seen.frame_group) == [0, first]
    around = [(2, 1)]
    far = np.flatnonzero(seen.edge_far)
    assert [(int(seen.edge_from[e]), int(seen.edge_to[e])) for e in far] == around


def test_shown_apart_there_are_all_of_them():
    graph = chain(4)
    assert len(visible(graph, ())) == 6


def test_two_are_too_few_to_be_shown_once():
    assert Repeats(chain(2)).firsts == frozenset()


def test_what_stands_between_two_of_them_ends_the_run():
    assert Repeats(chain(4, between=True)).firsts == frozenset()


def test_equal_groups_of_other_names_are_no_run():
    assert Repeats(chain(4)).firsts
    made = chain(4, name="{}")
    assert Repeats(made).firsts  # names that differ in their number only
    names = iter("abcd")
    graph = GraphMaker()
    for name in names:
        group = graph.group(0, GroupKind.MODULE, name)
        graph.same_as[group] = 1 if group > 1 else -1
        graph.equation("sin", [], group=group)
    assert Repeats(graph.graph()).firsts == frozenset()


def test_groups_that_are_said_to_be_alike_and_are_not_are_shown_apart():
    made = GraphMaker()
    for block in range(3):
        group = made.group(0, GroupKind.MODULE, f"b[{block}]")
        made.same_as[group] = 1 if block else -1
        made.equation("sin" if block < 2 else "cos", [], group=group)
    assert Repeats(made.graph()).firsts == frozenset()


def test_a_small_graph_opens_apart_and_a_large_one_with_its_repeats_shown_once():
    small, large = chain(4), chain(60)
    assert default_once(small, Repeats(small)) == frozenset()
    repeats = Repeats(large)
    once = default_once(large, repeats)
    assert once == repeats.firsts
    opened = default_open(large, once=once, repeats=repeats)
    assert min(once) in opened
    assert len(visible(large, opened, once, repeats)) == 4


@settings(deadline=None)
@given(repeated())
def test_each_equation_is_shown_where_the_one_that_stands_for_it_is(case: Repeated):
    graph, opened, once = case
    seen = visible(graph, opened, once)
    assert np.array_equal(seen.equation_box, seen.equation_box[seen.equation_as])
    assert np.array_equal(seen.equation_as[seen.equation_as], seen.equation_as)
    same = graph.equation_primitive == graph.equation_primitive[seen.equation_as]
    assert same.all()


@settings(deadline=None)
@given(repeated())
def test_shown_once_no_edge_is_lost_and_none_is_invented(case: Repeated):
    graph, opened, once = case
    # What repeats is open where the one that stands for it is.
    group_as = Repeats(graph).stand_ins(once).group_as
    opened_apart = np.flatnonzero(np.isin(group_as, sorted(opened))).tolist()
    apart, merged = visible(graph, opened_apart), visible(graph, opened, once)
    # Each box apart, by an equation or a value in it, and where that is when merged.
    place = {}
    for equation, box in enumerate(apart.equation_box.tolist()):
        place.setdefault(box, int(merged.equation_box[equation]))
    numbers = {merged.key(box): box for box in range(len(merged))}
    for box in range(len(apart)):
        if box not in place:
            place[box] = numbers[apart.key(box)]
    joined = {(place[tail], place[head]) for tail, head in edges(apart)}
    assert {(t, h) for t, h in joined if t != h and t >= 0 and h >= 0} == edges(merged)


@settings(deadline=None)
@given(repeated())
def test_nothing_that_repeats_is_a_frame_or_a_box_twice(case: Repeated):
    graph, opened, once = case
    seen = visible(graph, opened, once)
    groups = [
        *seen.frame_group.tolist(),
        *(i for k, i in map(seen.key, range(len(seen))) if k == 1),
    ]
    assert len(groups) == len(set(groups))
    stand_ins = Repeats(graph).stand_ins(once)
    assert all(stand_ins.group_as[group] == group for group in groups)
