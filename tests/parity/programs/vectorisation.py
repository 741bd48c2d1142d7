"""`filter_vmap`."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}
#: Those that take long.
FULL = {
    "ensembles",
    "vmap of each dtype",
}

_X = jnp.arange(8.0).reshape(4, 2)
_DTYPES = (jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64, jnp.complex64)
_OTHERS = (jnp.int8, jnp.uint32, jnp.int64, jnp.bool_)


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "vmap with an unknown option": (
        lambda eqx: eqx.filter_vmap(lambda x: x, unknown=1),
        TypeError,
        "Equinox complains when the function is called",
    ),
    "vmap of the rest of the arguments by name": (
        lambda eqx: eqx.filter_vmap(lambda x, *y: y, in_axes={"y": None})(_X, 1.0, 2.0),
        (1.0, 2.0),
        "Equinox takes them for one argument",
    ),
}


_program = adder(PROGRAMS)


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 3, 4, 2, key=jax.random.key(0))


@_program
def vmap(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(_mlp(eqx))(_X)


@_program
def vmap_of_static_values(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x, flag, f: (f(x) if flag else x, "s"))(_X, True, jnp.sin)


@_program
def vmap_in_axes(eqx: ModuleType) -> Any:
    f = lambda x, y: (x["a"] * y, x["b"])  # noqa: E731  (used twice)
    tree = {"a": _X, "b": 3.0}
    one = eqx.filter_vmap(f, in_axes=({"a": 1, "b": None}, None))(tree, jnp.ones(4))
    two = eqx.filter_vmap(f, in_axes=(eqx.if_array(0), 0), out_axes=(1, None))(tree, jnp.ones(4))
    return one, two


@_program
def vmap_axis_name_and_size(eqx: ModuleType) -> Any:
    f = eqx.filter_vmap(lambda: jax.lax.axis_index("i"), axis_name="i", axis_size=3)
    g = eqx.filter_vmap(axis_name="i")(lambda x: x - jax.lax.pmean(x, "i"))
    return f(), g(_X)


@_program
def vmap_of_differing_sizes(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x, y: x)(jnp.ones(2), jnp.ones(3))


@_program
def vmap_of_no_array(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: x)(1)


@_program
def if_array(eqx: ModuleType) -> Any:
    axis = eqx.if_array(1)
    return axis, axis(jnp.ones(2)), axis(1.0), axis == eqx.if_array(1)


@_program
def ensembles(eqx: ModuleType) -> Any:
    keys = jax.random.split(jax.random.key(0), 4)
    models = eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 1, 3, 1, key=key))(keys)
    apply = eqx.filter_vmap(lambda model, x: model(x))
    loss = eqx.filter_jit(eqx.filter_value_and_grad(lambda models, x: apply(models, x).sum()))
    return models, apply(models, _X), loss(models, _X)


@_program
def vmap_of_each_kind_of_axis(eqx: ModuleType) -> Any:
    none = eqx.filter_vmap(lambda x: x, in_axes=lambda leaf: None, axis_size=2)
    return (
        eqx.filter_vmap(lambda x: x, in_axes=-1, out_axes=-1)(_X),
        eqx.filter_vmap(lambda x, y: x + y, in_axes={"y": None})(_X, 1.0),
        eqx.filter_vmap(lambda x: x, in_axes=(lambda leaf: 1,))(_X),
        none(_X),
        eqx.filter_vmap(lambda x: (x, 1), out_axes=0)(_X),
        eqx.filter_vmap(lambda key: jax.random.normal(key))(jax.random.split(jax.random.key(0))),
        eqx.filter_vmap(lambda x: x, in_axes=None, out_axes=None)(_X),
    )


@_program
def vmap_of_each_dtype(eqx: ModuleType) -> Any:
    with jax.enable_x64(True):
        arrays = [jnp.ones((2, 2), dtype) for dtype in (*_DTYPES, *_OTHERS)]
        return [eqx.filter_vmap(lambda x: (x, 2 * x))(each) for each in arrays]


@_program
def vmap_of_one_result_that_differs(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: x, out_axes=None)(_X)


@_program
def vmap_of_a_result_without_such_an_axis(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: x.sum(), out_axes=1)(_X)


@_program
def vmap_of_a_text_with_an_axis(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: (x, "s"), out_axes=0)(_X)


@_program
def vmap_by_name(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: x)(x=_X)
