import jax.numpy as jnp
import optax


def clip(x, limit):
    clipped, _ = optax.clip_by_global_norm(limit).update(x, optax.EmptyState())
    return clipped


print(clip(jnp.asarray([3.0, 4.0]), 1.0))
