"""Layers that normalise an input or a weight, and keep no state."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program

_X = jax.random.normal(jax.random.key(0), (6, 2, 2))
_V = _X[:, 0, 0]


def _key() -> jax.Array:
    return jax.random.key(1)


def _trained(eqx: ModuleType, layer: Any) -> Any:
    """Return `layer` with parameters that are neither 0 nor 1."""
    return jtu.tree_map(
        lambda leaf: (
            leaf + jnp.linspace(0, 1, leaf.size, dtype=leaf.dtype).reshape(leaf.shape)
            if eqx.is_inexact_array(leaf)
            else leaf
        ),
        layer,
    )


def _used(make: Callable[[ModuleType], Any], x: Any = _V) -> Program:
    """A program that makes a layer, and calls it in each way."""

    def program(eqx: ModuleType) -> Any:
        layer = _trained(eqx, make(eqx))

        @eqx.filter_jit  # in one function, which is compiled faster than each operation of it
        def transformed(layer: Any, x: Any) -> Any:
            inexact = jnp.issubdtype(x.dtype, jnp.inexact)
            loss = lambda both: jnp.sum(jnp.abs(jnp.sin(both[0](both[1]))))  # noqa: E731
            return (
                layer(x, key=_key()),
                jax.vmap(layer)(jnp.stack([x, 2 * x])),
                eqx.filter_grad(loss)((layer, x)) if inexact else None,
            )

        return make(eqx), layer(x), transformed(layer, x)

    return program


def _strictly(make: Callable[[ModuleType], Any], x: Any = _V) -> Program:
    def program(eqx: ModuleType) -> Any:
        layer = make(eqx)
        with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
            return layer(x)

    return program


def _doubled(make: Callable[[ModuleType], Any]) -> Program:
    """A program that runs in double precision."""

    def program(eqx: ModuleType) -> Any:
        with jax.enable_x64(True):
            layer = make(eqx)
            x = jnp.linspace(0.0, 1.0, 6, dtype=jnp.float64)
            return layer, layer(x), layer(x.astype(jnp.float32))

    return program


def _linear(eqx: ModuleType, **kwargs: Any) -> Any:
    return eqx.nn.Linear(6, 4, key=_key(), **kwargs)


def _holder(eqx: ModuleType, weight: Any, **parameters: Any) -> Any:
    class Holder(eqx.Module):
        weight: Any

        def __call__(self, x: Any) -> Any:
            return self.weight @ x

    return Holder(weight)


_DTYPES = ("float16", "bfloat16", "float32", "complex64")

_NORMS: dict[str, Callable[..., Any]] = {
    "LayerNorm": lambda eqx, **kwargs: eqx.nn.LayerNorm(6, **kwargs),
    "RMSNorm": lambda eqx, **kwargs: eqx.nn.RMSNorm(6, **kwargs),
    "GroupNorm": lambda eqx, **kwargs: eqx.nn.GroupNorm(2, 6, **kwargs),
    "WeightNorm": lambda eqx, **kwargs: eqx.nn.WeightNorm(_linear(eqx, **kwargs)),
}


def _of_all(form: Callable[..., Program]) -> dict[str, Program]:
    return {name: form(make) for name, make in _NORMS.items()}


def _bind(make: Callable[..., Any], **kwargs: Any) -> Callable[[ModuleType], Any]:
    return lambda eqx: make(eqx, **kwargs)


PROGRAMS: dict[str, Program] = {
    **{
        f"{name} of {dtype}": _used(_bind(make, dtype=dtype), _V.astype(dtype))
        for name, make in _NORMS.items()
        for dtype in _DTYPES
        # The real parameters of complex layers are differentiated by JAX with a warning each.
    },
    **{
        f"{name} of float32 at {dtype}": _used(make, _V.astype(dtype))
        for name, make in _NORMS.items()
        for dtype in ("float16", "int32")
        if (name, dtype) != ("WeightNorm", "int32")
    },
    **{f"{name} strictly": program for name, program in _of_all(_strictly).items()},
    **{f"{name} in double precision": program for name, program in _of_all(_doubled).items()},
    **{
        f"{name} made by {how}": lambda eqx, make=make, transform=transform: transform(make, eqx)
        for name, make in _NORMS.items()
        for how, transform in {
            "jit": lambda make, eqx: eqx.filter_jit(lambda: make(eqx))(),
            "eval_shape": lambda make, eqx: eqx.filter_eval_shape(lambda: make(eqx)),
        }.items()
    },
    **{
        f"{name} with a state": lambda eqx, make=make: [
            make(eqx)(_V, 5),
            make(eqx)(_V, state=None, key=_key()),
        ]
        for name, make in _NORMS.items()
    },
    "LayerNorm of a matrix": _used(lambda eqx: eqx.nn.LayerNorm((6, 2)), _X[:, 0]),
    "LayerNorm of a list as shape": _used(lambda eqx: eqx.nn.LayerNorm([6, 2]), _X[:, 0]),
    "LayerNorm of a number": _used(lambda eqx: eqx.nn.LayerNorm(()), jnp.array(2.0)),
    "LayerNorm without weight": _used(lambda eqx: eqx.nn.LayerNorm(6, use_weight=False)),
    "LayerNorm without bias": _used(lambda eqx: eqx.nn.LayerNorm(6, use_bias=False)),
    "LayerNorm by position": _used(lambda eqx: eqx.nn.LayerNorm(6, 0.1, False, False, "float16")),
    "LayerNorm of a constant": _used(lambda eqx: eqx.nn.LayerNorm(6), jnp.full(6, 3.0)),
    "LayerNorm by the deprecated name": lambda eqx: [
        eqx.nn.LayerNorm(6, elementwise_affine=True, use_bias=False),
        eqx.nn.LayerNorm(6, elementwise_affine=False),
    ],
    "LayerNorm of a wrong length": lambda eqx: eqx.nn.LayerNorm(5)(_V),
    "LayerNorm of a batch": lambda eqx: eqx.nn.LayerNorm(2)(_X),
    "LayerNorm of a list": lambda eqx: eqx.nn.LayerNorm(2)([1.0, 2.0]),
    "LayerNorm of a fractional shape": lambda eqx: eqx.nn.LayerNorm(2.0),
    "LayerNorm without a shape": lambda eqx: eqx.nn.LayerNorm(),
    "LayerNorm of None as shape": lambda eqx: eqx.nn.LayerNorm(None),
    "LayerNorm of text as shape": lambda eqx: eqx.nn.LayerNorm("ab"),
    "LayerNorm of a negative shape": lambda eqx: eqx.nn.LayerNorm(-2),
    "RMSNorm of a matrix": _used(lambda eqx: eqx.nn.RMSNorm((6, 2)), _X[:, 0]),
    "RMSNorm without weight": _used(lambda eqx: eqx.nn.RMSNorm(6, use_weight=False)),
    "RMSNorm without bias": _used(lambda eqx: eqx.nn.RMSNorm(6, use_bias=False)),
    "RMSNorm by position": _used(lambda eqx: eqx.nn.RMSNorm(6, 0.1, True, False, "float16")),
    "RMSNorm of a wrong length": lambda eqx: eqx.nn.RMSNorm(5)(_V),
    "RMSNorm of a list": lambda eqx: eqx.nn.RMSNorm(2)([1.0, 2.0]),
    "RMSNorm of a fractional shape": lambda eqx: eqx.nn.RMSNorm(2.0),
    "GroupNorm of images": _used(lambda eqx: eqx.nn.GroupNorm(3, 6), _X),
    "GroupNorm of one group": _used(lambda eqx: eqx.nn.GroupNorm(1, 6), _X),
    "GroupNorm of single channels": _used(lambda eqx: eqx.nn.GroupNorm(6, 6), _X),
    "GroupNorm without parameters": _used(
        lambda eqx: eqx.nn.GroupNorm(3, channelwise_affine=False), _X
    ),
    "GroupNorm with channels, without parameters": _used(
        lambda eqx: eqx.nn.GroupNorm(3, 12, channelwise_affine=False), _X
    ),
    "GroupNorm by position": _used(lambda eqx: eqx.nn.GroupNorm(3, 6, 0.1, True, "float16")),
    "GroupNorm strictly of images": _strictly(lambda eqx: eqx.nn.GroupNorm(3, 6), _X),
    "GroupNorm of no channels": lambda eqx: eqx.nn.GroupNorm(2, 0),
    "GroupNorm of groups that do not divide": lambda eqx: eqx.nn.GroupNorm(4, 6),
    "GroupNorm of unknown channels": lambda eqx: eqx.nn.GroupNorm(4),
    "GroupNorm of None as channels": lambda eqx: eqx.nn.GroupNorm(4, None),
    "GroupNorm of wrong channels": lambda eqx: eqx.nn.GroupNorm(2, 4)(_V),
    "GroupNorm of text": lambda eqx: eqx.nn.GroupNorm("a", 4),
    "GroupNorm of a list": lambda eqx: eqx.nn.GroupNorm(2, 2)([1.0, 2.0]),
    **{
        f"WeightNorm along {axis}": _used(
            lambda eqx, axis=axis: eqx.nn.WeightNorm(_linear(eqx), axis=axis)
        )
        for axis in (0, 1, -1, -2, None)
    },
    "WeightNorm of a bias": _used(lambda eqx: eqx.nn.WeightNorm(_linear(eqx), "bias")),
    "WeightNorm twice": _used(lambda eqx: eqx.nn.WeightNorm(eqx.nn.WeightNorm(_linear(eqx)), "g")),
    "WeightNorm of a kernel": _used(
        lambda eqx: eqx.nn.WeightNorm(eqx.nn.Conv2d(6, 3, (2, 2), key=_key())), _X
    ),
    "WeightNorm of one's own layer": lambda eqx: eqx.nn.WeightNorm(_holder(eqx, jnp.ones((3, 6))))(
        _V, key=_key()
    ),
    "WeightNorm of integers": lambda eqx: eqx.nn.WeightNorm(_holder(eqx, jnp.ones((3, 6), int))).g,
    "WeightNorm of NumPy": lambda eqx: (
        eqx.nn.WeightNorm(_holder(eqx, np.ones((3, 6), np.float32))).g
    ),
    "WeightNorm of zeros": lambda eqx: eqx.nn.WeightNorm(_holder(eqx, jnp.zeros((3, 6))))(_V),
    "WeightNorm in a Sequential": lambda eqx: eqx.nn.Sequential(
        [eqx.nn.WeightNorm(_linear(eqx)), eqx.nn.Lambda(jnp.tanh)]
    )(_V),
    "WeightNorm jitted anew": lambda eqx: [
        eqx.filter_jit(lambda layer: layer(_V))(eqx.nn.WeightNorm(_linear(eqx))) for _ in range(2)
    ],
    "WeightNorm of an unknown name": lambda eqx: eqx.nn.WeightNorm(_linear(eqx), "kernel"),
    "WeightNorm of a number": lambda eqx: eqx.nn.WeightNorm(_linear(eqx), "in_features"),
    "WeightNorm of no bias": lambda eqx: eqx.nn.WeightNorm(_linear(eqx, use_bias=False), "bias"),
    "WeightNorm of no layer": lambda eqx: eqx.nn.WeightNorm(5),
    "WeightNorm along an axis too many": lambda eqx: eqx.nn.WeightNorm(_linear(eqx), axis=2),
    "WeightNorm along a negative axis too many": lambda eqx: eqx.nn.WeightNorm(
        _linear(eqx), axis=-3
    ),
    "WeightNorm along text": lambda eqx: eqx.nn.WeightNorm(_linear(eqx), axis="a"),
    "WeightNorm of a wrong length": lambda eqx: eqx.nn.WeightNorm(_linear(eqx))(_V[:3]),
}

_WRONG_SHAPE = "all wrong shapes are ValueErrors, which say what the layer takes"

# What takes long and is like what the others do.
FULL = {
    *(f"{name} made by jit" for name in _NORMS),
    "GroupNorm of one group",
    "LayerNorm without bias",
    "LayerNorm without weight",
    "RMSNorm of a matrix",
    "RMSNorm without bias",
    "RMSNorm without weight",
    "WeightNorm along None",
    "WeightNorm in double precision",
    *(f"{name} of bfloat16" for name in _NORMS),
    *(f"{name} of complex64" for name in _NORMS),
    *(f"{name} of float32 at float16" for name in _NORMS),
    "GroupNorm by position",
    "GroupNorm of single channels",
    "GroupNorm with channels, without parameters",
    "LayerNorm by position",
    "LayerNorm of a list as shape",
    "LayerNorm of a number",
    "RMSNorm by position",
    "WeightNorm along -1",
    "WeightNorm along -2",
    "WeightNorm of a bias",
    "WeightNorm of a kernel",
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "GroupNorm of channels that groups do not divide": (
        lambda eqx: eqx.nn.GroupNorm(4, channelwise_affine=False)(_V),
        ValueError,
        _WRONG_SHAPE,
    ),
    "GroupNorm of a number": (
        lambda eqx: eqx.nn.GroupNorm(2, 2)(jnp.array(1.0)),
        ValueError,
        _WRONG_SHAPE,
    ),
    "GroupNorm of no groups": (
        lambda eqx: eqx.nn.GroupNorm(0, 6),
        ValueError,
        "the argument is named; Equinox divides by zero",
    ),
    "WeightNorm along two axes": (
        lambda eqx: eqx.nn.WeightNorm(_linear(eqx), axis=(0, 1)),
        TypeError,
        "a wrong type, as for other axes that are no integer",
    ),
    "WeightNorm of a node": (
        lambda eqx: eqx.nn.WeightNorm(eqx.nn.Sequential([_linear(eqx)]), "layers"),
        ValueError,
        "as for other attributes that are no array",
    ),
    "WeightNorms made alike are equal": (
        lambda eqx: bool(eqx.nn.WeightNorm(_linear(eqx)) == eqx.nn.WeightNorm(_linear(eqx))),
        True,
        "they share compiled code; in Equinox each has a norm function of its own",
    ),
}
