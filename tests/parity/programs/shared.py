"""Parts of a model that are one in several places."""

import io
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from tests.parity.outcome import Program
from tests.parity.stateful_models import KEY, V, X, batched, linear


def _pair(eqx: ModuleType) -> Any:
    return eqx.nn.Linear(3, 4, key=KEY), eqx.nn.Linear(4, 3, key=jax.random.key(2))


def _tied(eqx: ModuleType) -> Any:
    return eqx.nn.Shared(_pair(eqx), lambda p: p[1].weight, lambda p: p[0].weight.T)


def _shared(pytree: Any, where: Any, get: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        shared = eqx.nn.Shared(pytree(eqx) if callable(pytree) else pytree, where, get)
        return shared, shared()

    return program


def _shared_gradient(eqx: ModuleType) -> Any:
    def loss(shared: Any) -> Any:
        first, second = shared()
        return jnp.sum(second(first(V)) ** 2)

    return eqx.filter_jit(eqx.filter_value_and_grad(loss))(_tied(eqx))


def _shared_norms(eqx: ModuleType) -> Any:
    def make() -> Any:
        norm = eqx.nn.BatchNorm(3, "batch", mode="batch")
        return eqx.nn.Shared([norm, norm], lambda p: p[1], lambda p: p[0])

    shared, state = eqx.nn.make_with_state(make)()

    def call(x: Any, state: Any) -> Any:
        one, two = shared()
        return two(*one(x, state))

    return shared, state, batched(call)(X, state)


PROGRAMS: dict[str, Program] = {
    "Shared": lambda eqx: (_tied(eqx), _tied(eqx)(), jtu.tree_leaves(_tied(eqx)())),
    "Shared gradient": _shared_gradient,
    "Shared in jit": lambda eqx: eqx.filter_jit(lambda s: s()[1](jnp.ones(4)))(_tied(eqx)),
    "Shared norms have one state": _shared_norms,
    "Shared in inference": lambda eqx: eqx.nn.inference_mode(
        eqx.nn.Shared(
            (eqx.nn.Dropout(), *_pair(eqx)), lambda p: p[2].weight, lambda p: p[1].weight.T
        )
    ),
    "Shared serialised": lambda eqx: _file_of(eqx, _tied(eqx)),
    "Shared nodes": _shared(
        _pair,
        lambda p: (p[1].weight, p[1].bias),
        lambda p: (p[0].weight.T, p[0].bias[:3]),
    ),
    "Shared layers": _shared(
        lambda eqx: [linear(eqx), linear(eqx)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared nested": _shared(
        lambda eqx: (_tied(eqx), linear(eqx)), lambda p: p[1].weight, lambda p: p[0]()[0].weight
    ),
    "Shared of Shared": lambda eqx: eqx.nn.Shared(
        eqx.nn.Shared([1.0, 1.0, 1.0], lambda p: p[1], lambda p: p[0]),
        lambda s: s.pytree[2],
        lambda s: s.pytree[0],
    )()(),
    "Shared numbers": _shared([1, 1, 2], lambda p: p[1], lambda p: p[0]),
    "Shared unequal numbers": _shared([1, 2], lambda p: p[1], lambda p: p[0]),
    "Shared other shapes": _shared(_pair, lambda p: p[1].weight, lambda p: p[0].weight),
    "Shared other dtypes": _shared(
        [jnp.ones(2), jnp.ones(2, jnp.float16)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared other functions": _shared(
        lambda eqx: [eqx.nn.Lambda(jnp.sin), eqx.nn.Lambda(jnp.cos)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared other hyperparameters": _shared(
        lambda eqx: [linear(eqx), linear(eqx, use_bias=False)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared too few": _shared(
        _pair, lambda p: (p[1].weight, p[1].bias), lambda p: (p[0].weight.T,)
    ),
    "Shared a tuple for one": _shared(_pair, lambda p: p[1].weight, lambda p: (p[0].weight.T,)),
    "Shared of an unknown name": _shared(_pair, lambda p: p[1].kernel, lambda p: p[0].weight),
    "Shared from an unknown name": _shared(_pair, lambda p: p[1].weight, lambda p: p[0].kernel),
    "Shared of what is no node": _shared([1, 5], lambda p: 5 + 0, lambda p: 5),
    "Shared of no function": _shared([1, 5], 5, 5),
}


def _file_of(eqx: ModuleType, tree: Any) -> bytes:
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, tree)
    return file.getvalue()


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "Shared models made alike are equal": (
        lambda eqx: (
            eqx.nn.Shared([1, 1], _second, _first) == eqx.nn.Shared([1, 1], _second, _first)
        ),
        True,
        "they share compiled code; in Equinox each has placeholders of its own",
    ),
}


def _first(pair: Any) -> Any:
    return pair[0]


def _second(pair: Any) -> Any:
    return pair[1]
