"""Telling leaves apart, splitting and joining."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program


class _Offers:
    def __jax_array__(self) -> jax.Array:
        return jnp.ones(2)


class _ConvertsToNumPy:
    def __array__(self) -> np.ndarray:
        return np.ones(2)


_ELEMENTS: dict[str, Any] = {
    "jax_float": jnp.ones(2),
    "jax_int": jnp.arange(2),
    "jax_bool": jnp.array(True),
    "jax_complex": jnp.ones(2, complex),
    "jax_bfloat16": jnp.ones(2, jnp.bfloat16),
    "jax_key": jax.random.key(0),
    "jax_raw_key": jax.random.PRNGKey(0),
    "numpy_float": np.ones(2),
    "numpy_int": np.arange(2),
    "numpy_float_scalar": np.float32(1),
    "numpy_int_scalar": np.int64(1),
    "numpy_bool_scalar": np.bool_(True),
    "numpy_text": np.array("a"),
    "numpy_object": np.array([None]),
    "numpy_date": np.datetime64("2020-01-01"),
    "float": 1.0,
    "int": 1,
    "bool": True,
    "complex": 1j,
    "text": "a",
    "none": None,
    "list": [1.0],
    "function": jnp.sin,
    "dtype": np.dtype("float32"),
    "type": float,
    "struct": jax.ShapeDtypeStruct((2,), jnp.float32),
    "offers_jax_array": _Offers(),
    "converts_to_numpy": _ConvertsToNumPy(),
}


def _predicates(element: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        names = ("is_array", "is_array_like", "is_inexact_array", "is_inexact_array_like")
        return {name: getattr(eqx, name)(element) for name in names}

    return program


def _tree() -> Any:
    return {"a": 1, "b": (jnp.ones(2), None, "s"), "c": [np.ones(1), 2.0]}


def _model(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 3, 4, 1, key=jax.random.key(0))


def _is_tuple(node: Any) -> bool:
    return isinstance(node, tuple)


def _is_none(node: Any) -> bool:
    return node is None


def _tracers(eqx: ModuleType) -> Any:
    seen: list[bool] = []
    jax.jit(lambda x: seen.extend([eqx.is_array(x), eqx.is_inexact_array(x)]))(1.0)
    return seen


def _model_spec(eqx: ModuleType) -> Any:
    model = _model(eqx)
    spec = jax.tree_util.tree_map(lambda _: False, model)
    spec = eqx.tree_at(lambda m: m.layers[0].weight, spec, True)
    return eqx.partition(model, spec)


PROGRAMS: dict[str, Program] = {
    **{f"predicates of {name}": _predicates(each) for name, each in _ELEMENTS.items()},
    "predicates of tracers": _tracers,
    "filter by a function": lambda eqx: eqx.filter(_tree(), eqx.is_array),
    "filter inverse": lambda eqx: eqx.filter(_tree(), eqx.is_array, inverse=True),
    "filter with a replacement": lambda eqx: eqx.filter(_tree(), eqx.is_array, replace=5),
    "filter all": lambda eqx: eqx.filter(_tree(), True),
    "filter none": lambda eqx: eqx.filter(_tree(), False),
    "filter by a prefix": lambda eqx: eqx.filter(
        _tree(), {"a": True, "b": False, "c": eqx.is_array}
    ),
    "filter by a whole tree": lambda eqx: eqx.filter(
        _tree(), {"a": True, "b": (False, None, True), "c": [True, lambda x: x > 3]}
    ),
    "filter a model": lambda eqx: eqx.filter(_model(eqx), eqx.is_inexact_array),
    "filter with is_leaf": lambda eqx: eqx.filter(_tree(), eqx.is_array, is_leaf=_is_tuple),
    "filter of None as a leaf": lambda eqx: eqx.filter(_tree(), _is_none, is_leaf=_is_none),
    "filter a prefix with is_leaf": lambda eqx: eqx.filter(
        (1, 2), (True, False), is_leaf=_is_tuple
    ),
    "filter by truth": lambda eqx: eqx.filter(_tree(), lambda x: 1),
    "filter by a NumPy truth": lambda eqx: eqx.filter(_tree(), lambda x: np.bool_(True)),
    "filter a leaf": lambda eqx: eqx.filter(3, lambda x: True),
    "filter None": lambda eqx: eqx.filter(None, None),
    "filter by too small a dict": lambda eqx: eqx.filter(_tree(), {"a": True, "b": False}),
    "filter by too short a tuple": lambda eqx: eqx.filter((1, 2, 3), (True, False)),
    "filter by None": lambda eqx: eqx.filter(_tree(), None),
    "filter by an integer": lambda eqx: eqx.filter(_tree(), 1),
    "filter by a string": lambda eqx: eqx.filter(_tree(), "x"),
    "filter by a NumPy boolean": lambda eqx: eqx.filter(_tree(), np.bool_(True)),
    "filter by an array": lambda eqx: eqx.filter(_tree(), jnp.array(True)),
    "filter by a function without a return": lambda eqx: eqx.filter(_tree(), lambda x: None),
    "partition": lambda eqx: eqx.partition(_tree(), eqx.is_array),
    "partition with a replacement": lambda eqx: eqx.partition(_tree(), eqx.is_array, "R"),
    "partition a model": lambda eqx: eqx.partition(_model(eqx), eqx.is_array),
    "partition a model by a model": _model_spec,
    "partition with is_leaf": lambda eqx: eqx.partition(_tree(), _is_none, is_leaf=_is_none),
    "partition by a string": lambda eqx: eqx.partition(_tree(), "x"),
    "combine undoes partition": lambda eqx: eqx.combine(*eqx.partition(_model(eqx), eqx.is_array)),
    "combine one": lambda eqx: eqx.combine([1, None]),
    "combine three": lambda eqx: eqx.combine([1, None, None], [None, 2, None], [5, 6, 7]),
    "combine Nones": lambda eqx: eqx.combine([None], [None]),
    "combine takes a subtree for None": lambda eqx: eqx.combine([1, None], [None, (2, 3)]),
    "combine None with a tree": lambda eqx: eqx.combine(None, [1, 2]),
    "combine with is_leaf": lambda eqx: eqx.combine(
        [[1, None]], [[None, 4]], is_leaf=lambda x: isinstance(x, list) and len(x) == 2
    ),
    "combine different lengths": lambda eqx: eqx.combine([1, None], [None, 2, 3]),
    "combine a subtree with None": lambda eqx: eqx.combine([1, (2, 3)], [None, None]),
    "combine different keys": lambda eqx: eqx.combine({"a": 1, "b": None}, {"b": 2}),
    "combine nothing": lambda eqx: eqx.combine(),
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "is_inexact_array of NumPy bfloat16": (
        lambda eqx: eqx.is_inexact_array(np.ones(2, jnp.bfloat16)),
        True,
        "bfloat16 is a floating-point type; Equinox leaves such a NumPy array out of the gradient",
    ),
    "is_inexact_array_like of a tracer": (
        lambda eqx: jax.jit(lambda x: 1 if eqx.is_inexact_array_like(x) else 0)(1.0).item(),
        1,
        "Equinox raises TypeError with this JAX",
    ),
}
