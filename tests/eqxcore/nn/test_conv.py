"""Convolutions: that a transposed one is the transpose, and what they say when misused."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import eqxcore as eqx
from tests.eqxcore.pytrees import law

KEY = jax.random.key(0)


def direct(conv: Any, x: np.ndarray) -> np.ndarray:
    """Return the convolution along one dimension of padded `x`, by its definition."""
    kernel, stride, dilation = conv.kernel_size[0], conv.stride[0], conv.dilation[0]
    reach = dilation * (kernel - 1) + 1
    columns = [
        x[:, start : start + reach : dilation] for start in range(0, x.shape[1] - reach + 1, stride)
    ]
    return np.stack([np.einsum("oik,ik->o", conv.weight, c) for c in columns], 1) + conv.bias


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_a_convolution_is_a_sum_over_its_kernel(stride: int, dilation: int) -> None:
    conv = eqx.nn.Conv1d(2, 3, 3, stride, dilation=dilation, padding=[(1, 2)], key=KEY)
    x = np.arange(18.0, dtype=np.float32).reshape(2, 9)
    expected = direct(conv, np.pad(x, ((0, 0), (1, 2))))
    np.testing.assert_allclose(conv(jnp.asarray(x)), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("mode", "padded"),
    [
        ("zeros", [0, 0, 1, 2, 3, 4, 0, 0]),
        ("reflect", [3, 2, 1, 2, 3, 4, 3, 2]),
        ("replicate", [1, 1, 1, 2, 3, 4, 4, 4]),
        ("circular", [3, 4, 1, 2, 3, 4, 1, 2]),
    ],
)
def test_padding_modes_extend_the_input_as_documented(mode: str, padded: list[int]) -> None:
    conv = eqx.nn.Conv1d(1, 1, 1, padding=2, padding_mode=mode, use_bias=False, key=KEY)
    conv = eqx.tree_at(lambda c: c.weight, conv, jnp.ones((1, 1, 1)))
    assert conv(jnp.array([[1.0, 2.0, 3.0, 4.0]])).tolist() == [padded]


@pytest.mark.parametrize("padding", ["SAME", "SAME_LOWER"])
@pytest.mark.parametrize("mode", ["ZEROS", "REFLECT", "REPLICATE", "CIRCULAR"])
def test_same_padding_keeps_the_size(padding: str, mode: str) -> None:
    conv = eqx.nn.Conv2d(1, 1, (4, 3), padding=padding, padding_mode=mode, key=KEY)
    assert conv(jnp.ones((1, 5, 6))).shape == (1, 5, 6)


PADDINGS = st.one_of(
    st.sampled_from(["SAME", "SAME_LOWER", "VALID"]),
    st.integers(-1, 3),
    st.tuples(st.tuples(st.integers(-1, 3), st.integers(-1, 3))),
)


def assert_transposed(forward: Any, back: Any, size: int) -> None:
    """Assert that `<forward(x), y> == <x, back(y)>` once both have the same weight."""
    weight = jnp.flip(forward.weight, axis=-1).swapaxes(0, 1)
    back = eqx.tree_at(lambda layer: layer.weight, back, weight)
    x = jnp.sin(jnp.arange(2.0 * size)).reshape(2, size)
    out = forward(x)
    y = jnp.cos(jnp.arange(out.size * 1.0)).reshape(out.shape)
    returned = back(y)
    assert returned.shape == x.shape
    np.testing.assert_allclose(jnp.vdot(out, y), jnp.vdot(x, returned), rtol=1e-3, atol=1e-3)


@settings(law, max_examples=8)
@given(PADDINGS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.integers(5, 9))
def test_a_transposed_convolution_is_the_transpose(
    padding: Any, kernel: int, stride: int, dilation: int, size: int
) -> None:
    options = {"stride": stride, "padding": padding, "dilation": dilation, "use_bias": False}
    forward = eqx.filter_eval_shape(eqx.nn.Conv1d, 2, 3, kernel, **options, key=KEY)
    weight = jnp.sin(jnp.arange(6.0 * kernel)).reshape(3, 2, kernel)
    forward = eqx.tree_at(lambda layer: layer.weight, forward, weight)
    reach = dilation * (kernel - 1) + 1
    if padding in ("SAME", "SAME_LOWER"):
        output_padding = -size % stride
    else:
        before, after = (
            (0, 0)
            if padding == "VALID"
            else (padding,) * 2
            if isinstance(padding, int)
            else padding[0]
        )
        assume(size + min(before, 0) + min(after, 0) >= 1)
        assume(size + before + after >= reach)
        output_padding = (size + before + after - reach) % stride
    back = eqx.filter_eval_shape(
        eqx.nn.ConvTranspose1d, 3, 2, kernel, output_padding=output_padding, **options, key=KEY
    )
    assert_transposed(forward, back, size)


@pytest.mark.parametrize("padding", ["SAME", "SAME_LOWER"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 1), (4, 2)])
def test_a_transposed_circular_convolution_is_the_transpose(
    padding: str, kernel: int, stride: int
) -> None:
    options = {"stride": stride, "padding": padding, "padding_mode": "circular", "use_bias": False}
    forward = eqx.nn.Conv1d(2, 3, kernel, **options, key=KEY)
    back = eqx.nn.ConvTranspose1d(3, 2, kernel, **options, key=KEY)
    assert_transposed(forward, back, 8)


def test_groups_are_convolutions_of_their_own() -> None:
    conv = eqx.nn.Conv1d(4, 6, 3, groups=2, key=KEY)
    x = jnp.sin(jnp.arange(20.0)).reshape(4, 5)

    def half(i: int) -> jax.Array:
        part = eqx.nn.Conv1d(2, 3, 3, key=KEY)
        rows = slice(3 * i, 3 * i + 3)
        part = eqx.tree_at(lambda c: (c.weight, c.bias), part, (conv.weight[rows], conv.bias[rows]))
        return part(x[2 * i : 2 * i + 2])

    np.testing.assert_allclose(conv(x), jnp.concatenate([half(0), half(1)]), rtol=1e-5, atol=1e-6)


def test_sizes_are_kept_as_hashable_whole_numbers() -> None:
    conv = eqx.nn.Conv2d(1, 1, np.int64(3), [1, 2], [[1, 0], 2], dilation=[1, 1], key=KEY)
    assert conv.kernel_size == (3, 3)
    assert conv.padding == ((1, 0), (2, 2))
    hash((conv.stride, conv.padding, conv.dilation))
    assert eqx.filter_jit(conv)(jnp.ones((1, 6, 6))).shape == (1, 5, 4)


def test_a_replaced_kernel_may_take_other_channels() -> None:
    conv = eqx.nn.Conv1d(3, 2, 3, key=KEY)
    grey = eqx.tree_at(lambda c: c.weight, conv, conv.weight.sum(1, keepdims=True))
    assert grey(jnp.ones((1, 5))).shape == (2, 3)


def call(x: Any, **kwargs: Any) -> Any:
    return eqx.nn.Conv2d(3, 4, 3, key=KEY, **kwargs)(x)


@pytest.mark.parametrize(
    ("x", "kind", "message"),
    [
        ((8, 3, 9, 9), ValueError, r"`Conv2d` takes.*`\(in_channels, dim_1, dim_2\)` with "
         r"`in_channels=3` as `x`.*`\(8, 3, 9, 9\)`.*leading axis by `jax\.vmap\(layer\)"),
        ((5, 8, 3, 9, 9), ValueError, r"leading 2 axes by `jax\.vmap\(jax\.vmap\(layer\)\)"),
        ((8, 9, 9, 3), ValueError, r"use `jax\.vmap\(layer\)"),
        ((9, 9), ValueError, r"`\(9, 9\)`.*make the layer for this one"),
        ((9, 9, 3), ValueError, r"Channels come first: pass `jnp\.moveaxis\(x, -1, 0\)`"),
        ((1, 9, 9), ValueError, r"`in_channels=3`.*`\(1, 9, 9\)`"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_named_with_what_to_do(x: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call(jnp.ones(x))


def test_a_missing_axis_of_channels_is_named() -> None:
    with pytest.raises(ValueError, match=r"Add the axis that is missing by `x\[None\]`"):
        eqx.nn.Conv2d(1, 4, 3, key=KEY)(jnp.ones((9, 9)))


def test_an_input_of_another_dtype_is_named_with_both_ways_out() -> None:
    with pytest.raises(
        TypeError,
        match=r"`Conv2d` has a weight of dtype float32.*dtype float16.*"
        r"`x\.astype\(jnp\.float32\)`.*`Conv2d\(\.\.\., dtype=jnp\.float16\)`",
    ):
        call(jnp.ones((3, 9, 9), jnp.float16))


def test_a_list_is_named() -> None:
    with pytest.raises(TypeError, match=r"was given a `list`\. Pass `jnp\.asarray\(\.\.\.\)`"):
        call([[1.0]])


@pytest.mark.parametrize(
    ("name", "args", "options", "kind", "message"),
    [
        ("Conv2d", (3, 4, 3.0), {}, ValueError, r"`Conv2d\(kernel_size=3\.0\)`.*whole number"),
        ("Conv2d", (3, 4, (3, 3, 3)), {}, ValueError, r"kernel_size=\(3, 3, 3\).*sequence of 2"),
        ("Conv2d", (3, 4, 0), {}, ValueError, r"`kernel_size` must be at least 1"),
        ("Conv2d", (3, 4, 3), {"stride": 0}, ValueError, r"`Conv2d\(stride=0\)`.*at least 1"),
        ("Conv2d", (3, 4, 3), {"dilation": 1.5}, ValueError, r"`Conv2d\(dilation=1\.5\)`"),
        ("Conv2d", (3.5, 4, 3), {}, TypeError, r"`Conv2d\(in_channels=3\.5\)`.*whole number.*`//`"),
        ("Conv2d", (3, -4, 3), {}, ValueError, r"`Conv2d\(out_channels=-4\)`.*at least 0"),
        ("Conv2d", (0, 4, 3), {}, ValueError, r"`Conv2d\(in_channels=0\)`.*at least 1"),
        ("Conv2d", (3, 4, 3), {"groups": 2}, ValueError, r"`in_channels` \(=3\).*`groups` \(=2\)"),
        ("Conv2d", (4, 3, 3), {"groups": 2}, ValueError, r"`out_channels` \(=3\).*`groups` \(=2\)"),
        ("Conv2d", (3, 4, 3), {"padding": "much"}, ValueError, r"'much'.*'SAME', 'SAME_LOWER'"),
        ("Conv1d", (3, 4, 3), {"padding": (1, 2)}, ValueError, r"write `padding=\[\(1, 2\)\]`"),
        ("Conv2d", (3, 4, 3), {"padding": 1.5}, ValueError, r"padding=1\.5.*`\(before, after\)`"),
        ("Conv2d", (3, 4, 3), {"padding_mode": "ONES"}, ValueError, r"'ONES'.*'REFLECT'"),
        ("Conv2d", (3, 4, 3), {"padding": -1, "padding_mode": "reflect"}, ValueError, "crops"),
        ("ConvTranspose1d", (3, 4, 3), {"stride": 2, "output_padding": 2}, ValueError,
         r"stride=\(2,\), output_padding=\(2,\).*less than `stride`"),
        ("ConvTranspose1d", (3, 4, 3), {"padding_mode": "reflect"}, NotImplementedError,
         r"'REFLECT'.*use 'ZEROS' or 'CIRCULAR'"),
        ("ConvTranspose1d", (3, 4, 3), {"padding_mode": "circular"}, NotImplementedError,
         r"`padding` must be 'SAME' or 'SAME_LOWER'"),
        ("ConvTranspose1d", (3, 4, 3),
         {"padding": "same", "padding_mode": "circular", "stride": 2, "output_padding": 1},
         NotImplementedError, r"output_padding=\(1,\).*must be 0"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named_with_its_value(
    name: str, args: Any, options: Any, kind: Any, message: str
) -> None:
    with pytest.raises(kind, match=message):
        getattr(eqx.nn, name)(*args, key=KEY, **options)
