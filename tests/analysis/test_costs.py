import math
from collections.abc import Callable
from typing import Any

import jax
import jax.extend.core
import jax.extend.core.primitives
import jax.lax.linalg
import jax.numpy as jnp
import numpy as np
import pytest
from costed_programs import MODELS, costed, our_graph, total, xla_flops
from jax import lax

from eqxviz.analysis import graph_of
from eqxviz.analysis.cost import has_rule
from eqxviz.analysis.primitives import kind_of
from eqxviz.records import EquationFlag, EquationKind, Graph


def array(*shape: int, dtype: Any = jnp.float32) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, dtype)


def flops(fn: Callable[..., Any], *args: Any) -> float:
    graph = our_graph(fn, args)
    return total(graph, graph.equation_flops)


def equation_named(graph: Graph, primitive: str) -> int:
    return [graph.text(p) for p in graph.equation_primitive].index(primitive)


@pytest.mark.parametrize("direction", ["forward", "gradient"])
@pytest.mark.parametrize("model", MODELS)
def test_flops_are_within_a_hundredth_of_xlas_count(model: str, direction: str):
    # XLA leaves out what nobody reads: of a gradient the loss itself.
    fn, args = costed(model, direction)
    assert flops(fn, *args) == pytest.approx(xla_flops(fn, args), rel=0.01)


VECTOR = array(1000)
ELEMENTWISE: dict[str, tuple[Callable[..., Any], int]] = {
    **{name: (getattr(lax, name), 1) for name in ("abs", "ceil", "floor", "is_finite", "neg")},
    **{name: (getattr(lax, name), 1) for name in ("exp", "log", "tanh", "rsqrt", "erf", "sqrt")},
    **{name: (getattr(lax, name), 2) for name in ("add", "div", "max", "pow", "lt", "atan2")},
    **{name: (getattr(lax, name), 1) for name in ("logistic", "cosh", "asinh", "erf_inv")},
    "square": (lax.square, 1),
    "convert": (lambda x: x.astype(jnp.int32), 1),
    "clamp": (lambda x: lax.clamp(0.0, x, 1.0), 1),
    "select_n": (lambda x, y: lax.select_n(x > 0, x, y), 2),
    "switch": (lambda x, y: lax.select_n(x.astype(jnp.int32), x, y, x, y), 2),
    **{f"power {y}": (lambda x, y=y: lax.integer_pow(x, y), 1) for y in (-3, -1, 0, 2, 3, 5, 7, 8)},
    "reduce_sum": (lambda x: x.reshape(50, 20).sum(axis=1), 1),
    "reduce_max": (lambda x: x.reshape(50, 20).max(axis=0), 1),
    "argmax": (lambda x: lax.argmax(x.reshape(50, 20), 1, jnp.int32), 1),
    "reduce": (lambda x: lax.reduce(x, 0.0, lambda a, b: a * b + 1, (0,)), 1),
    "window": (lambda x: lax.reduce_window(x, 0.0, lax.add, (4,), (2,), "VALID"), 1),
    "max pool": (lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (3,), (2,), "SAME"), 1),
    "broadcast": (lambda x: jnp.broadcast_to(x, (3, 1000)), 1),
    "concatenate": (lambda x, y: jnp.concatenate([x, y]), 2),
    "transpose": (lambda x: x.reshape(10, 100).T, 1),
    "reverse": (lambda x: x[::-1], 1),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_operation_counts_as_xla_counts_it(name: str):
    fn, n_args = ELEMENTWISE[name]
    counted = jax.jit(fn).lower(*[VECTOR] * n_args).cost_analysis()
    assert flops(fn, *[VECTOR] * n_args) == counted.get("flops", 0.0)


def convolution(left: Any, right: Any, **kwargs: Any) -> tuple[Callable[..., Any], Any, Any]:
    def fn(x: jax.Array, w: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(x, w, **kwargs)

    return fn, array(*left), array(*right)


CONTRACTIONS = {
    "dot": (jnp.dot, array(10, 20), array(20, 30)),
    "vector": (jnp.dot, array(20), array(20)),
    "batched": (lambda x, y: jnp.einsum("bij,bjk->bik", x, y), array(5, 10, 20), array(5, 20, 30)),
    "two axes": (lambda x, y: jnp.tensordot(x, y, 2), array(4, 5, 6), array(5, 6, 7)),
    "convolution": convolution((2, 3, 16), (4, 3, 5), window_strides=(1,), padding="VALID"),
    "padded": convolution((2, 3, 9, 9), (4, 3, 3, 3), window_strides=(2, 2), padding="SAME"),
    "cropped": convolution((2, 3, 9), (4, 3, 3), window_strides=(1,), padding=((-2, 3),)),
    "spread kernel": convolution(
        (2, 3, 9), (4, 3, 3), window_strides=(1,), padding=((2, 2),), rhs_dilation=(2,)
    ),
    "spread image": convolution(
        (2, 3, 9), (4, 3, 3), window_strides=(1,), padding=((2, 2),), lhs_dilation=(3,)
    ),
    "feature groups": convolution(
        (2, 6, 9), (4, 3, 3), window_strides=(1,), padding="SAME", feature_group_count=2
    ),
    "batch groups": convolution(
        (4, 3, 9), (6, 3, 3), window_strides=(1,), padding="SAME", batch_group_count=2
    ),
    "channels last": convolution(
        (2, 9, 9, 3), (3, 3, 3, 4), window_strides=(1, 1), padding="SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACTIONS)
def test_a_contraction_counts_as_xla_counts_it(name: str):
    fn, *args = CONTRACTIONS[name]
    assert flops(fn, *args) == xla_flops(fn, tuple(args))


def test_a_row_of_a_ragged_product_meets_one_matrix():
    args = (array(10, 20), array(3, 20, 30), array(3, dtype=jnp.int32))
    assert flops(lax.ragged_dot, *args) == 2 * 10 * 20 * 30


linalg = jax.lax.linalg
SQUARE, TALL = array(12, 12), array(2, 12, 6)
FORMULAS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], float]] = {
    "cholesky": (lambda x: linalg.cholesky(x, symmetrize_input=False), (SQUARE,), 12**3 / 3),
    "lu": (lambda x: linalg.lu(x)[0], (TALL,), 2 * 6**2 * (12 - 2)),
    "triangular_solve": (
        lambda a, b: linalg.triangular_solve(a, b, left_side=True), (SQUARE, array(12, 5)),
        12 * 12 * 5,
    ),
    "eigh": (lambda x: linalg.eigh(x, symmetrize_input=False), (SQUARE,), 9 * 12**3),
    "eig": (linalg.eig, (SQUARE,), 25 * 12**3),
    "svd of values": (
        lambda x: linalg.svd(x, compute_uv=False), (TALL,),
        2 * (4 * 12 * 6**2 - 4 / 3 * 6**3),
    ),
    "thin svd": (
        lambda x: linalg.svd(x, full_matrices=False), (TALL,), 2 * (14 * 12 * 6**2 + 8 * 6**3)
    ),
    "thin qr": (lambda x: linalg.qr(x, full_matrices=False), (TALL,), 2 * 4 * 6**2 * (12 - 2)),
    "full qr": (
        lambda x: linalg.qr(x, full_matrices=True), (TALL,),
        2 * (2 * 6**2 * (12 - 2) + 4 * (12**2 * 6 - 12 * 6**2 + 6**3 / 3)),
    ),
    "hessenberg": (linalg.hessenberg, (SQUARE,), 10 / 3 * 12**3),
    "fft": (lambda x: jnp.fft.fft(x), (array(3, 64, dtype=jnp.complex64),), 3 * 5 * 64 * 6),
    "rfft": (lambda x: jnp.fft.rfft(x), (array(3, 64),), 3 * 2.5 * 64 * 6),
    "fft2": (lambda x: jnp.fft.fft2(x), (array(8, 8, dtype=jnp.complex64),), 5 * 64 * 6),
    "cumsum": (lambda x: lax.cumsum(x, axis=1), (array(3, 64),), 3 * 63),
    "sort": (lambda x: lax.sort(x), (array(3, 64),), 3 * 64 * 6),
    "top_k": (lambda x: lax.top_k(x, 8), (array(3, 64),), 3 * 64 * 3),
    "scatter": (
        lambda x, i, u: x.at[i].add(u, mode="drop", wrap_negative_indices=False),
        (array(64, 4), array(5, dtype=jnp.int32), array(5, 4)), 5 * 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_what_xla_calls_a_library_for_costs_what_the_textbook_says(name: str):
    fn, args, expected = FORMULAS[name]
    primitive = name.split()[-1].removesuffix("2").removeprefix("r").replace("values", "svd")
    graph = our_graph(fn, args)
    names = [graph.text(p) for p in graph.equation_primitive]
    found = [e for e, n in enumerate(names) if n == primitive or n.startswith(f"{primitive}-")]
    assert len(found) == 1, names
    assert graph.equation_flops[found[0]] == pytest.approx(expected)


COMPLEX = array(1000, dtype=jnp.complex64)
ON_COMPLEX: dict[str, tuple[Callable[..., Any], tuple[Any, ...], float]] = {
    "add": (lax.add, (COMPLEX, COMPLEX), 2000),
    "mul": (lax.mul, (COMPLEX, COMPLEX), 6000),
    "div": (lax.div, (COMPLEX, COMPLEX), 11_000),
    "abs": (lax.abs, (COMPLEX,), 3000),
    "conj": (lax.conj, (COMPLEX,), 1000),
    "cube": (lambda x: lax.integer_pow(x, 3), (COMPLEX,), 12_000),
    "sum": (lambda x: x.sum(), (COMPLEX,), 1998),
    "prod": (lambda x: x.prod(), (COMPLEX,), 5994),
    "dot": (jnp.dot, (array(4, 5, dtype=jnp.complex64), array(5, 6, dtype=jnp.complex64)), 960),
    "of real": (lax.complex, (VECTOR, VECTOR), 1000),
}


@pytest.mark.parametrize("name", ON_COMPLEX)
def test_complex_numbers_cost_their_operations_on_real_ones(name: str):
    fn, args, expected = ON_COMPLEX[name]
    assert flops(fn, *args) == expected


def test_a_sum_of_nothing_costs_nothing():
    assert flops(lambda x: (x.sum(), x.max(axis=1, initial=0)), array(0, 3)) == 0


def test_a_scan_costs_its_body_for_each_turn():
    def inner(carry: jax.Array, x: jax.Array) -> Any:
        return carry * x, carry

    def outer(carry: jax.Array, row: jax.Array) -> Any:
        return carry + row, lax.scan(inner, row[0], row)

    assert flops(lambda x: lax.scan(outer, x[0], x), array(7, 5)) == 7 * (5 + 5)


def test_a_cond_costs_its_dearest_branch():
    def fn(i: jax.Array, x: jax.Array) -> jax.Array:
        return lax.switch(i, [lambda y: y, lambda y: y * 2 + 1, lambda y: -y], x)

    graph = our_graph(fn, (array(dtype=jnp.int32), array(100)))
    assert graph.equation_flops[equation_named(graph, "cond")] == 200
    assert not np.any(graph.equation_flags & EquationFlag.UNKNOWN_COST)


def test_a_while_loop_costs_one_turn_and_says_that_it_is_not_known():
    graph = our_graph(
        lambda x: lax.while_loop(lambda c: c[0] < 9, lambda c: c + 1, x), (array(100),)
    )
    loop = equation_named(graph, "while")
    assert graph.equation_flops[loop] == 101
    flagged = np.flatnonzero(graph.equation_flags & EquationFlag.UNKNOWN_COST)
    assert flagged.tolist() == [loop]


def test_what_is_unknown_inside_is_told_of_all_that_hold_it():
    def compute(x: np.ndarray) -> np.ndarray:
        return x

    @jax.jit
    def called(x: jax.Array) -> jax.Array:
        return jax.pure_callback(compute, array(3), x) + 1

    graph = our_graph(lambda x: called(x) * 2, (array(3),))
    unknown = {
        graph.text(graph.equation_primitive[e]): float(graph.equation_flops[e])
        for e in np.flatnonzero(graph.equation_flags & EquationFlag.UNKNOWN_COST)
    }
    assert unknown["jit"] == 3
    assert math.isnan(unknown["pure_callback"])
    assert len(unknown) == 2


def test_a_kernel_costs_its_body_for_each_step_of_its_grid():
    pallas = pytest.importorskip("jax.experimental.pallas", reason="this JAX ships no Pallas")

    def double(x_ref: Any, out_ref: Any) -> None:
        out_ref[...] = x_ref[...] * 2

    block = pallas.BlockSpec((8,), lambda i: (i,))
    fn = pallas.pallas_call(
        double, out_shape=array(64), grid=(8,), in_specs=[block], out_specs=block, interpret=True
    )
    graph = our_graph(fn, (array(64),))
    kernel = equation_named(graph, "pallas_call")
    assert graph.equation_flops[kernel] == 64
    # Each step reads and writes a block, as memory and as a value.
    assert graph.equation_bytes[equation_named(graph, "get")] == 2 * 8 * 4


@pytest.mark.parametrize(("manual", "n_devices"), [({"a", "b"}, 6), ({"a"}, 2)])
def test_a_sharded_function_costs_what_all_its_devices_do(manual: set[str], n_devices: int):
    axes = jax.sharding.AxisType.Auto, jax.sharding.AxisType.Auto
    mesh = jax.sharding.AbstractMesh((2, 3), ("a", "b"), axes)
    spec = jax.P("a")
    fn = jax.shard_map(lambda x: x * x, mesh=mesh, in_specs=spec, out_specs=spec, axis_names=manual)
    graph = our_graph(fn, (array(10, 4),))
    sharded = equation_named(graph, "shard_map")
    assert graph.equation_flops[sharded] == n_devices * 5 * 4
    assert "'a': 2" in graph.text(graph.equation_params[sharded])


@pytest.mark.skipif(not hasattr(lax, "polynomial"), reason="this JAX has no such primitive")
def test_a_polynomial_costs_a_multiplication_and_an_addition_a_degree():
    graph = our_graph(lambda x: lax.polynomial(x, [1.0, 2.0, 5.0]), (array(3, 4),))
    assert graph.equation_flops[equation_named(graph, "polynomial")] == 2 * 2 * 12


def test_a_solver_costs_its_solution_alone():
    def fn(b: jax.Array) -> jax.Array:
        return lax.custom_linear_solve(
            lambda v: v * 2, b, lambda matvec, c: c / 2 + 1, symmetric=True
        )

    assert flops(fn, array(10)) == 20


def test_what_an_equation_moves_is_all_that_it_reads_and_makes():
    graph = our_graph(lambda x: (x @ x).astype(jnp.bfloat16), (array(8, 8),))
    assert graph.equation_bytes.tolist() == [3 * 8 * 8 * 4, 8 * 8 * (4 + 2)]
    assert [graph.text(d) for d in graph.value_dtype] == ["f32", "f32", "bf16"]
    assert graph.value_bytes.tolist() == [256, 256, 128]


TABLE, ROWS, ROW = array(1000, 64), array(16, dtype=jnp.int32), 64 * 4
FIRST = array(dtype=jnp.int32)
PICKED: dict[str, tuple[Callable[..., Any], Any, int]] = {
    "slice": (lambda t, i: t[3:5], FIRST, 2 * 2 * ROW),
    "dynamic_slice": (
        lambda t, i: lax.dynamic_slice(t, (i, 0), (2, 64)), FIRST, 2 * 2 * ROW + 2 * 4
    ),
    "gather": (lambda t, i: t.at[i].get(mode="clip"), ROWS, 2 * 16 * ROW + 16 * 4),
}  # fmt: skip


@pytest.mark.parametrize("primitive", PICKED)
def test_of_what_a_part_is_picked_only_that_part_is_read(primitive: str):
    fn, at, expected = PICKED[primitive]
    graph = our_graph(fn, (TABLE, at))
    assert graph.equation_bytes[equation_named(graph, primitive)] == expected


def test_a_part_is_changed_in_place_where_nobody_needs_the_old_array():
    def changed(table: jax.Array, i: jax.Array) -> Any:
        once = table.at[i].add(1.0)  # an argument stays as it is
        return once.at[i].set(2.0), lax.dynamic_update_slice(table * 2, table[:2], (0, 0))

    graph = our_graph(changed, (TABLE, ROWS))
    moved, updates = graph.equation_bytes, 16 * ROW
    assert moved[equation_named(graph, "scatter-add")] == 2 * 1000 * ROW + updates + 16 * 4
    assert moved[equation_named(graph, "scatter")] == 2 * updates + 16 * 4
    assert moved[equation_named(graph, "dynamic_update_slice")] == 2 * 2 * ROW + 2 * 4


def test_a_part_is_changed_by_copying_where_the_old_array_is_read_later():
    def changed(table: jax.Array) -> Any:
        old = table * 2
        return lax.dynamic_update_slice(old, table[:2], (0, 0)), old.sum()

    graph = our_graph(changed, (TABLE,))
    moved = graph.equation_bytes[equation_named(graph, "dynamic_update_slice")]
    assert moved == 2 * 1000 * ROW + 2 * ROW + 2 * 4


def test_a_loop_changes_what_it_carries_in_place_but_not_what_stays():
    def turn(cache: jax.Array, i: jax.Array, row: jax.Array) -> jax.Array:
        return lax.dynamic_update_slice(cache, row, (i, 0))

    def carried(cache: jax.Array, row: jax.Array) -> Any:
        return lax.scan(lambda c, i: (turn(c, i, row), None), cache, jnp.arange(5))[0]

    def counted(cache: jax.Array, row: jax.Array) -> Any:
        return lax.fori_loop(0, row.shape[0] + jnp.argmax(row), lambda i, c: turn(c, i, row), cache)

    def kept(cache: jax.Array, row: jax.Array) -> Any:
        return lax.scan(lambda c, i: (c + turn(cache, i, row)[0], None), row[0], jnp.arange(5))[0]

    for loop, expected in ((carried, 2 * ROW), (counted, 2 * ROW), (kept, 2 * 1000 * ROW + ROW)):
        graph = our_graph(loop, (TABLE, array(1, 64)))
        assert graph.equation_bytes[equation_named(graph, "dynamic_update_slice")] == expected + 8


def test_bytes_of_keys_small_integers_and_references():
    def fn(key: jax.Array, x: jax.Array) -> Any:
        ref = jax.new_ref(x)
        return ref[0], jax.random.bits(key, (), jnp.uint8)

    graph = our_graph(fn, (jax.eval_shape(jax.random.key, 0), array(6, dtype=jnp.int4)))
    sizes = {graph.text(a): n for a, n in zip(graph.value_aval, graph.value_bytes, strict=True)}
    assert sizes["key<fry>[]"] == 8
    assert sizes["i4[6]"] == sizes["Ref{i4[6]}"] == 3


def test_a_primitive_without_a_rule_has_no_cost():
    primitive = jax.extend.core.Primitive("eqxviz_test_primitive")
    primitive.def_abstract_eval(lambda x: x)
    graph = our_graph(lambda x: primitive.bind(x) + 1, (array(3),))
    assert np.isnan(graph.equation_flops[0])
    assert graph.equation_flags.tolist() == [EquationFlag.UNKNOWN_COST, 0]
    assert graph.equation_bytes[0] == 24


def test_a_primitive_with_other_parameters_than_expected_has_no_cost():
    primitive = jax.extend.core.Primitive("cumsum")
    primitive.def_abstract_eval(lambda x: x)
    assert np.isnan(our_graph(lambda x: primitive.bind(x), (array(3),)).equation_flops[0])


def test_sizes_that_are_names_have_no_cost():
    from jax import export

    (n,) = export.symbolic_shape("n")
    graph = graph_of(lambda x: x * 2, (jax.ShapeDtypeStruct((n,), jnp.float32),), {}, title="f")
    assert np.isnan(graph.equation_flops[0])
    assert np.isnan(graph.equation_bytes[0])
    assert [graph.text(d) for d in graph.value_dtype] == ["f32"] * 3


# Rejection goes on as long as it takes; the others run code that is not seen.
UNKNOWN = ("random_gamma", "pure_callback", "io_callback", "ffi_call", "custom_partitioning")


def primitives_of(*modules: Any) -> list[str]:
    found = [v for module in modules for v in vars(module).values() if hasattr(v, "def_impl")]
    return sorted({p.name for p in found if isinstance(p, jax.extend.core.Primitive)})


@pytest.mark.parametrize(
    "primitive", primitives_of(lax, jax.lax.linalg, jax.extend.core.primitives)
)
def test_each_primitive_of_lax_has_a_rule_or_is_known_to_have_none(primitive: str):
    holds_jaxprs = kind_of(primitive) is EquationKind.CONTROL or primitive == "custom_linear_solve"
    assert has_rule(primitive) != (holds_jaxprs or primitive in UNKNOWN)
