"""Looks at how the activations of a fresh network spread with its depth."""

import eqxcore as eqx
import jax
import jax.numpy as jnp


class Tower(eqx.Module):
    layers: tuple
    gain: float = eqx.field(static=True)

    def __init__(self, width, depth, gain, *, key):
        self.layers = tuple(
            eqx.nn.Linear(width, width, use_bias=False, key=k)
            for k in jax.random.split(key, depth)
        )
        self.gain = gain

    def activations(self, x):
        seen = []
        for layer in self.layers:
            x = jnp.tanh(self.gain * layer(x))
            seen.append(x)
        return jnp.stack(seen)


model_key, data_key = jax.random.split(jax.random.PRNGKey(9))
tower = Tower(40, 5, 1.8, key=model_key)
inputs = jax.random.normal(data_key, (100, 40))

activations = jax.vmap(tower.activations)(inputs)
spread = activations.std(axis=(0, 2))
saturated = (jnp.abs(activations) > 0.95).mean(axis=(0, 2))
singular = jnp.linalg.svd(tower.layers[0].weight, compute_uv=False)

print("spread by depth    ", [f"{v:.2f}" for v in spread.tolist()])
print("saturated by depth ", [f"{v:.2f}" for v in saturated.tolist()])
print("largest singular value", singular.max())
