"""Printed forms."""

import collections
import dataclasses
import enum
import functools as ft
import pathlib
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program


class _Colour(enum.Enum):
    RED = 1


class _Pair(NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass
class _Data:
    a: Any
    hidden: Any = dataclasses.field(repr=False, default=3)
    default: Any = None


class _TwoLines:
    def __repr__(self) -> str:
        return "first\nsecond"


def _function(x: Any) -> Any:
    return x


@ft.wraps(jnp.ones)
def _wrapped(*args: Any) -> Any:
    return args


_itself: list = [1]
_itself.append(_itself)

_VALUES: dict[str, Any] = {
    "JAX arrays": [jnp.ones(2), jnp.ones((), bool), jnp.ones(2, complex), jnp.zeros((0, 3))],
    "small types": [jnp.ones(2, t) for t in (jnp.bfloat16, jnp.float8_e4m3fn, jnp.int4)],
    "weak types": [jnp.array(1.0), jnp.asarray(1)],
    "keys": [jax.random.key(0), jax.random.split(jax.random.key(0), 3), jax.random.PRNGKey(0)],
    "NumPy arrays": [np.ones(2), np.arange(3, dtype=np.int8), np.ones(2, jnp.bfloat16)],
    "odd NumPy arrays": [np.array("a"), np.array([None]), np.zeros(2, dtype=[("a", int)])],
    "NumPy scalars": [np.float32(1.5), np.bool_(True), np.str_("q")],
    "numbers": [1, 1.5, True, 2j, 10**30, float("nan"), -0.0],
    "text": ["a", 'a"b', "a\nb", b"x"],
    "empty": [[], (), {}, set(), frozenset(), None],
    "containers": [(1,), {"a": 1}, {1, 2}, frozenset([1]), range(3), slice(1, 2)],
    "collections": [
        collections.OrderedDict(a=1),
        collections.defaultdict(int, a=1),
        collections.deque([1]),
    ],
    "functions": [jnp.ones, len, _function, _wrapped, lambda x: x, np.add, jnp.add],
    "jitted": [jax.nn.relu, jax.jit(_function)],
    "custom derivatives": [jax.custom_jvp(_function), jax.custom_vjp(_function)],
    "partials": [ft.partial(jnp.ones, 2, dtype=int), jtu.Partial(jnp.ones, 2)],
    "types": [int, jnp.float32, np.dtype("float32"), list[int], _Colour],
    "structs": [jax.ShapeDtypeStruct((2, 3), jnp.float32)],
    "values of classes": [_Colour.RED, _Pair(1, np.ones(2)), _Data(jnp.ones(2)), _Data(1, 2, 3)],
    "an object of two lines": [1, _TwoLines()],
    "a list in itself": _itself,
    "what does not fit": {"a" * 30: [1] * 30, "b": ("x" * 50, "y" * 50)},
    "a path": pathlib.PurePosixPath("a"),
    "a leaf": 5,
}


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 3, 4, 2, key=jax.random.key(0))


def _format(tree: Any, **options: Any) -> Program:
    return lambda eqx: eqx.tree_pformat(tree(eqx) if callable(tree) else tree, **options)


def _layers(eqx: ModuleType) -> Any:
    key = jax.random.key(0)
    return [
        eqx.nn.Linear("scalar", 2, use_bias=False, key=key),
        eqx.nn.Dropout(),
        eqx.nn.Identity(1, a=2),
        eqx.nn.Lambda(jax.nn.relu),
        eqx.nn.Sequential([eqx.nn.Dropout(0.1), eqx.nn.Lambda(jnp.tanh)]),
        eqx.nn.MLP(2, "scalar", 4, 3, scan=True, key=key),
    ]


def _print(eqx: ModuleType) -> None:
    eqx.tree_pprint(_mlp(eqx), width=50, truncate_leaf=lambda x: isinstance(x, tuple))


def _repr(eqx: ModuleType) -> Any:
    mlp = _mlp(eqx)
    return repr(mlp), str(mlp), f"{mlp}", repr([mlp.layers[0]])


def _modules(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        static: Any = eqx.field(static=True, default=2)
        hidden: Any = eqx.field(repr=False, default=3)

        def method(self) -> Any:
            return self.x

    class OwnRepr(eqx.Module):
        x: int

        def __repr__(self) -> str:
            return "own"

    class Unfinished(eqx.Module):
        x: int
        y: int

        def __init__(self) -> None:
            self.x = 1
            print(eqx.tree_pformat(self), repr(self))
            self.y = 2

    Unfinished()
    values = [
        M(jnp.ones(2)),
        M(M([jnp.ones(2)], static=5, hidden=6)).x,
        M(1).method,
        M.method,
        M(lambda x: x),
        OwnRepr(1),
        [OwnRepr(1)],
        eqx.tree_at(lambda m: m.x, M(1), None),
    ]
    return [(repr(each), eqx.tree_pformat(each)) for each in values]


def _traced(eqx: ModuleType) -> Any:
    seen: list[str] = []
    see = lambda x: seen.append(eqx.tree_pformat([x, 1]))  # noqa: E731  (used three times)
    jax.jit(see)(jnp.ones(2))
    jax.jit(see)(1.0)
    jax.vmap(see)(jnp.ones((2, 3)))
    return seen


def _is_linear(eqx: ModuleType) -> Any:
    return eqx.tree_pformat(_mlp(eqx), truncate_leaf=lambda x: isinstance(x, eqx.nn.Linear))


PROGRAMS: dict[str, Program] = {
    **{f"tree_pformat of {name}": _format(value) for name, value in _VALUES.items()},
    **{
        f"tree_pformat of {name} in full": _format(value, short_arrays=False)
        for name, value in _VALUES.items()
        if "arrays" in name or name in ("keys", "structs", "small types")
    },
    "tree_pformat of a model": _format(_mlp),
    "tree_pformat of a model, narrow": _format(_mlp, width=40),
    "tree_pformat of a model, very narrow": _format(_mlp, width=1),
    "tree_pformat of a model, wide": _format(_mlp, width=200),
    "tree_pformat of a model, indented": _format(_mlp, indent=4),
    "tree_pformat of a model in full": _format(_mlp, short_arrays=False),
    "tree_pformat of layers": _format(_layers),
    "tree_pformat without layers": _is_linear,
    "tree_pformat without numbers": _format(_mlp, truncate_leaf=lambda x: isinstance(x, int)),
    "tree_pformat without anything": _format(jnp.ones(2), truncate_leaf=lambda x: True),
    "tree_pformat of structs as arrays": _format(_VALUES["structs"], struct_as_array=True),
    "tree_pformat of structs as arrays in full": _format(
        _VALUES["structs"], struct_as_array=True, short_arrays=False
    ),
    "tree_pformat of a shape": lambda eqx: eqx.tree_pformat(
        jax.eval_shape(lambda: eqx.filter(_mlp(eqx), eqx.is_array)), struct_as_array=True
    ),
    "tree_pformat of Partial": lambda eqx: eqx.tree_pformat(eqx.Partial(jnp.ones, 2, dtype=int)),
    "tree_pformat of Modules": _modules,
    "tree_pformat of tracers": _traced,
    "tree_pformat with an unknown option": _format(1, unknown=2),
    "tree_pprint": _print,
    "repr of a model": _repr,
}

DIFFERENT: dict[str, tuple[Program, Any, str]] = {}
