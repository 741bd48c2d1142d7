from typing import Any

import eqxcore as eqx
import jax
import jax.numpy as jnp


class Mixer(eqx.Module):
    """Mixes the positions of a sequence; what may see what is told by the table."""

    logits: jax.Array
    table: Any = eqx.field(static=True)

    def __call__(self, xs):
        return jax.nn.softmax(self.logits + self.table, axis=-1) @ xs


class CausalMixer(Mixer):
    def __init__(self, length: int, *, key):
        self.logits = 0.1 * jax.random.normal(key, (length, length))
        self.table = jnp.where(jnp.tril(jnp.ones((length, length))) == 1, 0.0, -1e9)
