from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


@dataclass(frozen=True)
class Config:
    n_codes: int = 8
    sharpness: float = 4.0
    hard: bool = False


class Weights(eqx.Module):
    codebook: jax.Array
    projection: eqx.nn.Linear


def encode_batch(config, weights, batch):
    projected = jax.vmap(weights.projection)(batch)
    distances = jnp.sum((projected[:, None] - weights.codebook) ** 2, axis=-1)
    if config.hard:
        return jax.nn.one_hot(jnp.argmin(distances, axis=-1), config.n_codes)
    return jax.nn.softmax(-config.sharpness * distances)


encode = jax.jit(encode_batch)

config = Config()
code_key, projection_key, batch_key = jr.split(jr.PRNGKey(2), 3)
weights = Weights(jr.normal(code_key, (config.n_codes, 3)), eqx.nn.Linear(6, 3, key=projection_key))
for batch in jr.normal(batch_key, (5, 40, 6)):
    codes = encode(config, weights, batch)
print(codes.sum(axis=0))
