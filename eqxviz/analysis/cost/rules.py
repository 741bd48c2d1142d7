"""How many operations one run of a primitive is.

Operations are counted as XLA counts the FLOPs of a program that is not optimised yet, measured on
JAX 0.10 and 0.11: one for each element that an elementwise primitive makes, be it of integers or
booleans, a conversion included; a multiplication and an addition for each term
of a contraction, padding left out; nothing for moving data, and nothing for a transcendental
function (`exp`, `tanh`, `sqrt`, `pow`), of which XLA keeps a count apart. What is
rewritten before it is counted, as `logistic` into `1 / (1 + exp(-x))`, costs what it is made of.
Where XLA counts a library's call as nothing, a loop's body once, or an operation on complex numbers
as if they were real, the textbook's formula stands.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.cost import contractions, linear_algebra, reductions

Rule = Callable[[Any], float]

_MOVING = (
    "broadcast_in_dim reshape transpose slice dynamic_slice dynamic_update_slice squeeze "
    "expand_dims concatenate pad rev gather scatter iota copy copy_p device_put split tie_in "
    "sharding_constraint layout_constraint get swap unstack stack pvary reshard mesh_cast "
    "broadcast_to tile zeros_like empty empty2 name optimization_barrier masked_load masked_swap "
    "with_memory_space_constraint stop_gradient after_all create_token dce_sink stage pbroadcast "
    "all_gather all_gather_invariant all_to_all ppermute axis_index pgather ragged_all_to_all "
    "random_wrap random_unwrap random_clone debug_print debug_callback lu_pivots_to_permutation "
    "new_ref empty_ref free_ref freeze to_edtype from_edtype multiple_of program_id num_programs "
    "platform_index dim_as_value dimension_size shape_assertion check inspect_sharding preduced "
    "vary_unreduced_cast_p reduced_vary_cast_p iota_2x32_shape tie pin unpin unreachable relayout "
    "all_gather_start all_gather_done all_gather_reduced all_gather_reduced_start all_to_all_start "
    "all_to_all_done pbroadcast_start pbroadcast_done ppermute_start ppermute_done psum_done "
    "reduce_scatter_done psend precv semaphore_read semaphore_signal semaphore_wait delay"
)
_TRANSCENDENTAL = (
    "atan atan2 cbrt cos erf exp exp2 expm1 log log1p log2 pow rsqrt sin sqrt tan tanh"
)
# Operations for each element made, transcendental ones left out.
_EACH = {
    1: (
        "abs add add_any addupdate and bitcast_convert_type ceil clamp clz complex conj "
        "convert_element_type div eq eq_to floor ge gt imag is_finite le le_to lt lt_to max min "
        "mul mulhi ne neg not or population_count real reciprocal reduce_precision rem round "
        "shift_left shift_right_arithmetic shift_right_logical sign square sub xor "
        "accum_grad_in_ref"
    ),
    2: "one_minus_square",
    3: "acos cosh logistic",
    5: "asin",
    6: "atanh",
    7: "acosh",
    10: "sinh",
    11: "asinh",
    24: "nextafter",
    37: "erf_inv",
    53: "lgamma",
    62: "erfc",
    73: "digamma",
    83: "bessel_i0e bessel_i1e",
    121: "zeta",
    183: "igamma igammac",
    260: "polygamma",
    293: "regularized_incomplete_beta",
    335: "igamma_grad_a",
    337: "random_gamma_grad",
}
_COLLECTIVE = (
    "psum psum2 psum_invariant psum_start psum_invariant_start unreduced_psum unreduced_psum_start "
    "pmax pmin unreduced_pmax unreduced_pmin reduce_scatter reduce_scatter_start "
    "unreduced_reduce_scatter unreduced_reduce_scatter_start"
)
# 20 rounds of an addition, a rotation (two shifts and an or) and an exclusive or, and 17 additions
# of keys for two words: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
_THREEFRY_WORD = (20 * 5 + 17) / 2

# Operations on real numbers for one on complex numbers; of what is not named here 2, a part each.
# LAWN 41: 6 for a multiplication and 2 for an addition, so 8 for the 2 of a contraction's term, or
# of a decomposition's.
_COMPLEX_DTYPES = frozenset(map(np.dtype, ("complex64", "complex128")))
_OF_COMPLEX = {
    **dict.fromkeys([*contractions.RULES, *linear_algebra.RULES], 4),
    **{
        name: times
        for times, names in {
            1: "real imag conj convert_element_type fft reduce reduce_window select_and_scatter",
            3: "abs sign eq ne",  # each part, and both joined
            4: "polynomial",
            6: "mul integer_pow square reduce_prod cumprod scatter-mul",
            11: "div",  # by the conjugate, the square of a length, two divisions
        }.items()
        for name in names.split()
    },
}


def has_rule(primitive: str) -> bool:
    """Whether it is known what a primitive costs."""
    return primitive in _RULES


def flops_of(equation: Any) -> float:
    """Return how many operations one run of `equation` is, NaN where that is not known.

    An equation that holds jaxprs costs what is in them: it has no rule here.
    """
    rule = _RULES.get(equation.primitive.name)
    if rule is None:
        return math.nan
    try:
        return float(rule(equation)) * _of_each(equation)
    except (TypeError, ValueError):  # sizes that are only known by name
        return math.nan
    except (LookupError, AttributeError):  # parameters that another JAX calls otherwise
        return math.nan


def _of_each(equation: Any) -> int:
    """Return how many operations on real numbers each operation of `equation` is."""
    inputs = equation.invars
    if not inputs or getattr(inputs[0].aval, "dtype", None) not in _COMPLEX_DTYPES:
        return 1
    return _OF_COMPLEX.get(equation.primitive.name, 2)


def _nothing(equation: Any) -> float:
    return 0.0


def _for_each_element(times: float) -> Rule:
    def rule(equation: Any) -> float:
        made = equation.outvars or equation.invars[1:]  # adding to a reference makes nothing
        return times * math.prod(made[0].aval.shape)

    return rule


def _integer_power(equation: Any) -> float:
    """Squarings, and a multiplication for each further bit of the exponent."""
    exponent = equation.params["y"]
    if exponent == 0:
        return 0.0
    n = abs(exponent)
    times = n.bit_length() - 1 + n.bit_count() - 1 + (exponent < 0)
    return times * math.prod(equation.outvars[0].aval.shape)


def _selection(equation: Any) -> float:
    """A selection between each case and the next; beyond two, a comparison beside each."""
    cases = len(equation.invars) - 1
    times = 1 if cases == 2 else 2 * (cases - 1)
    return times * math.prod(equation.outvars[0].aval.shape)


def _polynomial(equation: Any) -> float:
    """Horner's rule: a multiplication and an addition for each coefficient after the first."""
    coefficients = len(equation.invars) - 1
    return 2 * max(coefficients - 1, 0) * math.prod(equation.outvars[0].aval.shape)


def _collective(equation: Any) -> float:
    """One operation for each element: what comes from elsewhere is added as it comes."""
    return sum(math.prod(var.aval.shape) for var in equation.invars)


def _by_combiner(of_combiner: str, count: Callable[[Any], int]) -> Rule:
    """Return the rule of what combines elements by a jaxpr, the parameter `of_combiner`."""

    def rule(equation: Any) -> float:
        combiner = compat.open_jaxpr(equation.params[of_combiner])
        each = math.nan if combiner is None else sum(map(flops_of, combiner.eqns))
        return count(equation) * each

    return rule


def _select_and_scatter(equation: Any) -> float:
    """Elements are compared by one jaxpr, and those of the source combined by another."""
    compared = _by_combiner("select_jaxpr", reductions.n_selected)(equation)
    n_combined = math.prod(equation.invars[0].aval.shape)
    return compared + _by_combiner("scatter_jaxpr", lambda _: n_combined)(equation)


def _words(equation: Any) -> float:
    bits = sum(compat.extent_of(var.aval).n_bytes for var in equation.outvars) * 8
    return _THREEFRY_WORD * math.ceil(bits / 32)


_RULES: dict[str, Rule] = {
    **dict.fromkeys(_MOVING.split(), _nothing),
    **dict.fromkeys(_TRANSCENDENTAL.split(), _nothing),
    **{name: _for_each_element(times) for times, names in _EACH.items() for name in names.split()},
    "integer_pow": _integer_power,
    "select_n": _selection,
    "polynomial": _polynomial,
    "threefry2x32": _words,
    "random_bits": _words,
    "random_seed": _words,
    "random_split": _words,
    "random_fold_in": _words,
    "rng_bit_generator": _words,
    "rng_uniform": _words,
    **dict.fromkeys(_COLLECTIVE.split(), _collective),
    "reduce": _by_combiner("jaxpr", reductions.n_reduced),
    "reduce_window": _by_combiner("jaxpr", reductions.n_in_windows),
    "select_and_scatter": _select_and_scatter,
    **contractions.RULES,
    **reductions.RULES,
    **linear_algebra.RULES,
}
