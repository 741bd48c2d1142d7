"""Differences of two leaves equal what NumPy says of them, for every dtype."""

import functools
import math

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eqxviz.analysis.compare import difference, difference_map, host_piece
from eqxviz.analysis.device_difference import device_piece
from eqxviz.records import ValueState

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")
ADDED = ("bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4")


def expected(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int, float, float, float]:
    """The definition, element by element in Python's own numbers."""
    n_different = n_both = n_one = 0
    gaps, relatives = [0.0], [0.0]
    for x, y in zip(a.reshape(-1).tolist(), b.reshape(-1).tolist(), strict=True):
        nans = (x != x) + (y != y)
        n_both += nans == 2
        n_one += nans == 1
        if nans or x == y:
            n_different += nans == 1
            continue
        n_different += 1
        size = max(abs(x), abs(y))
        gaps.append(float(abs(x - y)))
        if math.isinf(size):
            relatives.append(2.0 if math.isinf(abs(x)) and math.isinf(abs(y)) else 1.0)
        else:
            relatives.append(min(abs(x / size - y / size), 2.0))
    return n_different, n_both, n_one, max(gaps), max(relatives), math.hypot(*gaps)


def pairs(dtype: str, **values):
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    elements = hnp.from_dtype(np.dtype(dtype), **values)
    return shapes.flatmap(
        lambda shape: st.tuples(*[hnp.arrays(dtype, shape, elements=elements)] * 2)
    )


def agree(found, wanted) -> None:
    n_different, n_both, n_one, *measures = wanted
    assert (found.n_different, found.n_nan_both, found.n_nan_one) == (n_different, n_both, n_one)
    assert [found.max_abs, found.max_relative, found.norm] == pytest.approx(
        measures, rel=1e-9, abs=1e-300
    )


@given(st.data(), st.sampled_from(FLOATS))
def test_floats_differ_as_the_definition_says(data, dtype):
    a, b = data.draw(pairs(dtype))
    if data.draw(st.booleans()) and a.size:
        b = np.where(data.draw(hnp.arrays(bool, a.shape)), a, b)
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    agree(difference(a, b), expected(a, b))


@given(st.data(), st.sampled_from(INTEGERS))
def test_integers_differ_exactly(data, dtype):
    a, b = data.draw(pairs(dtype))
    agree(difference(a, b), expected(a.astype(object), b.astype(object)))


@given(pairs("complex128", allow_nan=False, allow_infinity=False, max_magnitude=1e100))
def test_complex_numbers_differ_by_magnitude(both):
    agree(difference(*both), expected(*both))


@pytest.mark.parametrize("dtype", ADDED)
def test_the_types_that_numpy_lacks_are_compared_by_value(dtype):
    a = np.array([0, 1, 2, 3, 1, 0]).astype(getattr(ml_dtypes, dtype))
    b = np.array([0, 1, 3, 1, 1, 0]).astype(getattr(ml_dtypes, dtype))
    found = difference(jnp.asarray(a), jnp.asarray(b))
    agree(found, expected(a.astype(np.float64), b.astype(np.float64)))
    assert difference(jnp.asarray(a), jnp.asarray(a)).state == ValueState.SAME_BITS


def test_a_nan_equals_a_nan_and_is_counted_apart():
    a, b = np.array([np.nan, np.nan, 1.0]), np.array([np.nan, 2.0, 1.0])
    found = difference(a, b)
    assert (found.state, found.n_different) == (ValueState.DIFFERENT, 1)
    assert (found.n_nan_both, found.n_nan_one, found.max_abs) == (1, 1, 0.0)
    assert difference(a, a.copy()).state == ValueState.SAME_BITS
    assert difference(a, a.copy()).n_nan_both == 2


def test_equal_values_of_other_bits_are_told_apart():
    zeros = difference(np.array([0.0, 1.0]), np.array([-0.0, 1.0]))
    assert (zeros.state, zeros.n_different) == (ValueState.EQUAL, 0)
    wider = difference(np.ones(3, np.float32), jnp.ones(3, jnp.bfloat16))
    assert (wider.state, wider.n_different) == (ValueState.EQUAL, 0)


def test_sixty_four_bits_are_subtracted_exactly():
    a, b = np.array([2**63 - 1], np.int64), np.array([2**63 - 2], np.int64)
    assert difference(a, b).max_abs == 1.0
    assert difference(np.array([-(2**63)]), np.array([2**63 - 1])).max_abs == float(2**64)


def test_keys_differ_as_wholes():
    keys = jax.random.split(jax.random.key(0), 5)
    others = jnp.concatenate([keys[:3], jax.random.split(jax.random.key(1), 2)])
    assert difference(keys, keys).state == ValueState.SAME_BITS
    found = difference(keys, others)
    assert (found.state, found.n_different) == (ValueState.DIFFERENT, 2)
    assert math.isnan(found.max_abs)
    assert difference(keys, np.zeros(5)).state == ValueState.UNKNOWN


def test_what_has_no_values_says_why():
    gone = jnp.ones(3)
    gone.delete()
    assert "donated" in difference(gone, jnp.ones(3)).reason
    assert "shapes" in difference(jnp.ones(3), jnp.ones(4)).reason
    assert "no values" in difference(jax.ShapeDtypeStruct((3,), jnp.float32), jnp.ones(3)).reason


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_laid_out_otherwise_are_compared_element_by_element(order):
    a = np.arange(2_400_000.0).reshape(1200, 2000)
    b = np.array(a, order=order)
    b[700, 3] += 4
    found = difference(a[:, ::2], b[:, ::2])
    assert found.n_different == 0
    found = difference(a, b)
    assert (found.n_different, found.max_abs, found.norm) == (1, 4.0, 4.0)


@settings(deadline=None, max_examples=25)
@given(st.data(), st.sampled_from(["float32", "float16", "int32", "uint8", "bool", "complex64"]))
def test_a_device_finds_what_the_host_finds(data, dtype):
    elements = hnp.from_dtype(np.dtype(dtype), **_TAME.get(dtype, {}))
    a, b = data.draw(st.tuples(*[hnp.arrays(dtype, 10, elements=elements)] * 2))
    first, left_out = 2, data.draw(st.integers(0, 3))
    x, y = jnp.asarray(a), jnp.asarray(b)
    same, *counts, highest, relative, norm = device_piece(x, y, first, left_out, length=6)
    part = slice(first + left_out, first + 6)
    wanted = host_piece(a[part], b[part])
    assert (bool(same), *map(int, counts)) == (
        wanted.same_bits, wanted.n_different, wanted.n_nan_both, wanted.n_nan_one,
    )  # fmt: skip
    found = [float(highest), float(relative), float(norm)]
    assert found == pytest.approx(
        [wanted.max_abs, wanted.max_relative, wanted.norm], rel=1e-5, abs=1e-30
    )


# Subnormals are flushed by XLA, and overflow comes earlier in single precision.
_TAME = {
    "float32": {"allow_subnormal": False, "min_value": -(2.0**60), "max_value": 2.0**60},
    "complex64": {"allow_subnormal": False, "max_magnitude": 2.0**60, "allow_nan": False},
    "float16": {"allow_subnormal": False},
}


def scaled(x, factor=2.0):
    return x * factor


def test_static_leaves_are_alike_when_they_are_equal_or_the_same_code():
    def loaded():
        scope: dict = {}
        exec("def f(x, n=3):\n    return [y + n for y in x]\n\nclass Size:\n    pass\n", scope)
        return scope["f"], scope["Size"]

    assert difference(loaded()[0], loaded()[0]).state == ValueState.SAME_BITS
    assert difference(loaded()[1], loaded()[1]).state == ValueState.SAME_BITS
    assert difference(scaled, loaded()[0]).state == ValueState.DIFFERENT
    assert difference(jax.jit(scaled), jax.jit(scaled)).state == ValueState.SAME_BITS
    half, third = (functools.partial(scaled, factor=f) for f in (0.5, 0.3))
    assert difference(half, third).state == ValueState.DIFFERENT
    assert difference((1, "a", math.nan), (1, "a", math.nan)).state == ValueState.SAME_BITS
    assert difference(1, True).state == ValueState.DIFFERENT


def test_objects_whose_equality_raises_are_not_compared():
    class Odd:
        def __eq__(self, other):
            raise RuntimeError("no")

        __hash__ = object.__hash__

    found = difference(Odd(), Odd())
    assert found.state == ValueState.UNKNOWN
    assert "RuntimeError: 'no'" in found.reason


def test_the_map_of_a_difference_shows_the_largest_in_each_cell():
    a = np.zeros((130, 200), np.float32)
    b = a.copy()
    b[129, 199], b[0, 0] = -3.0, np.nan
    cells, rows, columns = difference_map(a, b)
    assert (cells.shape, rows, columns) == ((64, 64), 130, 200)
    assert cells[-1, -1] == 3.0
    assert np.isinf(cells[0, 0])
    assert np.count_nonzero(cells) == 2
    with pytest.raises(ValueError, match="shapes differ"):
        difference_map(a, b[1:])
    long, other = np.zeros(40_000), np.zeros(40_000)
    other[39_999] = 2.0
    cells, rows, columns = difference_map(long, other)
    assert (cells.shape, rows, columns) == ((1, 64), 1, 40_000)
    assert cells.argmax() == 63


def test_arrays_without_numbers_are_compared_as_a_whole():
    texts = np.array(["a", "bc"])
    assert difference(texts, texts.copy()).state == ValueState.SAME_BITS
    assert difference(texts, np.array(["a", "bd"])).state == ValueState.DIFFERENT
    assert difference(texts, np.array(["a"])).state == ValueState.DIFFERENT
