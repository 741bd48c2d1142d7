"""What users build out of the pieces."""

import io
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import optax

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}
DIFFERENT: dict[str, tuple[Program, Any, str]] = {}


_program = adder(PROGRAMS)


def _key() -> jax.Array:
    return jax.random.key(0)


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 2, 4, 1, activation=jnp.tanh, key=_key())


@_program
def training_with_optax_and_resuming(eqx: ModuleType) -> Any:
    optimiser = optax.adam(1e-2)

    @eqx.filter_jit
    def step(model: Any, state: Any, x: Any) -> Any:
        loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean(jax.vmap(m)(x) ** 2))(model)
        updates, state = optimiser.update(grads, state, eqx.filter(model, eqx.is_inexact_array))
        return eqx.apply_updates(model, updates), state, loss

    model = _mlp(eqx)
    state = optimiser.init(eqx.filter(model, eqx.is_inexact_array))
    like = (model, state)
    for _ in range(3):
        model, state, loss = step(model, state, jnp.ones((4, 2)))
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, (model, state))
    file.seek(0)
    resumed = eqx.tree_deserialise_leaves(file, like)
    return step(*resumed, jnp.ones((4, 2))), loss, eqx.tree_equal(resumed, (model, state))


@_program
def training_the_last_layer_alone(eqx: ModuleType) -> Any:
    model = _mlp(eqx)
    spec = jtu.tree_map(lambda _: False, model)
    spec = eqx.tree_at(
        lambda m: (m.layers[-1].weight, m.layers[-1].bias), spec, replace=(True, True)
    )
    trained, frozen = eqx.partition(model, spec)

    @eqx.filter_jit
    @eqx.filter_value_and_grad
    def loss(trained: Any, frozen: Any, x: Any) -> Any:
        return jnp.sum(jax.vmap(eqx.combine(trained, frozen))(x))

    return loss(trained, frozen, jnp.ones((3, 2)))


@_program
def ensembles(eqx: ModuleType) -> Any:
    @eqx.filter_vmap
    def make(key: Any) -> Any:
        return eqx.nn.MLP(2, 2, 4, 1, key=key)

    @eqx.filter_vmap(in_axes=(eqx.if_array(0), None))
    def evaluate(model: Any, x: Any) -> Any:
        return model(x)

    models = make(jax.random.split(_key(), 5))
    return models, evaluate(models, jnp.ones(2))


@_program
def other_initial_values(eqx: ModuleType) -> Any:
    def weights(model: Any) -> list[Any]:
        nodes = jtu.tree_leaves(model, is_leaf=lambda x: isinstance(x, eqx.nn.Linear))
        return [node.weight for node in nodes if isinstance(node, eqx.nn.Linear)]

    model = _mlp(eqx)
    old = weights(model)
    keys = jax.random.split(_key(), len(old))
    new = [jax.random.normal(k, w.shape) for k, w in zip(keys, old, strict=True)]
    return eqx.tree_at(weights, model, new)


@_program
def layers_wrapped_in_others(eqx: ModuleType) -> Any:
    class LowRank(eqx.Module):
        inner: Any
        update: jax.Array

        def __call__(self, x: jax.Array, *, key: Any = None) -> jax.Array:
            return self.inner(x) + self.update @ x

    def is_linear(node: Any) -> bool:
        return isinstance(node, eqx.nn.Linear)

    linears = [eqx.nn.Linear(2, 2, key=_key()) for _ in range(2)]
    model = eqx.nn.Sequential([linears[0], eqx.nn.Lambda(jnp.tanh), linears[1]])
    model = jtu.tree_map(
        lambda x: LowRank(x, jnp.ones((2, 2))) if is_linear(x) else x, model, is_leaf=is_linear
    )
    return model, model(jnp.ones(2), key=_key())


@_program
def weights_averaged_over_training(eqx: ModuleType) -> Any:
    arrays, rest = eqx.partition(_mlp(eqx), eqx.is_inexact_array)
    return eqx.combine(jtu.tree_map(lambda x: 0.9 * x, arrays), rest)


@_program
def regularisation_over_all_weights(eqx: ModuleType) -> Any:
    @eqx.filter_grad
    def penalty(model: Any) -> Any:
        return sum(jnp.sum(x**2) for x in jtu.tree_leaves(eqx.filter(model, eqx.is_array)))

    return penalty(_mlp(eqx))
