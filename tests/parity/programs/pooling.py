"""Pooling, plain and adaptive: windows, padding, dtypes, gradients and errors."""

import functools as ft
import itertools
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.parity.outcome import Program
from tests.parity.parameters import waves


def _made(name: str, *args: Any, **kwargs: Any) -> Program:
    return lambda eqx: getattr(eqx.nn, name)(*args, **kwargs)


def _at(x: Any, name: str, *args: Any, **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        layer = getattr(eqx.nn, name)(*args, **kwargs)
        return layer, layer(x)

    return program


def _transformed(x: Any, name: str, *args: Any, **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        layer = getattr(eqx.nn, name)(*args, **kwargs)
        weights = jnp.cos(jnp.arange(layer(x).size)).reshape(layer(x).shape)
        gradient = jax.grad(lambda x: jnp.sum(weights * layer(x)))
        return (
            jax.jit(jax.vmap(layer))(jnp.stack([x, -x])),
            layer(x, key=jax.random.key(0)),
            jax.jit(gradient)(x),
            jax.jit(lambda x: jax.jvp(layer, (x,), (x,)))(x),
        )

    return program


def _all_windows(eqx: ModuleType, name: str, use_ceil: bool) -> Any:
    """Return the output for each kernel, stride, padding and length that makes one."""
    found = {}
    for kernel, stride, padding, size in itertools.product(
        (2, 3), (1, 2, 3), (0, 1, ((1, 0),)), (6, 7)
    ):
        layer = getattr(eqx.nn, name)(kernel, stride, padding, use_ceil)
        try:
            found[str((kernel, stride, padding, size))] = jax.eval_shape(layer, waves(1, size))
        except RuntimeError:
            found[str((kernel, stride, padding, size))] = "refused"
    return {key: value for key, value in found.items() if value != "refused"}


_LINE, _IMAGE = waves(2, 7), waves(2, 6, 5)

_POOL: dict[str, Program] = {
    "Pool": _at(_LINE, "Pool", 0.0, lax.add, 1, 3),
    "Pool by position": _at(_IMAGE, "Pool", 0.0, lax.add, 2, (3, 2), (1, 2), (1, 0), True),
    "Pool of no dimension": _at(jnp.ones(3), "Pool", 0.0, lax.add, 0, 3),
    "Pool by a minimum": _transformed(_LINE, "Pool", jnp.inf, lax.min, 1, 3),
    "Pool by a product": _at(_LINE, "Pool", 1.0, lax.mul, 1, 3),
    "Pool by a function": _at(_LINE, "Pool", 0.0, lambda a, b: a + b, 1, 3),
    "Pool by jnp.add": _at(_LINE, "Pool", 0.0, jnp.add, 1, 3),
    "Pool from an array": _at(_LINE, "Pool", jnp.array(0.0), lax.add, 1, 3),
    "Pool from another number": _at(_LINE, "Pool", 2.5, lax.add, 1, 3),
    "Pool from a NumPy number": _at(_LINE, "Pool", np.float32(-np.inf), lax.max, 1, 3),
    "Pool of integers": _at(jnp.arange(14).reshape(2, 7), "Pool", 0, lax.add, 1, 3),
    "Pool of integers from a float": _at(jnp.arange(14).reshape(2, 7), "Pool", 0.0, lax.add, 1, 3),
    "Pool padded by pairs": _at(_IMAGE, "Pool", 0.0, lax.add, 2, 3, padding=((1, 1), (2, 0))),
    "Pool cropped": _at(_LINE, "Pool", 0.0, lax.add, 1, 3, padding=-1),
    "Pool of text": _made("Pool", "a", 5, 1, 3),
    "Pool of text called": _at(_LINE, "Pool", "a", 5, 1, 3),
    "Pool from a vector": _at(_LINE, "Pool", jnp.zeros(1), lax.add, 1, 3),
    "Pool padded by a fraction": _made("Pool", 0.0, lax.add, 2, 3, padding=1.5),
    "Pool padded by a word": _made("Pool", 0.0, lax.add, 2, 3, padding="SAME"),
    "Pool padded by None": _made("Pool", 0.0, lax.add, 2, 3, padding=None),
    "Pool padded by one in a tuple": _made("Pool", 0.0, lax.add, 2, 3, padding=(1,)),
    "Pool padded by two for one": _made("Pool", 0.0, lax.add, 1, 3, padding=(1, 2)),
    "Pool with a fractional kernel": _made("Pool", 0.0, lax.add, 2, 3.0),
    "Pool with a fractional stride": _made("Pool", 0.0, lax.add, 2, 3, 1.5),
    "Pool of a fractional dimension": _made("Pool", 0.0, lax.add, 1.5, 3),
    **{
        f"{kind}Pool{n}d": _at(x, f"{kind}Pool{n}d", 2, 2)
        for kind in ("Avg", "Max")
        for n, x in ((1, _LINE), (2, _IMAGE), (3, waves(2, 3, 4, 4)))
    },
    **{
        f"{kind}Pool1d of {dtype}": _at(
            (_LINE > 0) if dtype == "bool" else jnp.abs(10 * _LINE).astype(dtype),
            f"{kind}Pool1d",
            3,
            padding=1,
        )
        for kind in ("Avg", "Max")
        for dtype in ("float16", "bfloat16", "int32", "uint8", "complex64", "bool")
    },
    "MaxPool1d of NumPy": _at(np.asarray(_LINE), "MaxPool1d", 3),
    "MaxPool2d transformed": _transformed(_IMAGE, "MaxPool2d", 3, 2, 1),
    "AvgPool2d transformed": _transformed(_IMAGE, "AvgPool2d", (3, 2), padding=1, use_ceil=True),
    "MaxPool1d of equal elements": _transformed(jnp.ones((1, 7)), "MaxPool1d", 3),
    "AvgPool1d up to the last": _at(waves(2, 6), "AvgPool1d", 3, 2, 1, True),
    "MaxPool1d up to the last": _at(-jnp.abs(_LINE), "MaxPool1d", 2, 2, ((0, 1),), True),
    "MaxPool1d by more than its kernel": _at(_LINE, "MaxPool1d", 2, 1, 3, True),
    "MaxPool1d by its kernel": _at(_LINE, "MaxPool1d", 2, 1, 2, True),
    **{
        f"{name} shapes": ft.partial(_all_windows, name=name, use_ceil=False)
        for name in ("MaxPool1d", "AvgPool1d")
    },
    "MaxPool1d that sees only padding": _at(waves(2, 6), "MaxPool1d", 2, 3, use_ceil=True),
    "MaxPool1d shorter than its kernel": _at(_LINE, "MaxPool1d", 8),
    "MaxPool1d of a vector": _at(waves(7), "MaxPool1d", 2),
    "MaxPool1d of a batch": _at(waves(3, 2, 7), "MaxPool1d", 2),
    "MaxPool1d without a size": _made("MaxPool1d"),
    "MaxPool2d is printed": lambda eqx: str(eqx.nn.MaxPool2d(2)),
}

_ADAPTIVE: dict[str, Program] = {
    "AdaptivePool": _at(_LINE, "AdaptivePool", 3, 1, jnp.sum),
    "AdaptivePool of no dimension": _at(jnp.ones(3), "AdaptivePool", 3, 0, jnp.sum),
    "AdaptivePool by a function": _at(_LINE, "AdaptivePool", (3,), 1, lambda v: jnp.sum(v**2)),
    **{
        f"Adaptive{kind}Pool{n}d": _at(x, f"Adaptive{kind}Pool{n}d", 2)
        for kind in ("Avg", "Max")
        for n, x in ((1, _LINE), (2, _IMAGE), (3, waves(2, 3, 4, 5)))
    },
    "AdaptiveAvgPool2d to two sizes": _at(_IMAGE, "AdaptiveAvgPool2d", (4, 5)),
    **{
        f"Adaptive{kind}Pool1d of {dtype}": _at(
            (_LINE > 0) if dtype == "bool" else (10 * _LINE).astype(dtype),
            f"Adaptive{kind}Pool1d",
            3,
        )
        for kind in ("Avg", "Max")
        for dtype in ("float16", "bfloat16", "int32", "bool")
    },
    "AdaptiveMaxPool2d transformed": _transformed(_IMAGE, "AdaptiveMaxPool2d", (4, 2)),
    "AdaptiveAvgPool1d transformed": _transformed(_LINE, "AdaptiveAvgPool1d", 3),
    "AdaptiveAvgPool1d of NumPy": _at(np.asarray(_LINE), "AdaptiveAvgPool1d", 3),
    "AdaptiveAvgPool1d to a fraction": _made("AdaptiveAvgPool1d", 2.5),
    "AdaptiveAvgPool1d to None": _made("AdaptiveAvgPool1d", None),
    "AdaptiveAvgPool2d to three sizes": _made("AdaptiveAvgPool2d", (2, 3, 4)),
    "AdaptiveMaxPool2d of a line": _at(_LINE, "AdaptiveMaxPool2d", 2),
    "AdaptiveMaxPool2d of a batch": _at(waves(2, 2, 3, 4), "AdaptiveMaxPool2d", 2),
    "AdaptivePool by what makes no number": _at(_LINE, "AdaptivePool", 3, 1, lambda v: v),
    "AdaptivePool by no function": _at(_LINE, "AdaptivePool", 3, 1, 5),
}

PROGRAMS: dict[str, Program] = {**_POOL, **_ADAPTIVE}

_AT_ONCE = "refused when the layer is made; Equinox fails when it is called"

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "Pool padded by lists": (
        lambda eqx: eqx.nn.Pool(0.0, lax.add, 2, 3, padding=[[1, 1], [1, 0]]).padding,
        ((1, 1), (1, 0)),
        "kept as tuples; Equinox keeps lists, which `jax.jit` cannot hash",
    ),
    "Pool with a kernel of three sizes": (
        _made("Pool", 0.0, lax.add, 2, (3, 2, 1)),
        ValueError,
        _AT_ONCE,
    ),
    "Pool with a stride of 0": (_made("Pool", 0.0, lax.add, 1, 3, 0), ValueError, _AT_ONCE),
    "Pool with a kernel of size 0": (_made("Pool", 0.0, lax.add, 1, 0), ValueError, _AT_ONCE),
    "Pool by a function of another dtype": (
        lambda eqx: eqx.nn.Pool(0, jnp.add, 1, 3)(jnp.ones((1, 4))).tolist(),
        [[3.0, 3.0]],
        "a number is of the dtype of the input; Equinox refuses it",
    ),
    "MaxPool1d up to the last with little to add": (
        lambda eqx: eqx.nn.MaxPool1d(3, 4, use_ceil=True)(jnp.arange(6.0)[None]),
        jnp.array([[2.0, 5.0]]),
        "pads by what the last window lacks; Equinox pads by a whole stride, and refuses that",
    ),
    "AdaptivePool into equal parts": (
        lambda eqx: eqx.nn.AdaptivePool(2, 1, lambda v: v.sum() + 1)(jnp.ones((1, 4))).tolist(),
        [[3.0, 3.0]],
        "the operation is applied once; Equinox applies it again to each result",
    ),
    "AdaptiveAvgPool1d to a list": (
        lambda eqx: eqx.nn.AdaptiveAvgPool1d([3]).target_shape,
        (3,),
        "kept as a tuple; Equinox keeps the list, which `jax.jit` cannot hash",
    ),
    "AdaptiveAvgPool1d to more": (
        _at(_LINE, "AdaptiveAvgPool1d", 8),
        ValueError,
        "named; Equinox divides by zero",
    ),
    "AdaptiveAvgPool1d to nothing": (_made("AdaptiveAvgPool1d", 0), ValueError, _AT_ONCE),
}
