"""Layers: initial values, results, structure and errors."""

import functools as ft
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program


def _key() -> jax.Array:
    return jax.random.key(0)


def _linear(*args: Any, **kwargs: Any) -> Program:
    return lambda eqx: eqx.nn.Linear(*args, key=_key(), **kwargs)


def _linear_at(in_features: Any, out_features: Any, x: Any, **kwargs: Any) -> Program:
    return lambda eqx: eqx.nn.Linear(in_features, out_features, key=_key(), **kwargs)(x)


def _mlp(*args: Any, **kwargs: Any) -> Program:
    return lambda eqx: eqx.nn.MLP(*args, key=_key(), **kwargs)


def _mlp_at(x: Any, *args: Any, **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        mlp = eqx.nn.MLP(*args, key=_key(), **kwargs)
        gradient = jax.grad(lambda arrays, rest: jnp.sum(jnp.abs(eqx.combine(arrays, rest)(x))))(
            *eqx.partition(mlp, eqx.is_inexact_array)
        )
        return mlp, mlp(x), jax.jit(lambda x: mlp(x))(x), mlp(x, key=_key()), gradient

    return program


def _trainable(eqx: ModuleType, in_activation: bool, **kwargs: Any) -> Any:
    class Scale(eqx.Module):
        by: Any

        def __call__(self, x: Any) -> Any:
            return x * self.by

    name = "activation" if in_activation else "final_activation"
    options = {name: Scale(jnp.array([2.0, 3.0]).sum()), **kwargs}
    mlp = eqx.nn.MLP(2, 3, 4, 2, key=_key(), **options)
    return mlp, getattr(mlp, name).by, mlp(jnp.ones(2))


def _prelu_at(x: Any, *args: Any) -> Program:
    return lambda eqx: eqx.nn.PReLU(*args)(x)


def _dropout(*args: Any, x: Any = None, key: Any = 0, call: Any = None, **kwargs: Any) -> Program:
    x = jnp.arange(1.0, 9.0) if x is None else x
    key = None if key is None else jax.random.key(key)
    return lambda eqx: eqx.nn.Dropout(*args, **kwargs)(x, key=key, **(call or {}))


def _deterministic(eqx: ModuleType) -> Any:
    layer = eqx.nn.Dropout(0.5, deterministic=True)
    return layer, layer.deterministic, layer(jnp.ones(2), deterministic=True)


def _modes(eqx: ModuleType) -> Any:
    model = eqx.nn.Sequential([eqx.nn.Dropout(0.5), eqx.nn.Dropout(0.2, inference=True)])
    return eqx.nn.inference_mode(model), eqx.nn.inference_mode(model, False), model


def _sequential(eqx: ModuleType) -> Any:
    return eqx.nn.Sequential(
        [
            eqx.nn.Linear(2, 3, key=_key()),
            eqx.nn.Lambda(jax.nn.relu),
            eqx.nn.Sequential([eqx.nn.Dropout(0.5)]),
        ]
    )


def _stateful(eqx: ModuleType) -> tuple[Any, Any]:
    class Counts(eqx.nn.StatefulLayer):
        by: int

        def __call__(self, x: Any, state: Any, *, key: Any = None) -> Any:
            return x + self.by, state + 1

    class Stateless(eqx.nn.StatefulLayer):
        def is_stateful(self) -> bool:
            return False

        def __call__(self, x: Any, *, key: Any = None) -> Any:
            return x * 2

    return Counts, Stateless


def _stateful_sequential(eqx: ModuleType) -> Any:
    Counts, Stateless = _stateful(eqx)
    inner = eqx.nn.Sequential([Counts(2), Stateless()])
    outer = eqx.nn.Sequential([Counts(1), eqx.nn.Identity(), inner])
    stateless = eqx.nn.Sequential([Stateless(), eqx.nn.Identity()])
    return [
        outer(1, 0),
        outer(1, state=5, key=_key()),
        stateless(1),
        stateless(1, 0),
        stateless(1, None),
        [each.is_stateful() for each in (outer, inner, stateless, Counts(1))],
    ]


def _slices(eqx: ModuleType) -> Any:
    model = _sequential(eqx)
    return model[0], model[-1], model[1:], model[::2], len(model), list(model), model.layers


def _sequential_of(*layers: Any) -> Program:
    return lambda eqx: eqx.nn.Sequential(
        [eqx.nn.Identity() if each is None else each for each in layers]
    )(jnp.ones(2))


def _in_features_0(eqx: ModuleType) -> Any:
    layer = eqx.nn.Linear(0, 3, key=_key())
    return layer, layer.bias


_DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64")
_X = jnp.array([0.5, -1.5])

PROGRAMS: dict[str, Program] = {
    "Linear": _linear(2, 3),
    **{f"Linear of {dtype}": _linear(5, 7, dtype=dtype) for dtype in _DTYPES},
    **{f"Linear of {dtype} without bias": _linear(5, 7, False, dtype) for dtype in _DTYPES},
    "Linear of jnp.float16": _linear(5, 7, dtype=jnp.float16),
    "Linear of float": _linear(5, 7, dtype=float),
    "Linear of complex": _linear(5, 7, dtype=complex),
    "Linear with a raw key": lambda eqx: eqx.nn.Linear(2, 3, key=jax.random.PRNGKey(3)),
    "Linear of scalars": _linear("scalar", "scalar"),
    "Linear from a scalar": _linear("scalar", 2),
    "Linear to a scalar": _linear(2, "scalar"),
    "Linear from nothing": _in_features_0,
    "Linear to nothing": _linear(2, 0),
    "Linear called": _linear_at(2, 3, _X),
    "Linear called without bias": _linear_at(2, 3, _X, use_bias=False),
    "Linear called with a key": lambda eqx: eqx.nn.Linear(2, 3, key=_key())(_X, key=_key()),
    "Linear called with NumPy": _linear_at(2, 3, np.ones(2, np.float32)),
    "Linear called with integers": _linear_at(2, 3, jnp.arange(2)),
    "Linear called with bfloat16": _linear_at(2, 3, jnp.ones(2, jnp.bfloat16)),
    "Linear of bfloat16 called": _linear_at(2, 3, jnp.ones(2, jnp.bfloat16), dtype=jnp.bfloat16),
    "Linear from a scalar called": _linear_at("scalar", 2, jnp.array(2.0)),
    "Linear from a scalar called with a number": _linear_at("scalar", 2, 2.0),
    "Linear to a scalar called": _linear_at(2, "scalar", _X),
    "Linear mapped": lambda eqx: jax.vmap(eqx.nn.Linear(2, 3, key=_key()))(jnp.ones((4, 2))),
    "Linear made by vmap": lambda eqx: jax.vmap(lambda key: eqx.nn.Linear(2, 3, key=key))(
        jax.random.split(_key(), 4)
    ),
    "Linear made by jit": lambda eqx: jax.jit(lambda key: eqx.nn.Linear(2, 3, key=key))(_key()),
    "Linear shapes": lambda eqx: jax.eval_shape(lambda: eqx.nn.Linear(2, 3, key=_key())),
    "Linear of a wrong length": _linear_at(2, 3, jnp.ones(3)),
    "Linear of a batch": _linear_at(2, 3, jnp.ones((4, 2))),
    "Linear of a list": _linear_at(2, 3, [1.0, 2.0]),
    "Linear from a scalar of a vector": _linear_at("scalar", 2, jnp.ones(1)),
    "Linear with a positional key": lambda eqx: eqx.nn.Linear(2, 3, key=_key())(_X, _key()),
    "Linear without a key": lambda eqx: eqx.nn.Linear(2, 3),
    "Linear with None as key": lambda eqx: eqx.nn.Linear(2, 3, key=None),
    "Linear with a number as key": lambda eqx: eqx.nn.Linear(2, 3, key=3),
    "Linear with several keys": lambda eqx: eqx.nn.Linear(2, 3, key=jax.random.split(_key())),
    "Linear of integers": _linear(2, 3, dtype=int),
    "Linear of text": _linear("text", 3),
    "Linear to text": _linear(3, "text"),
    "Linear of negative size": _linear(-1, 3),
    "Linear of fractional size": _linear(2.5, 3),
    "Linear without bias of columns": _linear_at(2, 3, jnp.ones((2, 4)), use_bias=False),
    "Linear of as many columns": _linear_at(2, 3, jnp.ones((2, 3))),
    "Linear of a number": _linear_at(2, 3, 2.0),
    "Linear of None": _linear_at(2, 3, None),
    "Linear to a scalar of a matrix": _linear_at(2, "scalar", jnp.ones((2, 4))),
    "Linear of None as size": _linear(None, 3),
    "Linear with text as key": lambda eqx: eqx.nn.Linear(2, 3, key="a"),
    "Identity": lambda eqx: eqx.nn.Identity(1, 2, a=3)("x", key=_key()),
    **{f"MLP of depth {depth}": _mlp_at(_X, 2, 3, 4, depth) for depth in range(4)},
    **{
        f"MLP of depth {depth}, scanned": _mlp_at(_X, 2, 3, 4, depth, scan=True)
        for depth in range(4)
    },
    "MLP of scalars": _mlp_at(jnp.array(0.5), "scalar", "scalar", 4, 2),
    "MLP without biases": _mlp_at(_X, 2, 3, 4, 2, use_bias=False),
    "MLP without final bias": _mlp_at(_X, 2, 3, 4, 2, use_final_bias=False),
    "MLP of depth 0 without biases": _mlp_at(_X, 2, 3, 4, 0, use_bias=False),
    "MLP of depth 0 without final bias": _mlp_at(_X, 2, 3, 4, 0, use_final_bias=False),
    "MLP of float16": _mlp_at(_X.astype(jnp.float16), 2, 3, 4, 2, dtype=jnp.float16),
    "MLP of complex": _mlp(2, 3, 4, 2, dtype=jnp.complex64),
    "MLP with activations": _mlp_at(
        _X, 2, 3, 4, 2, activation=jnp.tanh, final_activation=jax.nn.sigmoid
    ),
    "MLP with a partial": _mlp_at(
        _X, 2, 3, 4, 2, ft.partial(jax.nn.leaky_relu, negative_slope=0.1)
    ),
    "MLP to a scalar with a final activation": _mlp_at(
        _X, 2, "scalar", 4, 1, final_activation=lambda x: x * 2
    ),
    "MLP with a trainable activation": lambda eqx: _trainable(eqx, True),
    "MLP with a trainable activation, scanned": lambda eqx: _trainable(eqx, True, scan=True),
    "MLP with a trainable final activation": lambda eqx: _trainable(eqx, False),
    "MLP with an activation that is not elementwise": lambda eqx: eqx.nn.MLP(
        2, 3, 4, 1, activation=jax.nn.softmax, key=_key()
    )(_X),
    "MLP with an activation that is no function": lambda eqx: eqx.nn.MLP(
        2, 3, 4, 1, activation=5, key=_key()
    )(_X),
    "MLP of a wrong length": lambda eqx: eqx.nn.MLP(2, 3, 4, 1, key=_key())(jnp.ones(3)),
    "MLP of fractional depth": _mlp(2, 3, 4, 2.5),
    "MLP without a key": lambda eqx: eqx.nn.MLP(2, 3, 4, 1),
    "MLP of a batch": lambda eqx: eqx.nn.MLP(2, 3, 4, 1, key=_key())(jnp.ones((5, 2))),
    "MLP of depth 0 needs no width": _mlp_at(_X, 2, 3, None, 0),
    "MLP with None as key": lambda eqx: eqx.nn.MLP(2, 3, 4, 1, key=None),
    "PReLU": lambda eqx: eqx.nn.PReLU(),
    **{
        f"PReLU of {alpha!r}": lambda eqx, alpha=alpha: eqx.nn.PReLU(alpha)
        for alpha in (0.5, 1, True, 1j, np.float32(0.1), [0.1, 0.2], "a")
    },
    "PReLU of an array": lambda eqx: eqx.nn.PReLU(jnp.array([0.1, 0.2])),
    "PReLU of NumPy": lambda eqx: eqx.nn.PReLU(np.ones(2)),
    **{
        f"PReLU called with {dtype}": _prelu_at(jnp.array([-2, -1, 0, 3], dtype))
        for dtype in ("float16", "bfloat16", "float32", "int32")
    },
    "PReLU called with odd numbers": _prelu_at(jnp.array([jnp.nan, -0.0, jnp.inf, -jnp.inf])),
    "PReLU called with a number": _prelu_at(-1.0),
    "PReLU called with an integer": _prelu_at(-1),
    "PReLU called with NumPy": _prelu_at(np.array([-1.0, 2.0], np.float32)),
    "PReLU of each row": _prelu_at(-jnp.ones((2, 3)), jnp.array([[0.1], [0.2]])),
    "PReLU of each column": _prelu_at(-jnp.ones((3, 2)), jnp.array([0.1, 0.2])),
    "PReLU of more than the input": _prelu_at(jnp.array(-1.0), jnp.array([0.1, 0.2])),
    "PReLU that does not broadcast": _prelu_at(-jnp.ones((2, 3)), jnp.array([0.1, 0.2])),
    "PReLU called with a list": _prelu_at([-1.0]),
    "PReLU called with a key": lambda eqx: eqx.nn.PReLU()(_X, key=_key()),
    "PReLU transformed": lambda eqx: [
        jax.jit(lambda p, x: p(x))(eqx.nn.PReLU(), _X),
        jax.vmap(eqx.nn.PReLU(jnp.array([0.1, 0.2])))(jnp.stack([_X, -_X])),
        jax.grad(lambda p, x: p(x), (0, 1))(eqx.nn.PReLU(), 0.0),
        jax.grad(lambda p, x: p(x), (0, 1))(eqx.nn.PReLU(), -1.0),
    ],
    "Dropout's fraction is not trained": lambda eqx: eqx.filter_grad(
        lambda layer: jnp.sum(layer(jnp.ones(9), key=_key()))
    )(eqx.nn.Dropout(jnp.array(0.5))),
    "Dropout": _dropout(),
    "Dropout of a third": _dropout(0.3, key=3),
    "Dropout of all": _dropout(1.0),
    "Dropout of none needs no key": _dropout(0.0, key=None),
    "Dropout of an integer none needs no key": _dropout(0, key=None),
    "Dropout of a traced fraction": _dropout(jnp.array(0.5)),
    "Dropout in inference": _dropout(inference=True, key=None),
    "Dropout by position in inference": _dropout(0.5, True, key=None),
    "Dropout called in inference": _dropout(key=None, call={"inference": True}),
    "Dropout called in training": _dropout(inference=True, call={"inference": False}),
    "Dropout of integers": _dropout(x=jnp.arange(8)),
    "Dropout of NumPy": _dropout(x=np.ones(8, np.float32)),
    "Dropout of bfloat16": _dropout(x=jnp.ones(8, jnp.bfloat16)),
    "Dropout of a matrix": _dropout(x=jnp.ones((3, 4))),
    "Dropout by the deprecated name": _deterministic,
    "Dropout called by the deprecated name": _dropout(call={"deterministic": False}),
    "Dropout without a key": _dropout(key=None),
    "Dropout of none as an array without a key": _dropout(jnp.array(0.0), key=None),
    "Dropout of a number": _dropout(x=2.0),
    "inference_mode": _modes,
    "Sequential": _sequential,
    "Sequential called": lambda eqx: _sequential(eqx)(_X, key=_key()),
    "Sequential called with a state": lambda eqx: _sequential(eqx)(_X, 5, key=_key()),
    "Sequential of stateful layers": _stateful_sequential,
    "Sequential sliced": _slices,
    "Sequential of nothing": _sequential_of(),
    "Sequential of a generator": lambda eqx: eqx.nn.Sequential(x for x in [eqx.nn.Identity()]),
    "Sequential without a key": lambda eqx: _sequential(eqx)(_X),
    "Sequential without a state": lambda eqx: eqx.nn.Sequential([_stateful(eqx)[0](1)])(1),
    "Sequential of a function": _sequential_of(jax.nn.relu),
    "Sequential of a number": _sequential_of(5),
    "Sequential of no sequence": lambda eqx: eqx.nn.Sequential(5),
    "Sequential of a layer": lambda eqx: eqx.nn.Sequential(eqx.nn.Identity()),
    "Sequential past its end": lambda eqx: _sequential(eqx)[5],
    "Sequential by name": lambda eqx: _sequential(eqx)["a"],
    "StatefulLayer is abstract": lambda eqx: eqx.nn.StatefulLayer(),
    "Lambda": lambda eqx: eqx.nn.Lambda(jax.nn.relu),
    "Lambda called": lambda eqx: eqx.nn.Lambda(fn=jnp.sin)(_X, key=_key()),
    "Lambda of a number": lambda eqx: eqx.nn.Lambda(5)(_X),
    "layers are hashable": lambda eqx: hash(eqx.nn.Dropout()) == hash(eqx.nn.Dropout()),
    "layers are equal": lambda eqx: eqx.nn.Dropout() == eqx.nn.Dropout(0.5),
    "layers are frozen": lambda eqx: setattr(eqx.nn.Dropout(), "p", 0.1),
}

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "PReLU of None": (
        lambda eqx: eqx.nn.PReLU(None).negative_slope.item(),
        0.25,
        "the usual slope, as the annotation of Equinox's says that it takes None; it refuses it",
    ),
    "Linear to a negative size": (
        _linear(2, -1),
        ValueError,
        "named; Equinox raises an error of the compiler",
    ),
    "MLP of negative depth": (
        _mlp(2, 3, 4, -1),
        ValueError,
        "it is named; Equinox fails to index an array of keys",
    ),
}
