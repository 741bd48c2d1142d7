"""Convolutions and their transposes: padding in all its forms, groups, dtypes and errors."""

import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program
from tests.parity.parameters import filled, waves


def _key() -> jax.Array:
    return jax.random.key(0)


def _made(name: str, *args: Any, **kwargs: Any) -> Program:
    return lambda eqx: getattr(eqx.nn, name)(*args, key=_key(), **kwargs)


def _at(x: Any, name: str, *args: Any, **kwargs: Any) -> Program:
    """Return a program that applies a layer."""

    def program(eqx: ModuleType) -> Any:
        layer = filled(eqx, lambda key: getattr(eqx.nn, name)(*args, key=key, **kwargs))
        return layer, layer(x)

    return program


def _transformed(x: Any, name: str, *args: Any, **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        layer = filled(eqx, lambda key: getattr(eqx.nn, name)(*args, key=key, **kwargs))
        gradient = eqx.filter_jit(eqx.filter_grad(lambda layer: jnp.sum(layer(x) ** 2)))(layer)
        return jax.vmap(layer)(x[None]), layer(x, key=_key()), gradient

    return program


def _paddings(name: str, options: dict[str, list[Any]]) -> Program:
    """Return a program that applies a layer with each combination of options."""

    def combinations() -> Iterator[dict[str, Any]]:
        for values in itertools.product(*options.values()):
            chosen = dict(zip(options, values, strict=True))
            if chosen.get("output_padding", 0) < chosen["stride"]:
                yield chosen

    def program(eqx: ModuleType) -> Any:
        make = getattr(eqx.nn, name)
        layers = [
            filled(eqx, lambda key, each=each: make(1, 1, 4, key=key, **each))
            for each in combinations()
        ]
        return jax.jit(lambda x: [layer(x) for layer in layers])(waves(1, 7))

    return program


_IMAGE = waves(2, 6, 5)
_LINE = waves(2, 7)
_MODES = ("zeros", "REFLECT", "Replicate", "circular")

_CONV: dict[str, Program] = {
    "Conv": _at(waves(2, 2, 3, 2, 3), "Conv", 4, 2, 1, 2),
    "Conv of no dimension": _at(jnp.ones(2), "Conv", 0, 2, 4, 3),
    "Conv1d": _at(_LINE, "Conv1d", 2, 4, 3),
    "Conv1d drawn": _made("Conv1d", 2, 4, 3),
    "Conv2d in groups drawn": _made("Conv2d", 4, 6, 3, groups=2, use_bias=False),
    "Conv2d": _at(_IMAGE, "Conv2d", 2, 4, (3, 2)),
    "Conv3d": _at(waves(2, 3, 4, 3), "Conv3d", 2, 3, 2),
    "Conv2d by position": _at(_IMAGE, "Conv2d", 2, 4, (3, 2), 2, 1, 2, 2, False, "circular"),
    "Conv2d with lists": _at(
        _IMAGE, "Conv2d", 2, 4, [3, 2], stride=[2, 1], padding=[1, 2], dilation=[1, 2]
    ),
    "Conv2d without bias": _at(_IMAGE, "Conv2d", 2, 4, (3, 2), use_bias=False),
    "Conv2d in groups": _at(waves(4, 5, 5), "Conv2d", 4, 6, 3, groups=2),
    "Conv2d of each channel": _at(waves(4, 5, 5), "Conv2d", 4, 8, 3, groups=4),
    "Conv1d to nothing": _at(waves(4, 5), "Conv1d", 4, 0, 3),
    "Conv2d padded by pairs": _at(_IMAGE, "Conv2d", 2, 4, (3, 2), padding=((1, 2), (0, 4))),
    "Conv2d cropped": _at(_IMAGE, "Conv2d", 2, 4, (3, 2), padding=((-1, 2), (0, -1))),
    **{
        f"Conv2d padded by {padding}": _at(_IMAGE, "Conv2d", 2, 4, (3, 2), padding=padding)
        for padding in ("same", "VALID", "Same_Lower")
    },
    **{
        f"Conv1d paddings, {mode}": _paddings(
            "Conv1d",
            {
                "stride": [1, 2],
                "dilation": [1, 2],
                "padding": ["SAME", "SAME_LOWER", "VALID", 2, [(1, 3)]],
                "padding_mode": [mode],
            },
        )
        for mode in _MODES
    },
    "Conv1d reflected more than once": _at(
        waves(2, 3), "Conv1d", 2, 4, 3, padding=5, padding_mode="REFLECT"
    ),
    "Conv1d wrapped more than once": _at(
        waves(2, 3), "Conv1d", 2, 4, 3, padding=7, padding_mode="CIRCULAR"
    ),
    "Conv2d wrapped": _at(_IMAGE, "Conv2d", 2, 4, (3, 2), padding=(1, 2), padding_mode="CIRCULAR"),
    "Conv1d shorter than its kernel": _at(waves(2, 2), "Conv1d", 2, 4, 3),
    **{
        f"Conv1d of {dtype}": _at(waves(2, 7, dtype=dtype), "Conv1d", 2, 4, 3, dtype=dtype)
        for dtype in ("float16", "bfloat16", "complex64")
    },
    "Conv1d of NumPy": _at(np.asarray(_LINE), "Conv1d", 2, 4, 3),
    "Conv2d transformed": _transformed(_IMAGE, "Conv2d", 2, 4, (3, 2), padding="SAME"),
    "Conv1d wrapped, transformed": _transformed(
        _LINE, "Conv1d", 2, 4, 3, padding=1, padding_mode="CIRCULAR"
    ),
    "Conv1d is printed": lambda eqx: str(eqx.nn.Conv1d(2, 4, 3, padding="same", key=_key())),
    "Conv1d of a batch": _at(waves(3, 2, 7), "Conv1d", 2, 4, 3),
    "Conv1d of a vector": _at(waves(7), "Conv1d", 2, 4, 3),
    "Conv1d of other channels": _at(waves(3, 7), "Conv1d", 2, 4, 3),
    "Conv1d of another dtype": _at(waves(2, 7, dtype=jnp.float16), "Conv1d", 2, 4, 3),
    "Conv1d of integers": _at(jnp.ones((2, 7), int), "Conv1d", 2, 4, 3),
    "Conv2d in groups that do not divide": _made("Conv2d", 3, 4, 3, groups=2),
    "Conv2d with a kernel of three sizes": _made("Conv2d", 2, 4, (3, 3, 3)),
    "Conv2d with a kernel of one size in a list": _made("Conv2d", 2, 4, (3,)),
    "Conv2d padded by a word": _made("Conv2d", 2, 4, 3, padding="much"),
    "Conv2d padded by a fraction": _made("Conv2d", 2, 4, 3, padding=1.5),
    "Conv2d padded by None": _made("Conv2d", 2, 4, 3, padding=None),
    "Conv2d padded by three": _made("Conv2d", 2, 4, 3, padding=(1, 2, 3)),
    "Conv1d padded by two": _made("Conv1d", 2, 4, 3, padding=(1, 2)),
    "Conv2d padded with what": _made("Conv2d", 2, 4, 3, padding_mode="ONES"),
    "Conv2d of a negative size": _made("Conv2d", -1, 4, 3),
    "Conv2d of integer parameters": _made("Conv2d", 2, 4, 3, dtype=int),
    "Conv2d without a key": lambda eqx: eqx.nn.Conv2d(2, 4, 3),
    "Conv2d with None as key": lambda eqx: eqx.nn.Conv2d(2, 4, 3, key=None),
    "Conv1d cropped and wrapped": _at(
        _LINE, "Conv1d", 2, 4, 3, padding=-1, padding_mode="CIRCULAR"
    ),
}

_TRANSPOSE: dict[str, Program] = {
    "ConvTranspose": _at(_IMAGE, "ConvTranspose", 2, 2, 4, (3, 2), 2, 1, 1),
    "ConvTranspose1d drawn": _made("ConvTranspose1d", 2, 4, 3),
    "ConvTranspose1d": _at(_LINE, "ConvTranspose1d", 2, 4, 3),
    "ConvTranspose2d": _at(_IMAGE, "ConvTranspose2d", 2, 4, (3, 2)),
    "ConvTranspose3d": _at(waves(2, 2, 3, 2), "ConvTranspose3d", 2, 3, 2, 2),
    "ConvTranspose2d by position": _at(
        _IMAGE, "ConvTranspose2d", 2, 4, (3, 2), 2, 1, ((1, 0), (0, 1)), 2, 2, False, "zeros"
    ),
    "ConvTranspose2d in groups": _at(waves(4, 3, 3), "ConvTranspose2d", 4, 6, 3, groups=2),
    "ConvTranspose1d paddings": _paddings(
        "ConvTranspose1d",
        {
            "stride": [1, 2, 3],
            "dilation": [1, 2],
            "padding": ["SAME", "SAME_LOWER", "VALID", 1, [(1, 0)], -1],
            "output_padding": [0, 1, 2],
        },
    ),
    "ConvTranspose1d longer strides than kernels": _paddings(
        "ConvTranspose1d",
        {
            "stride": [5, 6],
            "dilation": [1],
            "padding": ["SAME", "SAME_LOWER", "VALID"],
            "output_padding": [0, 1, 4],
        },
    ),
    "ConvTranspose1d wrapped": _paddings(
        "ConvTranspose1d",
        {
            "stride": [1, 2, 3],
            "dilation": [1, 2],
            "padding": ["same", "Same_Lower"],
            "padding_mode": ["CIRCULAR"],
        },
    ),
    "ConvTranspose1d with less than no output padding": _at(
        _LINE, "ConvTranspose1d", 2, 4, 3, output_padding=-1
    ),
    **{
        f"ConvTranspose1d of {dtype}": _at(
            waves(2, 7, dtype=dtype), "ConvTranspose1d", 2, 4, 3, dtype=dtype
        )
        for dtype in ("float16", "bfloat16", "complex64")
    },
    "ConvTranspose2d transformed": _transformed(_IMAGE, "ConvTranspose2d", 2, 4, (3, 2), 2, 1),
    "ConvTranspose1d of a batch": _at(waves(3, 2, 7), "ConvTranspose1d", 2, 4, 3),
    "ConvTranspose1d of other channels": _at(waves(3, 7), "ConvTranspose1d", 2, 4, 3),
    "ConvTranspose1d of another dtype": _at(_LINE, "ConvTranspose1d", 2, 4, 3, dtype="float16"),
    "ConvTranspose1d with much output padding": _made(
        "ConvTranspose1d", 2, 4, 3, stride=2, output_padding=2
    ),
    "ConvTranspose2d with three output paddings": _made(
        "ConvTranspose2d", 2, 4, 3, stride=2, output_padding=(1, 0, 0)
    ),
    **{
        f"ConvTranspose1d, {mode}": _made("ConvTranspose1d", 2, 4, 3, padding_mode=mode)
        for mode in ("reflect", "replicate", "circular", "ones")
    },
    "ConvTranspose1d wrapped with output padding": _made(
        "ConvTranspose1d",
        2,
        4,
        3,
        stride=2,
        output_padding=1,
        padding="SAME",
        padding_mode="CIRCULAR",
    ),
    "ConvTranspose1d padded by a word": _made("ConvTranspose1d", 2, 4, 3, padding="much"),
    "ConvTranspose1d padded too much": _at(_LINE, "ConvTranspose1d", 2, 4, 3, padding=9),
    "ConvTranspose1d with a stride of 0": _made("ConvTranspose1d", 2, 4, 3, stride=0),
    "ConvTranspose1d without a key": lambda eqx: eqx.nn.ConvTranspose1d(2, 4, 3),
}

PROGRAMS: dict[str, Program] = {**_CONV, **_TRANSPOSE}

_AT_ONCE = "refused when the layer is made; Equinox fails when it is called"

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "ConvTranspose of no dimension": (
        lambda eqx: eqx.nn.ConvTranspose(0, 2, 4, 3, key=_key())(jnp.ones(2)).shape,
        (4,),
        "as `Conv` does; Equinox fails to index",
    ),
    "Conv2d padded by lists": (
        lambda eqx: eqx.nn.Conv2d(2, 4, 3, padding=[[1, 2], [3, 4]], key=_key()).padding,
        ((1, 2), (3, 4)),
        "kept as tuples; Equinox keeps lists, which `jax.jit` cannot hash",
    ),
    "Conv2d padded by a pair and a number": (
        lambda eqx: eqx.nn.Conv2d(2, 4, 3, padding=((1, 2), 3), key=_key()).padding,
        ((1, 2), (3, 3)),
        "each dimension may have its own form; Equinox keeps what fails in a call",
    ),
    "Conv2d with an array as kernel size": (
        lambda eqx: eqx.nn.Conv2d(2, 4, jnp.array(3), key=_key()).kernel_size,
        (3, 3),
        "kept as whole numbers; Equinox keeps arrays in a static field, and warns",
    ),
    "Conv2d with a fraction as kernel size": (
        _made("Conv2d", 2, 4, 3.0),
        ValueError,
        "as for pooling; Equinox raises a TypeError about shapes",
    ),
    "Conv2d of a fractional size": (
        _made("Conv2d", 1.5, 4, 3),
        TypeError,
        "as for all sizes; Equinox says that it is not divisible by 1",
    ),
    "Conv2d from nothing": (
        _made("Conv2d", 0, 4, 3),
        ValueError,
        "named; Equinox divides by zero",
    ),
    "Conv2d with a kernel of size 0": (
        _made("Conv2d", 2, 4, 0),
        ValueError,
        "named; Equinox divides by zero",
    ),
    "Conv2d in no groups": (
        _made("Conv2d", 2, 4, 3, groups=0),
        ValueError,
        "named; Equinox divides by zero",
    ),
    "Conv1d of a list": (
        _at([[1.0, 2.0, 3.0]], "Conv1d", 1, 4, 3),
        TypeError,
        "an argument of a wrong type; Equinox raises AttributeError",
    ),
    "Conv2d padded with None": (
        _made("Conv2d", 2, 4, 3, padding_mode=None),
        ValueError,
        "as for any other mode that there is not; Equinox raises AttributeError",
    ),
    "Conv2d with a stride of 0": (_made("Conv2d", 2, 4, 3, stride=0), ValueError, _AT_ONCE),
    "Conv2d with a fractional stride": (
        _made("Conv2d", 2, 4, 3, stride=1.5),
        ValueError,
        _AT_ONCE,
    ),
    "Conv2d with a dilation of 0": (_made("Conv2d", 2, 4, 3, dilation=0), ValueError, _AT_ONCE),
    "Conv2d to channels that groups do not divide": (
        _made("Conv2d", 4, 3, 3, groups=2),
        ValueError,
        _AT_ONCE,
    ),
    "ConvTranspose2d from channels that groups do not divide": (
        _made("ConvTranspose2d", 3, 4, 3, groups=2),
        ValueError,
        _AT_ONCE,
    ),
}
