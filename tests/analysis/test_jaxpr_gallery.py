"""Records of whole programs against a straightforward walk of their jaxprs."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxprs.programs import PROGRAMS, X, custom_jvp, custom_vjp, jitted, searched
from jaxprs.walking import equations_of, jaxpr_of, rebuilt, walked

from eqxviz.analysis import graph_of
from eqxviz.analysis.high_primitives import with_calls
from eqxviz.records import EquationFlag, Graph, GroupKind, ValueOrigin
from tests.two_devices import with_two_devices


def drawn(fn: Callable[..., Any], *args: Any) -> Graph:
    graph = graph_of(fn, args, {}, title="fn")
    graph.check()
    return graph


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_record_says_what_a_walk_of_the_jaxpr_finds(name: str):
    graph = drawn(PROGRAMS[name], X)
    assert rebuilt(graph) == walked(with_calls(jax.make_jaxpr(PROGRAMS[name])(X)))
    check_groups(graph)
    check_costs(graph)
    check_repeats(graph)


def test_the_programs_use_each_primitive_that_holds_jaxprs():
    holding = set[str]()
    for fn in PROGRAMS.values():
        graph = drawn(fn, X)
        owners = graph.group_owner[graph.group_owner >= 0]
        holding |= {graph.text(p) for p in graph.equation_primitive[owners]}
    assert holding >= {
        *("scan", "while", "cond", "custom_jvp_call", "custom_vjp_call", "custom_vmap_call"),
        *("custom_linear_solve", "remat2", "shard_map", "pallas_call", "jit"),
    }


@pytest.mark.parametrize("name", ["searched", "root"])
def test_what_jax_spells_out_only_as_it_compiles_is_drawn_as_a_call(name: str):
    graph = drawn(PROGRAMS[name], X)
    primitives = [graph.text(p) for p in graph.equation_primitive]
    assert "call_hi_primitive" not in primitives
    inside = max(i for i, primitive in enumerate(primitives) if primitive == "scan")
    assert graph.equation_group[inside] > 0
    source = int(graph.equation_source[inside])
    assert graph.text(int(graph.source_file[source])) == searched.__code__.co_filename


def test_what_is_donated_is_told():
    graph = drawn(PROGRAMS["donated"], X)
    names = [graph.text(p) for p in graph.equation_primitive]
    assert "donated_invars=(True, False)" in graph.text(graph.equation_params[names.index("jit")])


@with_two_devices
def test_a_program_over_two_devices_is_drawn_as_its_body_on_one():
    graph = drawn(PROGRAMS["shard_map"], X)
    assert rebuilt(graph) == walked(jax.make_jaxpr(PROGRAMS["shard_map"])(X))
    check_costs(graph)
    names = [graph.text(p) for p in graph.equation_primitive]
    owner = names.index("shard_map")
    inside = equations_of(graph, int(np.flatnonzero(graph.group_owner == owner)[0]))
    types = [graph.text(graph.value_aval[v]) for v in graph.inputs_of(inside[0])]
    assert any(text.startswith("f32[2,3]") for text in types)


def check_groups(graph: Graph) -> None:
    """Each equation is in one group, each edge stays within one jaxpr, in order."""
    owners = np.array([jaxpr_of(graph, group) for group in range(len(graph.group_parent))])
    jaxpr = owners[graph.equation_group]
    for group in set(owners.tolist()):
        inside = np.flatnonzero(jaxpr == group)
        assert np.all(np.diff(inside) == 1), "equations of one jaxpr follow one another"
    for equation in range(len(graph)):
        assert set(graph.value_producer[graph.outputs_of(equation)].tolist()) <= {equation}
        for value in graph.inputs_of(equation).tolist():
            producer = int(graph.value_producer[value])
            if producer >= 0:
                assert producer < equation
                assert jaxpr[producer] == jaxpr[equation]
    backward = graph.equation_flags & EquationFlag.BACKWARD > 0
    for group in np.flatnonzero(graph.group_kind == GroupKind.MODULE).tolist():
        assert len(set(backward[graph.equation_group == group].tolist())) <= 1


def check_costs(graph: Graph) -> None:
    """What holds jaxprs costs what is in them; all else costs something or is not known."""
    unknown = graph.equation_flags & EquationFlag.UNKNOWN_COST > 0
    assert np.array_equal(np.isnan(graph.equation_flops) & ~unknown, np.zeros(len(graph), bool))
    for column in (graph.equation_flops, graph.equation_bytes):
        assert np.all(column[~np.isnan(column)] >= 0)
    for owner in {int(o) for o in graph.group_owner if o >= 0}:
        groups = np.flatnonzero(graph.group_owner == owner)
        inside = [equations_of(graph, group) for group in groups.tolist()]
        repeats = np.nan_to_num(graph.group_repeats[groups], nan=1.0)
        for column in (graph.equation_flops, graph.equation_bytes):
            costs = [n * np.nansum(column[e]) for n, e in zip(repeats, inside, strict=True)]
            is_cond = graph.text(graph.equation_primitive[owner]) == "cond"
            known = column[owner]
            if not np.isnan(known):
                assert known in costs if is_cond else math.isclose(known, sum(costs))
        ran = [e for n, e in zip(repeats, inside, strict=True) if n > 0]
        assert unknown[owner] >= any(unknown[e].any() for e in ran)


def check_repeats(graph: Graph) -> None:
    """A group that does the same as another one comes after it, and holds as much."""
    n_groups = len(graph.group_parent)
    n_right_in = np.bincount(graph.equation_group, minlength=n_groups)
    for group, first in enumerate(graph.group_same_as.tolist()):
        if first >= 0:
            assert first < group
            assert graph.group_same_as[first] == -1
            assert graph.group_kind[first] == graph.group_kind[group]
            assert n_right_in[first] == n_right_in[group]
            same = [np.sort(graph.equation_primitive[graph.equation_group == g]).tolist()
                    for g in (first, group)]  # fmt: skip
            assert same[0] == same[1]
            assert costs_in(graph, first) == costs_in(graph, group)
    assert graph.group_same_as[0] == -1


def costs_in(graph: Graph, group: int) -> list[float]:
    inside = graph.equation_flops[graph.equation_group == group]
    return np.nan_to_num(inside, nan=-1).tolist()


# Random programs: a step takes what was made so far and makes one more array.
TABLE = jnp.arange(3.0)
STEPS: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "add": lambda a, b: a + b,
    "matmul": lambda a, b: a @ b.T @ b,
    "jit": lambda a, b: jitted(a) * b,
    "table": lambda a, b: a * TABLE,
    "scan": lambda a, b: jax.lax.scan(lambda c, r: (c + r * TABLE, c), b[0], a)[1],
    "cond": lambda a, b: jax.lax.cond(a.sum() > 0, lambda p, q: p, lambda p, q: q * p, a, b),
    "while": lambda a, b: jax.lax.while_loop(lambda c: c.sum() < 3, lambda c: c + b, a),
    "vmap": lambda a, b: jax.vmap(custom_jvp)(a) + b,
    "vjp": lambda a, b: custom_vjp(a, 2.0) * b,
    "remat": lambda a, b: jax.checkpoint(lambda p: jnp.sin(p) * b)(a),
    "same": lambda a, b: jax.jit(lambda p, q: (q, p, p))(a, b)[0],
    "scatter": lambda a, b: a.at[1].add(b[0]),
    "sort": lambda a, b: jnp.sort(a, axis=0) + jnp.cumsum(b, axis=1),
    "callback": lambda a, b: jax.pure_callback(lambda v: v, a, a) + b,
}
NOT_DIFFERENTIABLE = ("while", "callback")


def in_scope(name: str, step: Callable[..., jax.Array], a: jax.Array, b: jax.Array) -> jax.Array:
    with jax.named_scope(name):
        return step(a, b)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=7,
    ),
    st.booleans(),
    st.booleans(),
)
def test_any_program_is_recorded_as_a_walk_finds_it(
    program: list[tuple[str, int, int]], wants_gradient: bool, has_scopes: bool
):
    def run(x: jax.Array) -> jax.Array:
        made = [x, x + 1]
        for name, i, j in program:
            a, b = made[i % len(made)], made[j % len(made)]
            made.append(in_scope(name, STEPS[name], a, b) if has_scopes else STEPS[name](a, b))
        return made[-1]

    differentiable = not any(name in NOT_DIFFERENTIABLE for name, _, _ in program)
    fn = jax.grad(lambda x: run(x).sum()) if wants_gradient and differentiable else run
    graph = drawn(fn, X)
    assert rebuilt(graph) == walked(jax.make_jaxpr(fn)(X))
    check_groups(graph)
    check_costs(graph)
    check_repeats(graph)
    if not wants_gradient:  # else equations of no scope stand between
        assert has_scopes <= bool(np.any(graph.group_kind == GroupKind.SCOPE))


def test_a_block_called_again_and_again_is_told_once():
    @jax.jit
    def block(x: jax.Array) -> jax.Array:
        return jax.lax.cond(x.sum() > 0, jnp.sin, jnp.cos, x) * TABLE

    def fn(x: jax.Array) -> jax.Array:
        for _ in range(5):
            x = block(x) + 1
        return x

    graph = drawn(fn, X)
    blocks = np.flatnonzero(graph.group_owner >= 0)
    blocks = blocks[graph.group_parent[blocks] == 0]
    assert graph.group_same_as[blocks].tolist() == [-1, *[blocks[0]] * 4]
    constants = graph.value_origin == ValueOrigin.CONSTANT
    assert {graph.text(p) for p in graph.value_path[constants]} == {"TABLE"}
