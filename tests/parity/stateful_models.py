"""What the programs about state have in common: inputs, a layer, a model that keeps a state."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

X = jax.random.normal(jax.random.key(0), (5, 3, 2))
V = X[0, :, 0]
KEY = jax.random.key(1)


def linear(eqx: ModuleType, **kwargs: Any) -> Any:
    """A layer from the channels of `X`."""
    return eqx.nn.Linear(3, 4, key=KEY, **kwargs)


def batched(norm: Any, name: Any = "batch") -> Callable[..., Any]:
    """`norm` over a batch, with one state for all of it."""
    return jax.vmap(norm, axis_name=name, in_axes=(0, None), out_axes=(0, None))


def copied(state: Any) -> Any:
    """A state that may be used where `state` itself is used again."""
    return jtu.tree_map(lambda leaf: leaf, state)


def normed_model(eqx: ModuleType, key: jax.Array) -> Any:
    """A model of layers with a state and without one."""
    return eqx.nn.Sequential(
        [
            eqx.nn.Linear(3, 4, key=key),
            eqx.nn.BatchNorm(4, "batch", mode="batch"),
            eqx.nn.LayerNorm(4),
            eqx.nn.Dropout(0.5, inference=True),
            eqx.nn.Sequential([eqx.nn.Lambda(jnp.tanh)]),
            eqx.nn.SpectralNorm(eqx.nn.Linear(4, 2, key=key), "weight", key=key),
        ]
    )
