import jax
import jax.numpy as jnp

model = {
    "layers": [
        (jnp.ones((3, 2)), jnp.zeros(3)),
        (jnp.ones((1, 3)), jnp.zeros(1)),
    ],
    "name": "nested",
    "scale": None,
}

print(len(jax.tree.leaves(model)), "leaves")
