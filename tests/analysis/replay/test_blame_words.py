"""What went wrong is said with the numbers themselves, and what helps against it."""

import math

import numpy as np
import pytest

from eqxviz.analysis.replay.blame_words import Made, why_of

F32, F16 = np.dtype(np.float32), np.dtype(np.float16)


@pytest.mark.parametrize(
    ("primitive", "elements", "value", "said"),
    [
        ("log", [0.0], -math.inf, "log of 0 is -inf"),
        ("log", [-2.0], math.nan, "log of -2 is NaN"),
        ("div", [1.0, 0.0], math.inf, "1 / 0 is inf"),
        ("div", [-1.0, 0.0], -math.inf, "-1 / 0 is -inf"),
        ("div", [0.0, 0.0], math.nan, "0 / 0 is NaN"),
        ("div", [1e30, 1e-30], math.inf, "1e+30 / 1e-30 is inf, more than float32 holds"),
        ("rsqrt", [0.0], math.inf, "1/sqrt of 0 is inf"),
        ("sqrt", [-1.0], math.nan, "sqrt of -1 is NaN"),
        ("pow", [0.0, -0.5], math.inf, "0 ** -0.5 is inf"),
        ("pow", [-1.0, 0.5], math.nan, "-1 ** 0.5 is NaN"),
        ("exp", [100.0], math.inf, "exp of 100 is more than float32 holds (3.40282e+38)"),
        ("acos", [1.5], math.nan, "acos of 1.5 is NaN: it is defined from -1 to 1"),
        ("sub", [-math.inf, -math.inf], math.nan, "-inf - (-inf) is NaN"),
        ("mul", [0.0, math.inf], math.nan, "0 * inf is NaN"),
        ("mul", [1e30, -1e30], -math.inf, "1e+30 * (-1e+30) is -inf, more than float32 holds"),
        ("broadcast_in_dim", [-math.inf], -math.inf, "broadcast_in_dim of -inf is -inf"),
        ("gather", [], math.nan, "an index is out of range: what is not there is filled with NaN"),
    ],
)
def test_what_happened_is_said_with_its_numbers(
    primitive: str, elements: list[float], value: float, said: str
):
    each = [(x,) for x in elements] or [()]
    what, fix = why_of(Made(primitive, {}, value, F32, each, is_backward=False))
    assert what == said
    assert fix


def test_a_sum_in_half_precision_is_to_be_made_in_float32():
    what, fix = why_of(Made("reduce_sum", {}, math.inf, F16, [(6e4, 6e4)], is_backward=False))
    assert what == "the sum is more than float16 holds"
    assert "float32" in fix


def test_a_derivative_at_a_singular_point_is_kept_away_from_it_on_both_sides():
    _, fix = why_of(Made("div", {}, math.inf, F32, [(0.5,), (0.0,)], is_backward=True))
    assert fix.startswith("This is the derivative.")
    assert "jnp.where around the result does not help" in fix


def test_an_operand_that_is_not_known_is_not_made_up():
    elements = [(-math.inf,), ()]
    what, fix = why_of(Made("sub", {}, math.nan, F32, elements, is_backward=False))
    assert what == "sub of -inf is NaN"
    assert fix
