"""What is known of each primitive: its family, and the jaxprs nested in its parameters."""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from eqxviz.analysis import compat
from eqxviz.records import EquationKind

_EXACT = {
    EquationKind.MATMUL: "dot_general dot ragged_dot scaled_dot symmetric_product",
    EquationKind.MOVE: (
        "broadcast_in_dim reshape transpose slice dynamic_slice dynamic_update_slice squeeze "
        "expand_dims concatenate pad rev gather scatter select_and_gather_add iota copy copy_p "
        "convert_element_type bitcast_convert_type device_put split tie_in reduce_precision "
        "sharding_constraint layout_constraint get swap unstack stack pvary pbroadcast reshard "
        "mesh_cast broadcast_to tile zeros_like empty empty2 name optimization_barrier masked_load "
        "masked_swap with_memory_space_constraint"
    ),
    EquationKind.CONTROL: (
        "scan while cond jit pjit closed_call core_call call xla_call remat remat2 checkpoint "
        "custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr custom_transpose custom_lin "
        "shard_map pallas_call run_state run_scoped core_map mpmd_map xla_pmap composite "
        "call_exported eval_jaxpr jaxpr_call linear_call remat_opt call_hi_primitive compute_on "
        "fused_call program_order xla_metadata_call"
    ),
    EquationKind.COLLECTIVE: (
        "psum psum2 psum_invariant pmax pmin ppermute all_gather all_gather_invariant all_to_all "
        "axis_index pgather reduce_scatter ragged_all_to_all pshuffle psend precv"
    ),
    EquationKind.CALLBACK: "debug_print outside_call infeed outfeed",
    EquationKind.REDUCE: "argmax argmin sort top_k approx_top_k reduce logsumexp",
    EquationKind.RANDOM: "rng_bit_generator rng_uniform",
    EquationKind.ELEMENTWISE: (
        "abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt "
        "ceil clamp clz complex conj cos cosh digamma div eq eq_to erf erf_inv erfc exp exp2 expm1 "
        "floor ge gt igamma igamma_grad_a igammac imag integer_pow is_finite le le_to lgamma log "
        "log1p logistic lt lt_to max min mul ne neg nextafter not or polygamma population_count "
        "pow real regularized_incomplete_beta rem round rsqrt select_n shift_left "
        "shift_right_arithmetic shift_right_logical sign sin sinh sqrt square stop_gradient sub "
        "tan tanh xor zeta mulhi reciprocal addupdate"
    ),
}
_KINDS = {name: kind for kind, names in _EXACT.items() for name in names.split()}
# Tried in order where the name is in no list: scatter-add, reduce_window_sum, pure_callback.
_PREFIXES = (
    ("conv_", EquationKind.MATMUL),
    ("ragged_dot", EquationKind.MATMUL),
    ("scaled_matmul", EquationKind.MATMUL),
    ("dot_product_attention", EquationKind.MATMUL),
    ("threefry", EquationKind.RANDOM),
    ("philox", EquationKind.RANDOM),
    ("ppermute", EquationKind.COLLECTIVE),
    ("pbroadcast", EquationKind.COLLECTIVE),
    ("unreduced_", EquationKind.COLLECTIVE),
    ("scatter", EquationKind.REDUCE),
    ("select_and_scatter", EquationKind.REDUCE),
    ("reduce_scatter", EquationKind.COLLECTIVE),
    ("reduce_", EquationKind.REDUCE),
    ("cum", EquationKind.REDUCE),
    ("arg", EquationKind.REDUCE),
    ("random_", EquationKind.RANDOM),
    ("custom_", EquationKind.CONTROL),
    ("all_", EquationKind.COLLECTIVE),
    ("psum", EquationKind.COLLECTIVE),
    ("debug_", EquationKind.CALLBACK),
    ("dynamic_", EquationKind.MOVE),
)
# A parameter of these is the operation by which elements are combined, no computation to draw.
_COMBINERS = ("scatter", "reduce", "select_and", "argm", "sort", "cum")
_BY_ANY_JAXPR = ("reduce", "reduce_window", "select_and_scatter")


@functools.cache
def kind_of(primitive: str) -> EquationKind:
    """Return the family of a primitive, by its name; OTHER for a primitive not known."""
    kind = _KINDS.get(primitive)
    if kind is not None:
        return kind
    if "callback" in primitive:
        return EquationKind.CALLBACK
    for prefix, kind in _PREFIXES:
        if primitive.startswith(prefix):
            return kind
    return EquationKind.OTHER


def combines_by_jaxprs(primitive: str) -> bool:
    """Whether it takes a jaxpr in the parameters to know what a primitive computes."""
    return primitive in _BY_ANY_JAXPR


class Nested(NamedTuple):
    """A jaxpr nested in an equation, and how its inputs and outputs are bound.

    `inputs[i]` is bound to the jaxpr's i-th input: an index into the equation's inputs, or, for a
    kernel's output references, `-1 - k` for output k; None where it is bound to nothing outside.
    `outputs[i]` is the index of the equation's output that the jaxpr's i-th output becomes.
    `repeats` is how often it runs, of itself or on how many devices, NaN where that is not known;
    `carried` are the jaxpr's inputs that are given anew for each turn of a loop.
    """

    jaxpr: compat.OpenJaxpr
    name: str
    repeats: float
    inputs: Sequence[int | None]
    outputs: Sequence[int | None]
    carried: range = range(0)


def nested_jaxprs(equation: Any) -> Iterator[Nested]:
    """Yield the jaxprs that `equation` runs, in the order of its parameters."""
    primitive = equation.primitive.name
    if primitive.startswith(_COMBINERS):
        return
    for key, value in equation.params.items():
        parts = cast(Sequence[Any], value if isinstance(value, (tuple, list)) else (value,))
        for index, part in enumerate(parts):
            jaxpr = compat.open_jaxpr(part)
            if jaxpr is not None:
                yield _bind(equation, primitive, key, index, jaxpr)


def _bind(equation: Any, primitive: str, key: str, index: int, jaxpr: compat.OpenJaxpr) -> Nested:
    n_in, n_out = len(equation.invars), len(equation.outvars)
    params = equation.params
    name, repeats, skip = str(params.get("name") or jaxpr.function or primitive), 1.0, 0
    carried = range(0)
    inputs: Sequence[int | None] | None = None
    outputs: Sequence[int | None] | None = None
    if primitive == "scan":
        name, repeats = "body", float(params["length"])
        carried = _carried_by_scan(equation, jaxpr)
    elif primitive == "cond":
        name, repeats, skip = f"branch {index}", math.nan, 1
    elif primitive == "while":
        name, repeats = ("condition" if key == "cond_jaxpr" else "body"), math.nan
        n_cond, n_body = params["cond_nconsts"], params["body_nconsts"]
        carry = range(n_cond + n_body, n_in)
        if key == "cond_jaxpr":
            inputs, outputs = [*range(n_cond), *carry], [None]
        else:
            inputs = [*range(n_cond, n_cond + n_body), *carry]
            carried = range(n_body, len(inputs))
    elif primitive == "shard_map":
        repeats = _n_shards(params)
    elif primitive == "custom_linear_solve":
        # Only `solve` runs; the others are there for the derivatives.
        repeats = float(_part_name(params[key], index) == "solve")
    elif primitive == "pallas_call":
        repeats = _grid_steps(params)
        bound: list[int | None] = [*range(n_in), *(-1 - k for k in range(n_out))]
        extra = len(jaxpr.invars) - len(bound)
        inputs, outputs = [*bound[: len(jaxpr.invars)], *[None] * extra], []
    if inputs is None:
        inputs = _one_to_one(range(skip, n_in), len(jaxpr.invars))
    if outputs is None:
        outputs = _one_to_one(range(n_out), len(jaxpr.outvars))
    return Nested(jaxpr, name, repeats, inputs, outputs, carried)


def _carried_by_scan(equation: Any, body: compat.OpenJaxpr) -> range:
    """Return the body's inputs that each turn gives to the next.

    They follow the constants and precede the rows, and are as many as the outputs that are not
    stacked. Parameters would say so too, but of other names in each JAX.
    """
    n_rows = _n_stacked(equation.invars, body.invars)
    n_carried = len(equation.outvars) - _n_stacked(equation.outvars, body.outvars)
    stop = len(body.invars) - n_rows
    return range(stop - n_carried, stop)


def _n_stacked(outside: Sequence[Any], inside: Sequence[Any]) -> int:
    """Return how many variables have an axis more outside than inside."""
    pairs = zip(outside, inside, strict=True)
    return sum(_n_axes(outer) > _n_axes(inner) for outer, inner in pairs)


def _n_axes(var: Any) -> int:
    return len(getattr(var.aval, "shape", ()))


def _part_name(parts: Any, index: int) -> str:
    """Return what a named tuple calls one of its parts."""
    return cast(str, getattr(parts, "_fields", ())[index])


def _one_to_one(outside: range, n_inside: int) -> Sequence[int | None]:
    """Bind in order; where the numbers differ nothing is known of the binding."""
    return list(outside) if len(outside) == n_inside else [None] * n_inside


def _n_shards(params: Any) -> float:
    """Return on how many devices the jaxpr runs, each with its own part of the arrays."""
    sizes = params["mesh"].shape
    return float(math.prod(sizes[axis] for axis in params.get("newly_manual_axes", sizes)))


def _grid_steps(params: Any) -> float:
    grid = getattr(params.get("grid_mapping"), "grid", ())
    return float(math.prod(grid)) if all(isinstance(n, int) for n in grid) else math.nan
