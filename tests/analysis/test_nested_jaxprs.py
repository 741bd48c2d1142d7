"""Each primitive that holds jaxprs, and what must hold for every graph."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.analysis import graph_of
from eqxviz.records import EquationKind, Graph, GroupKind, ValueOrigin

X = jnp.ones((4, 3))


@jax.custom_jvp
def custom_jvp(x: jax.Array) -> jax.Array:
    return jnp.sin(x)


@custom_jvp.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return custom_jvp(primals[0]), jnp.cos(primals[0]) * tangents[0]


@jax.custom_vjp
def custom_vjp(x: jax.Array) -> jax.Array:
    return jnp.sin(x)


custom_vjp.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (jnp.cos(x) * ct,))


@jax.jit
def jitted(x: jax.Array) -> jax.Array:
    return jnp.sin(x)


def scanned(x: jax.Array) -> Any:
    def body(carry: jax.Array, row: jax.Array) -> Any:
        carry = carry + row * x.sum()
        return carry, carry

    return jax.lax.scan(body, x[0], x)


def mapped(x: jax.Array) -> jax.Array:
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.P("data")
    body = jax.shard_map(lambda a: a * 2, mesh=mesh, in_specs=spec, out_specs=spec)
    return body(x)


def kernelled(x: jax.Array) -> jax.Array:
    pallas = pytest.importorskip("jax.experimental.pallas", reason="this JAX ships no Pallas")

    def double(x_ref: Any, out_ref: Any) -> None:
        out_ref[...] = x_ref[...] * 2

    shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return pallas.pallas_call(double, out_shape=shape, interpret=True)(x)


def branched(x: jax.Array) -> jax.Array:
    return jax.lax.switch(2, [lambda y: y, jnp.sin, lambda y: y * 2], x) + jax.lax.cond(
        x.sum() > 0, lambda y, z: y + z, lambda y, z: z, x, x + 1
    )


def looped(x: jax.Array) -> jax.Array:
    limit, step = x.sum(), x[0]
    return jax.lax.while_loop(lambda c: c.sum() < limit, lambda c: c + step, x)


def solved(x: jax.Array) -> jax.Array:
    return jax.lax.custom_linear_solve(
        lambda v: v * 2, x[0], lambda matvec, b: b / 2, symmetric=True
    )


GALLERY = {
    "jit": (lambda x: jitted(x) + 1, "jit", ["jitted"], 1.0),
    "scan": (scanned, "scan", ["body"], 4.0),
    "while": (looped, "while", ["condition", "body"], math.nan),
    "cond": (branched, "cond", ["branch 0", "branch 1"], math.nan),
    "custom_jvp": (lambda x: custom_jvp(x) + 1, "custom_jvp_call", ["custom_jvp"], 1.0),
    "custom_vjp": (lambda x: custom_vjp(x) + 1, "custom_vjp_call", ["custom_vjp"], 1.0),
    "remat": (jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))), "remat", None, 1.0),
    "shard_map": (mapped, "shard_map", None, 1.0),
    "pallas_call": (kernelled, "pallas_call", ["double"], 1.0),
    "linear_solve": (solved, "custom_linear_solve", None, [0.0, 0.0, 1.0, 0.0]),
}


def owned_groups(graph: Graph, equation: int) -> list[int]:
    return np.flatnonzero(graph.group_owner == equation).tolist()


def jaxpr_group(graph: Graph, group: int) -> int:
    """The nested jaxpr, or the root, in which a group lies."""
    while graph.group_kind[group] not in (GroupKind.JAXPR, GroupKind.ROOT):
        group = int(graph.group_parent[group])
    return group


def equations_in(graph: Graph, jaxpr: int) -> list[int]:
    return [
        e for e in range(len(graph)) if jaxpr_group(graph, int(graph.equation_group[e])) == jaxpr
    ]


@pytest.mark.parametrize("name", GALLERY)
def test_each_primitive_holds_its_jaxprs_as_groups(name: str):
    fn, primitive, names, repeats = GALLERY[name]
    graph = graph_of(fn, (X,), {}, title=name)
    graph.check()
    texts = [graph.text(p) for p in graph.equation_primitive]
    owners = [e for e, text in enumerate(texts) if text.startswith(primitive)]
    assert owners, texts
    owner = owners[0] if name != "cond" else owners[-1]
    groups = owned_groups(graph, owner)
    assert groups
    if names is not None:
        assert [graph.text(graph.group_name[g]) for g in groups] == names
    assert graph.equation_kind[owner] == EquationKind.CONTROL
    assert {int(graph.group_parent[group]) for group in groups} == {graph.equation_group[owner]}
    expected = repeats if isinstance(repeats, list) else [repeats] * len(groups)
    np.testing.assert_equal(graph.group_repeats[groups].tolist(), expected)
    assert any(equations_in(graph, group) for group in groups)


@pytest.mark.parametrize("name", GALLERY)
def test_what_a_group_reads_and_makes_is_bound_to_its_owner(name: str):
    fn, _, _, _ = GALLERY[name]
    graph = graph_of(fn, (X,), {}, title=name)
    check_bindings(graph, complete=name != "linear_solve")


@pytest.mark.parametrize("name", GALLERY)
def test_the_backward_pass_of_each_primitive_is_drawn(name: str):
    if name in ("while", "pallas_call"):
        pytest.skip("not differentiable in reverse")
    fn = GALLERY[name][0]

    def loss(x: jax.Array) -> jax.Array:
        return sum(jnp.sum(leaf) for leaf in jax.tree.leaves(fn(x)))

    graph = graph_of(jax.grad(loss), (X,), {}, title=name)
    graph.check()
    check_bindings(graph, complete=False)
    compare_with_jaxpr(graph, jax.grad(loss), X)


def check_bindings(graph: Graph, complete: bool) -> None:
    """Each outer value is one that the owner reads or makes, of the same type where it is whole."""
    producer_of = graph.value_producer
    bound_to: dict[int, list[int]] = {}
    for value, outer in enumerate(graph.value_outer.tolist()):
        if outer >= 0:
            bound_to.setdefault(outer, []).append(value)
            assert outer < len(producer_of)
    for group in np.flatnonzero(graph.group_kind == GroupKind.JAXPR).tolist():
        owner = int(graph.group_owner[group])
        inside = equations_in(graph, group)
        reads = {int(v) for e in inside for v in graph.inputs_of(e)}
        made = {int(v) for e in inside for v in graph.outputs_of(e)}
        outside = set(graph.inputs_of(owner).tolist()) | set(graph.outputs_of(owner).tolist())
        for value in reads - made:
            origin = graph.value_origin[value]
            assert origin != ValueOrigin.EQUATION, "read across the wall of a jaxpr"
            if origin == ValueOrigin.ARGUMENT and complete:
                assert int(graph.value_outer[value]) in outside
        for value in made:
            outer = int(graph.value_outer[value])
            assert outer == -1 or outer in graph.outputs_of(owner).tolist()
            assert producer_of[value] in inside
    if complete:
        for owner in {int(o) for o in graph.group_owner if o >= 0}:
            for output in graph.outputs_of(owner).tolist():
                assert output in bound_to, graph.text(graph.value_aval[output])


def compare_with_jaxpr(graph: Graph, fn: Callable[..., Any], *args: Any) -> None:
    """Compare equations and edges, by primitive and type, with what `jax.make_jaxpr` gives."""
    equations: Counter[str] = Counter()
    edges: Counter[tuple[str, str, str]] = Counter()

    def walk(jaxpr: Any) -> None:
        jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
        makers = {}
        for equation in jaxpr.eqns:
            name = equation.primitive.name
            equations[name] += 1
            for var in equation.invars:
                if not isinstance(var, jax.extend.core.Literal) and var in makers:
                    edges[makers[var], var.aval.str_short(True), name] += 1
            makers.update(dict.fromkeys(equation.outvars, name))
            if not name.startswith(("scatter", "reduce", "arg", "cum")):
                for value in equation.params.values():
                    for part in value if isinstance(value, (tuple, list)) else (value,):
                        if isinstance(part, (jax.extend.core.Jaxpr, jax.extend.core.ClosedJaxpr)):
                            walk(part)

    jaxpr = jax.make_jaxpr(fn)(*args).jaxpr
    while len(jaxpr.eqns) == 1 and jaxpr.eqns[0].primitive.name == "jit":
        jaxpr = jaxpr.eqns[0].params["jaxpr"].jaxpr
    walk(jaxpr)
    names = [graph.text(p) for p in graph.equation_primitive]
    drawn: Counter[tuple[str, str, str]] = Counter()
    for e in range(len(graph)):
        for value in graph.inputs_of(e).tolist():
            producer = int(graph.value_producer[value])
            if producer >= 0:
                assert value in graph.outputs_of(producer).tolist()
                drawn[names[producer], graph.text(graph.value_aval[value]), names[e]] += 1
    assert Counter(names) == equations
    assert drawn == edges


def test_an_output_returned_twice_is_bound_twice():
    graph = graph_of(scanned, (X,), {}, title="scan")
    owner = [graph.text(p) for p in graph.equation_primitive].index("scan")
    bound = [v for v, o in enumerate(graph.value_outer) if o in graph.outputs_of(owner)]
    assert len(bound) == 2
    assert len({int(graph.value_producer[v]) for v in bound}) == 1


def test_names_of_arguments_reach_into_nested_jaxprs():
    def f(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        return jax.lax.map(lambda row: jitted(row @ params["w"]), x)

    graph = graph_of(f, ({"w": jnp.ones((3, 2))}, X), {}, title="f")
    matmul = graph.equation_kind.tolist().index(EquationKind.MATMUL)
    assert {graph.text(graph.value_path[v]) for v in graph.inputs_of(matmul)} == {
        "x",
        "params['w']",
    }


def test_how_an_array_is_split_over_explicit_axes_is_kept():
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Explicit,))
    split = jax.NamedSharding(mesh, jax.P("data"))
    graph = graph_of(jnp.sin, (jax.device_put(X, split),), {}, title="f")
    assert "f32[4@data,3]" in {graph.text(v) for v in graph.value_aval}


def test_the_sum_inside_a_scatter_is_no_group():
    graph = graph_of(lambda x: x.at[0].add(1.0), (X,), {}, title="f")
    assert np.count_nonzero(graph.group_kind == GroupKind.JAXPR) == 0


def test_a_source_is_inherited_where_jax_has_none():
    graph = graph_of(lambda x: jax.nn.relu(x), (X,), {}, title="f")
    assert len(graph) == 3
    assert np.all(graph.equation_source == graph.equation_source[0])
    assert graph.text(graph.source_file[0]) == __file__


# Random programs: each step takes what was made so far and makes one more array.
STEPS: dict[str, Callable[..., jax.Array]] = {
    "add": lambda a, b: a + b,
    "matmul": lambda a, b: a @ b.T @ b,
    "jit": lambda a, b: jax.jit(lambda p, q: jnp.tanh(p) * q)(a, b),
    "scan": lambda a, b: jax.lax.scan(lambda c, r: (c + r, c), b[0], a)[1],
    "cond": lambda a, b: jax.lax.cond(a.sum() > 0, lambda p, q: p, lambda p, q: q * p, a, b),
    "while": lambda a, b: jax.lax.while_loop(lambda c: c.sum() < 3, lambda c: c + b, a),
    "vmap": lambda a, b: jax.vmap(lambda r: custom_jvp(r) + 1)(a) + b,
    "remat": lambda a, b: jax.checkpoint(lambda p: jnp.sin(p) * b)(a),
    "constant": lambda a, b: a + np.arange(3.0, dtype=np.float32),
    "same": lambda a, b: jax.jit(lambda p, q: (q, p))(a, b)[0],
}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_any_program_is_drawn_as_its_jaxpr(program: list[tuple[str, int, int]], grad: bool):
    def run(x: jax.Array, y: jax.Array) -> jax.Array:
        made = [x, y]
        for name, i, j in program:
            made.append(STEPS[name](made[i % len(made)], made[j % len(made)]))
        return made[-1]

    differentiable = not any(name == "while" for name, _, _ in program)
    fn = jax.grad(lambda x, y: run(x, y).sum()) if grad and differentiable else run
    graph = graph_of(fn, (X, X + 1), {}, title="run")
    graph.check()
    compare_with_jaxpr(graph, fn, X, X + 1)
    check_bindings(graph, complete=False)
