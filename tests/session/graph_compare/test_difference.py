"""What is said of two graphs: made by hand, and drawn of functions before and after an edit."""

import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore as eqx
from eqxviz.records import Graph, GroupKind, ValueOrigin
from eqxviz.session.graph_compare import (
    Change,
    ComparisonCancelledError,
    GraphDifference,
    Status,
    compare,
)
from tests.layout.made_graphs import GraphMaker, mlp
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


def names(difference: GraphDifference, status: Status) -> list[str]:
    graphs = difference.before, difference.after
    found = []
    for row in np.flatnonzero(difference.status == status).tolist():
        ids = difference.before_equation[row], difference.after_equation[row]
        side = 1 if ids[1] >= 0 else 0
        found.append(graphs[side].text(int(graphs[side].equation_primitive[ids[side]])))
    return found


def changes_of(difference: GraphDifference, primitive: str) -> set[Change]:
    graph = difference.before
    rows = np.flatnonzero(difference.before_equation >= 0)
    return {
        Change(int(difference.changes[row]))
        for row in rows
        if graph.text(int(graph.equation_primitive[difference.before_equation[row]])) == primitive
    }


@st.composite
def graphs(draw) -> Graph:
    """A graph of a few groups, with calls and loops, each equation reading what was made before."""
    made = GraphMaker("f")
    flows = [
        [
            made.argument("x"),
            made.argument("model.w", "f32[3]"),
            made.value(ValueOrigin.LITERAL, "2.0:f32[]"),
        ]
    ]
    groups, homes = [0], [0]  # the jaxpr, by index into `flows`, that each group is part of
    for _ in range(draw(st.integers(0, 14))):
        at = draw(st.integers(0, len(groups) - 1))
        group, home = groups[at], homes[at]
        what = draw(st.sampled_from(["equation", "equation", "equation", "module", "jit", "scan"]))
        reads = draw(st.lists(st.sampled_from(flows[home]), min_size=1, max_size=2))
        if what == "module":
            name = draw(st.sampled_from(["layers[0]", "layers[1]"]))
            groups.append(made.group(group, GroupKind.MODULE, name))
            homes.append(home)
            continue
        primitive = draw(st.sampled_from(["add", "mul", "sin"])) if what == "equation" else what
        aval = draw(st.sampled_from(["f32[2]", "bf16[2]", "f32[3]"]))
        line = "/me/a.py", draw(st.integers(1, 3)), "f"
        number = made.equation(primitive, reads, group=group, avals=[aval], source=line, flops=4.0)
        flows[home].append(made.made(number))
        if what in ("jit", "scan"):
            inner = [made.inner(value) for value in reads]
            repeats = 1.0 if what == "jit" else draw(st.sampled_from([2.0, 3.0]))
            groups.append(made.group(group, GroupKind.JAXPR, "body", number, repeats))
            homes.append(len(flows))
            flows.append(inner)
            inside = made.equation("sin", inner[:1], group=groups[-1], avals=[aval])
            made.bind(made.made(inside), made.made(number))
            inner.append(made.made(inside))
    made.output(flows[0][-1])
    return made.graph()


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_a_graph_does_not_differ_from_itself(graph: Graph):
    difference = compare(graph, graph)
    assert difference.is_empty
    assert not np.any(difference.changes)
    assert np.array_equal(difference.before_equation, difference.after_equation)


@given(graphs(), graphs())
@settings(max_examples=100, deadline=None)
def test_every_equation_has_one_status(before: Graph, after: Graph):
    difference = compare(before, after)
    in_loops = (difference.changes & Change.LOOP) > 0
    for graph, ids in (
        (before, difference.before_equation),
        (after, difference.after_equation),
    ):
        times = np.bincount(ids[(ids >= 0) & ~in_loops], minlength=len(graph))
        looped = np.unique(ids[(ids >= 0) & in_loops])
        assert times.max(initial=0) <= 1
        assert sorted([*np.flatnonzero(times), *looped]) == list(range(len(graph)))
    gone = difference.status == Status.REMOVED
    assert np.all(difference.after_equation[gone] == -1)
    new = difference.status == Status.ADDED
    assert np.all(difference.before_equation[new] == -1)


@given(graphs(), graphs())
@settings(max_examples=100, deadline=None)
def test_the_other_way_around_is_the_inverse(before: Graph, after: Graph):
    there, back = compare(before, after), compare(after, before)
    for one in (there.inverse(), there.inverse().inverse().inverse()):
        assert np.array_equal(one.before_equation, back.before_equation)
        assert np.array_equal(one.after_equation, back.after_equation)
        assert np.array_equal(one.changes, back.changes)
        assert np.array_equal(one.before_group, back.before_group)
    turned = {Status.ADDED: Status.REMOVED, Status.REMOVED: Status.ADDED}
    for status in Status:
        assert there.count(status) == back.count(turned.get(status, status))
    assert there.cost.flops == back.cost.flops[::-1]


def test_what_an_edit_adds_is_added_and_what_follows_reads_it():
    difference = compare(drawn(loss, MODEL, X, Y), drawn(edited_loss, MODEL, X, Y))
    assert names(difference, Status.ADDED) == ["mul", "abs"]
    assert names(difference, Status.REMOVED) == []
    assert names(difference, Status.CHANGED) == ["dot_general", "integer_pow"]
    rows = np.flatnonzero(difference.status == Status.CHANGED)
    assert np.all(difference.changes[rows] & ~np.uint8(Change.LINE) == Change.INPUTS)


def test_an_argument_by_another_name_is_the_same():
    def renamed(net, x, y):
        return jnp.mean((jax.vmap(net)(x) - y) ** 2)

    assert compare(drawn(loss, MODEL, X, Y), drawn(renamed, MODEL, X, Y)).is_empty


def test_another_number_is_another_input():
    def doubled(x):
        return jnp.sin(x) * 2.0

    def tripled(x):
        return jnp.sin(x) * 3.0

    difference = compare(drawn(doubled, X), drawn(tripled, X))
    assert names(difference, Status.CHANGED) == ["mul"]
    assert changes_of(difference, "sin") == {Change.LINE}


def test_bfloat16_changes_dtypes_and_nothing_else():
    before = drawn(loss, MODEL, X, Y)
    difference = compare(before, drawn(loss, halved(MODEL), halved(X), Y))
    assert names(difference, Status.ADDED) == ["convert_element_type"]
    assert difference.count(Status.REMOVED) == 0
    changed = difference.changes[difference.status == Status.CHANGED]
    assert set(changed.tolist()) == {Change.DTYPE}
    assert len(changed) == 18
    old, new = difference.cost.n_bytes
    assert new < 0.7 * old


def test_another_batch_changes_shapes_and_one_number():
    longer = jnp.zeros((16, 2)), jnp.zeros((16, 3))
    difference = compare(drawn(loss, MODEL, X, Y), drawn(loss, MODEL, *longer))
    assert difference.count(Status.ADDED) == difference.count(Status.REMOVED) == 0
    assert changes_of(difference, "dot_general") == {Change.SHAPE}
    assert changes_of(difference, "div") == {Change.INPUTS}  # the mean divides by the size
    old, new = difference.cost.flops
    assert new == pytest.approx(4 * old)


def test_the_forward_pass_is_found_in_the_gradient():
    forward = drawn(loss, MODEL, X, Y)
    gradient = drawn(eqx.filter_value_and_grad(loss), MODEL, X, Y)
    difference = compare(forward, gradient)
    assert difference.count(Status.SAME) == len(forward)
    assert difference.count(Status.ADDED) == len(gradient) - len(forward)
    assert difference.count(Status.CHANGED) == difference.count(Status.REMOVED) == 0


def test_an_unrolled_loop_is_recognised_as_a_scan():
    difference = compare(drawn(unrolled, WEIGHTS, START), drawn(scanned, WEIGHTS, START))
    (loop,) = difference.loops
    assert loop.is_after
    assert loop.copies.shape == (3, 3)
    after = difference.after
    assert after.text(int(after.equation_primitive[loop.owner])) == "scan"
    looped = np.flatnonzero(difference.changes & Change.LOOP)
    assert len(looped) == 3 * 3 + 1
    assert set(names(difference, Status.REMOVED)) == {"slice", "squeeze", "stack"}
    assert difference.count(Status.ADDED) == 0
    row = difference.row_of(1, loop.owner)
    assert difference.flops_change[row] == 0  # the same is computed


def test_a_scan_that_was_unrolled_is_the_same_the_other_way():
    difference = compare(drawn(scanned, WEIGHTS, START), drawn(unrolled, WEIGHTS, START))
    (loop,) = difference.loops
    assert not loop.is_after
    assert set(names(difference, Status.ADDED)) == {"slice", "squeeze", "stack"}


def test_a_loop_of_another_length_is_no_such_scan():
    five = jnp.zeros((5, 4, 4))
    assert not compare(drawn(unrolled, WEIGHTS, START), drawn(scanned, five, START)).loops


def test_blocks_of_a_model_are_recognised_in_a_scan_over_layers():
    layers = [eqx.nn.Linear(4, 4, key=jax.random.key(n)) for n in range(5)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *layers)

    def one_by_one(layers, x):
        for layer in layers:
            x = jax.nn.relu(layer(x))
        return x

    def together(stacked, x):
        return jax.lax.scan(lambda x, layer: (jax.nn.relu(layer(x)), None), x, stacked)[0]

    difference = compare(drawn(one_by_one, layers, START), drawn(together, stacked, START))
    (loop,) = difference.loops
    assert loop.copies.shape[0] == 5
    assert difference.count(Status.REMOVED) == difference.count(Status.ADDED) == 0


def test_a_scan_of_another_length_has_other_parameters():
    five = jnp.zeros((5, 4, 4))
    difference = compare(drawn(scanned, WEIGHTS, START), drawn(scanned, five, START))
    assert changes_of(difference, "scan") == {Change.PARAMS | Change.SHAPE}
    assert changes_of(difference, "tanh") == {Change(0)}


def test_a_layer_that_is_gone_takes_just_its_equations_along():
    def net(layers, x):
        for layer in layers:
            x = jnp.tanh(layer(x))
        return jnp.sum(x)

    layers = [eqx.nn.Linear(4, 4, key=jax.random.key(n)) for n in range(4)]
    difference = compare(drawn(net, layers, START), drawn(net, layers[:3], START))
    assert names(difference, Status.REMOVED) == ["dot_general", "add", "tanh"]
    assert difference.count(Status.ADDED) == 0
    assert changes_of(difference, "reduce_sum") == {Change.INPUTS}


def test_what_a_call_held_and_now_stands_outside_has_moved():
    def called(x):
        return jnp.cos(jax.jit(lambda x: jnp.sin(x) * 2)(x))

    def inline(x):
        return jnp.cos(jnp.sin(x) * 2)

    difference = compare(drawn(called, X), drawn(inline, X))
    assert names(difference, Status.REMOVED) == ["jit"]
    assert difference.count(Status.ADDED) == 0
    assert changes_of(difference, "cos") == {Change.LINE}


def test_a_group_by_another_name_is_the_same_group():
    made = []
    for name in ("layers", "blocks"):
        maker = GraphMaker("f")
        x, weight = maker.argument("x"), maker.argument(f"model.{name}[0].w")
        group = maker.group(0, GroupKind.MODULE, f"model.{name}[0]")
        first = maker.equation("mul", [weight, x], group=group)
        maker.output(maker.made(maker.equation("add", [maker.made(first), x], group=group)))
        made.append(maker.graph())
    difference = compare(*made)
    assert difference.before_group.tolist() == [0, 1]
    assert not np.any(difference.changes & Change.GROUP)


def test_costs_are_told_by_group_and_nested_ones_are_counted_once():
    graph = mlp()
    difference = compare(graph, graph)
    flops, _ = difference.group_costs(0)
    assert len(flops) == len(graph.group_parent)
    assert np.isnan(difference.cost.flops[0])  # nothing is known of a graph made by hand


def test_a_comparison_can_be_called_off():
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(ComparisonCancelledError):
        compare(mlp(), drawn(loss, MODEL, X, Y), cancel)


def test_operands_that_change_places_make_no_difference_where_they_commute():
    def first(x, y):
        return jnp.sin(x) * 2.0 + jnp.cos(y) @ x, x - y, jnp.maximum(x, y)

    def second(x, y):
        return jnp.cos(y) @ x + 2.0 * jnp.sin(x), y - x, jnp.maximum(y, x)

    x = jnp.ones(3)
    found = compare(drawn(first, x, x), drawn(second, x, x))
    assert names(found, Status.CHANGED) == ["sub"]
    assert found.count(Status.ADDED) == found.count(Status.REMOVED) == 0


def at_lines(*sources: tuple[str, int]) -> Graph:
    """Return a graph of one equation for each place in a file."""
    made = GraphMaker("f")
    value = made.argument("x")
    for file, line in sources:
        value = made.made(made.equation("tanh", [value], source=(file, line, "f")))
    made.output(value)
    return made.graph()


def test_a_file_of_another_name_is_not_another_line():
    before = at_lines(("/me/gpt.py", 30), ("/me/layers.py", 5), ("/me/gpt.py", 31))
    after = at_lines(("/me/gpt2.py", 30), ("/you/layers.py", 5), ("/me/gpt2.py", 33))
    assert compare(before, after).changes.tolist() == [0, 0, Change.LINE]


def test_the_same_line_of_another_file_that_both_graphs_have_is_another_line():
    before = at_lines(("/me/gpt.py", 30), ("/me/layers.py", 30))
    after = at_lines(("/me/layers.py", 30), ("/me/gpt.py", 30))
    assert compare(before, after).changes.tolist() == [Change.LINE, Change.LINE]
