import jax
import jax.numpy as jnp
import jax.random as jr
import optax

import eqxcore as eqx


def is_matrix(params):
    return jax.tree.map(lambda leaf: leaf.ndim >= 2, params)


def make_optimiser(model):
    return optax.chain(
        optax.add_decayed_weights(0.1, mask=is_matrix), optax.sgd(0.1)
    )


model = eqx.nn.MLP(2, 1, 8, 1, key=jr.key(0))
params = eqx.filter(model, eqx.is_inexact_array)
no_gradients = jax.tree.map(jnp.zeros_like, params)
optim = make_optimiser(model)


@jax.jit
def step(params, opt_state):
    updates, opt_state = optim.update(no_gradients, opt_state, params)
    return eqx.apply_updates(params, updates), opt_state


after, opt_state = params, optim.init(params)
for _ in range(50):
    after, opt_state = step(after, opt_state)

for name in ("weight", "bias"):
    old, new = (
        jnp.linalg.norm(getattr(tree.layers[0], name))
        for tree in (params, after)
    )
    print(f"{name:6}  {old:.3f} -> {new:.3f}")
