"""Callbacks into Python from compiled functions."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}
#: Those that take long.
FULL = {
    "callback of each dtype",
}

_X = jnp.arange(8.0).reshape(4, 2)
_LIKE_X = jax.ShapeDtypeStruct((4, 2), jnp.float32)
_DTYPES = (jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64, jnp.complex64)
_OTHERS = (jnp.int8, jnp.uint32, jnp.int64, jnp.bool_)


def _callback_that_returns_a_number(eqx: ModuleType) -> Any:
    shape = jax.ShapeDtypeStruct((), jnp.float32)
    return eqx.filter_pure_callback(lambda: 3.0, result_shape_dtypes=shape)


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "callback that returns a number": (
        _callback_that_returns_a_number,
        jnp.array(3.0, jnp.float32),
        "Equinox asks for an array",
    ),
}


_program = adder(PROGRAMS)


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 3, 4, 2, key=jax.random.key(0))


@_program
def callback(eqx: ModuleType) -> Any:
    def f(x: Any, *args: Any, **kwargs: Any) -> Any:
        print(type(x).__name__, args, kwargs)
        return {"a": np.sin(x), "s": "text", "n": None}

    def call(x: Any) -> Any:
        expected = {"a": _LIKE_X, "s": "text", "n": None}
        return eqx.filter_pure_callback(f, x, "s", 3, k=2.0, result_shape_dtypes=expected)

    return call(_X), eqx.filter_jit(call)(_X), jax.jit(lambda x: call(x)["a"])(_X)


@_program
def callback_with_models(eqx: ModuleType) -> Any:
    def f(model: Any, x: Any) -> Any:
        return model(x), model

    def call(model: Any, x: Any) -> Any:
        expected = eqx.filter_eval_shape(f, model, x)
        return eqx.filter_pure_callback(f, model, x, result_shape_dtypes=expected)

    return eqx.filter_jit(call)(_mlp(eqx), _X[0])


@_program
def callback_of_each_dtype(eqx: ModuleType) -> Any:
    with jax.enable_x64(True):
        arrays = [jnp.ones(2, dtype) for dtype in (*_DTYPES, *_OTHERS)]
        same = lambda x: eqx.filter_pure_callback(lambda x: x, x, result_shape_dtypes=x)  # noqa: E731
        return [eqx.filter_jit(same)(each) for each in arrays]


@_program
def callback_vectorised(eqx: ModuleType) -> Any:
    def call(x: Any, method: str | None) -> Any:
        shape = jax.ShapeDtypeStruct((), jnp.float32)
        f = lambda x: print(x.shape) or np.sin(x)  # noqa: E731 - of this one use
        return eqx.filter_pure_callback(f, x, result_shape_dtypes=shape, vmap_method=method)

    methods = "sequential", "expand_dims", "broadcast_all", "legacy_vectorized"
    return [eqx.filter_vmap(lambda x: call(x, each))(_X[0]) for each in methods]  # noqa: B023


@_program
def callback_vectorised_without_saying_how(eqx: ModuleType) -> Any:
    call = lambda x: eqx.filter_pure_callback(np.sin, x, result_shape_dtypes=_LIKE_X)  # noqa: E731
    return eqx.filter_vmap(call)(_X)


@_program
def callback_vectorised_in_an_unknown_way(eqx: ModuleType) -> Any:
    return eqx.filter_pure_callback(np.sin, _X, result_shape_dtypes=_X, vmap_method="unknown")


@_program
def callback_differentiated(eqx: ModuleType) -> Any:
    def f(x: Any) -> Any:
        return eqx.filter_pure_callback(np.sin, x, result_shape_dtypes=_LIKE_X).sum()

    return eqx.filter_grad(f)(_X)


@_program
def callback_beside_what_is_differentiated(eqx: ModuleType) -> Any:
    def f(x: Any) -> Any:
        return (x * eqx.filter_pure_callback(np.sin, _X, result_shape_dtypes=_LIKE_X)).sum()

    return eqx.filter_grad(f)(_X)


@_program
def callback_that_raises(eqx: ModuleType) -> Any:
    return jax.block_until_ready(
        eqx.filter_pure_callback(lambda: 1 / 0, result_shape_dtypes=_LIKE_X)
    )


@_program
def callback_of_another_structure(eqx: ModuleType) -> Any:
    shapes = (_LIKE_X,)
    return eqx.filter_pure_callback(lambda x: [x], _X, result_shape_dtypes=shapes)


@_program
def callback_of_another_text(eqx: ModuleType) -> Any:
    shapes = (_LIKE_X, "text")
    return eqx.filter_pure_callback(lambda x: (x, "other"), _X, result_shape_dtypes=shapes)


@_program
def callback_of_another_shape(eqx: ModuleType) -> Any:
    return eqx.filter_pure_callback(lambda x: x[0], _X, result_shape_dtypes=_LIKE_X)


@_program
def callback_without_shapes(eqx: ModuleType) -> Any:
    return eqx.filter_pure_callback(np.sin, _X)
