from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Layer(eqx.Module):
    linear: eqx.nn.Linear
    activation: Callable
    dtype: Any
    mode: str
    scale: float

    def __call__(self, x):
        out = self.activation(self.linear(x.astype(self.dtype)))
        return self.scale * out if self.mode == "scaled" else out


def stack(key, sizes, activation=jax.nn.gelu, dtype=jnp.float32, mode="scaled", scale=1.5):
    keys = jr.split(key, len(sizes) - 1)
    return [
        Layer(eqx.nn.Linear(a, b, dtype=dtype, key=k), activation, dtype, mode, scale)
        for a, b, k in zip(sizes[:-1], sizes[1:], keys)
    ]


@eqx.filter_jit
def embed(layers, x):
    for layer in layers:
        x = jax.vmap(layer)(x)
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


stack_key, x_key = jr.split(jr.PRNGKey(21))
layers = stack(stack_key, (4, 16, 16, 2))
for batch in jr.normal(x_key, (6, 10, 4)):
    points = embed(layers, batch)
print(points.mean(axis=0))
