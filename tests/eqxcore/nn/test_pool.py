"""Pooling: windows by their definition, and what the layers say when misused."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

import eqxcore as eqx
from tests.eqxcore.pytrees import law

LINE = jnp.array([[3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0]])


@settings(law, max_examples=10)
@given(st.integers(2, 4), st.integers(1, 4), st.integers(0, 1), st.integers(0, 1), st.booleans())
def test_pooling_reduces_windows(
    kernel: int, stride: int, before: int, after: int, use_ceil: bool
) -> None:
    padded = np.pad(LINE[0], (before, after), constant_values=-np.inf)
    starts = list(range(0, len(padded) - kernel + 1, stride))
    if use_ceil and starts[-1] + kernel < len(padded) and starts[-1] + stride < len(padded) - after:
        starts.append(starts[-1] + stride)
    elif use_ceil and starts[-1] + kernel < len(padded):
        with pytest.raises(RuntimeError, match="nothing but padding"):
            eqx.nn.MaxPool1d(kernel, stride, [(before, after)], use_ceil=True)(LINE)
        return
    expected = [padded[start : start + kernel].max() for start in starts]
    pool = eqx.nn.MaxPool1d(kernel, stride, [(before, after)], use_ceil)
    np.testing.assert_array_equal(pool(LINE)[0], expected)


def test_means_count_the_padding() -> None:
    assert eqx.nn.AvgPool1d(2, 2, 1)(jnp.ones((1, 4))).tolist() == [[0.5, 1.0, 0.5]]


def test_means_of_integers_are_no_integers() -> None:
    means = eqx.nn.AvgPool1d(2)(jnp.array([[1, 2, 4]]))
    assert means.dtype == jnp.float32
    assert means.tolist() == [[1.5, 3.0]]


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.int8, jnp.uint8])
def test_a_maximum_keeps_the_dtype(dtype: Any) -> None:
    pooled = eqx.nn.MaxPool1d(3, padding=1)(jnp.array([[0, 1, 2]], dtype))
    assert pooled.dtype == dtype
    assert pooled.tolist() == [[1, 2, 2]]


def test_the_start_is_of_the_dtype_of_the_input() -> None:
    total = eqx.nn.Pool(0, jnp.add, 1, 2)(jnp.array([[1.0, 2.0, 3.0]], jnp.float16))
    assert total.dtype == jnp.float16
    assert total.tolist() == [[3.0, 5.0]]
    with pytest.raises(TypeError, match="inconsistent dtypes"):
        eqx.nn.Pool(0.5, jnp.add, 1, 2)(jnp.array([[1, 2, 3]]))


def test_use_ceil_pads_no_more_than_needed() -> None:
    assert eqx.nn.MaxPool1d(3, 4, use_ceil=True)(LINE[:, :6]).tolist() == [[4.0, 9.0]]


def test_a_gradient_goes_to_the_maximum() -> None:
    gradient = jax.grad(lambda x: eqx.nn.MaxPool1d(3, 2)(x).sum())(LINE)
    assert gradient.tolist() == [[0, 0, 2, 0, 0, 1, 0]]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_adaptive_windows_cover_all_and_differ_by_one_at_most(size: int) -> None:
    lengths = eqx.nn.AdaptivePool(size, 1, jnp.size)(LINE)[0].tolist()
    assert sum(lengths) == 7
    assert lengths == sorted(lengths, reverse=True)
    assert set(lengths) <= {math.floor(7 / size), math.ceil(7 / size)}


def test_an_adaptive_operation_is_applied_once_along_each_dimension() -> None:
    pool = eqx.nn.AdaptivePool(2, 2, lambda v: jnp.sum(v) + 1)
    assert pool(jnp.ones((1, 4, 4))).tolist() == [[[7.0, 7.0], [7.0, 7.0]]]


@pytest.mark.parametrize("name", ["MaxPool2d", "AvgPool2d", "AdaptiveMaxPool2d"])
def test_a_batch_is_named_with_what_to_do(name: str) -> None:
    kind = ValueError if "Adaptive" in name else AssertionError
    with pytest.raises(
        kind,
        match=rf"`{name}` takes.*`\(channels, dim_1, dim_2\)` as `x`.*`\(8, 3, 6, 6\)`.*"
        r"`jax\.vmap\(layer\)",
    ):
        getattr(eqx.nn, name)(2)(jnp.ones((8, 3, 6, 6)))


def test_missing_channels_are_named() -> None:
    with pytest.raises(AssertionError, match=r"`\(6, 6\)`.*`x\[None\]`"):
        eqx.nn.MaxPool2d(2)(jnp.ones((6, 6)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: eqx.nn.MaxPool2d(2.0), r"`MaxPool2d\(kernel_size=2\.0\)`.*whole number"),
        (lambda: eqx.nn.MaxPool2d((2, 2, 2)), r"kernel_size=\(2, 2, 2\).*sequence of 2"),
        (lambda: eqx.nn.AvgPool1d(0), r"`AvgPool1d\(kernel_size=0\)`.*at least 1"),
        (lambda: eqx.nn.AvgPool1d(2, stride=0), r"`AvgPool1d\(stride=0\)`.*at least 1"),
        (lambda: eqx.nn.MaxPool2d(2, padding="SAME"), r"padding='SAME'.*whole number"),
        (lambda: eqx.nn.MaxPool1d(2, padding=(1, 2)), r"write `padding=\[\(1, 2\)\]`"),
        (lambda: eqx.nn.AdaptiveAvgPool1d(0), r"`AdaptiveAvgPool1d\(target_shape=0\)`"),
        (lambda: eqx.nn.AdaptiveAvgPool2d((1, 2, 3)), r"target_shape=\(1, 2, 3\).*sequence of 2"),
        (lambda: eqx.nn.AdaptiveAvgPool1d(9)(LINE), r"makes 9 elements.*`\(1, 7\)`.*resize"),
        (lambda: eqx.nn.Pool(0.0, lax.add, -1, 2), r"`Pool\(num_spatial_dims=-1\)`.*at least 0"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_an_operation_that_makes_no_number_is_named() -> None:
    with pytest.raises(TypeError, match=r"one number of a vector of shape `\(4,\)`.*`jnp\.max`"):
        eqx.nn.AdaptivePool(2, 1, lambda v: v)(LINE)


def test_a_window_that_would_see_only_padding_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"size 6.*0 before and 2 after.*`kernel_size` 2"):
        eqx.nn.MaxPool1d(2, 3, use_ceil=True)(LINE[:, :6])
