from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

MEMBERS, ROWS = 5, 40


@partial(eqx.filter_vmap, in_axes=(eqx.if_array(0), None))
def predict(member, x):
    return jax.vmap(member)(x)


def loss_fn(ensemble, x, y, row_weights):
    member_weights = jnp.linspace(1.0, 2.0, MEMBERS)
    errors = (predict(ensemble, x) - y) ** 2
    return jnp.mean(member_weights[:, None] * row_weights[None, :] * errors)


@eqx.filter_jit
def step(ensemble, opt_state, x, y, row_weights):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(ensemble, x, y, row_weights)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(ensemble, updates), opt_state, loss


def main():
    x_key, weight_key, model_key = jr.split(jr.PRNGKey(64), 3)
    x = jr.normal(x_key, (ROWS, 2))
    y = jnp.max(x, axis=1)
    row_weights = jr.uniform(weight_key, (ROWS,), minval=0.5, maxval=1.5)
    ensemble = eqx.filter_vmap(lambda k: eqx.nn.MLP(2, "scalar", 8, 1, key=k))(
        jr.split(model_key, MEMBERS)
    )
    opt_state = optim.init(eqx.filter(ensemble, eqx.is_inexact_array))
    for _ in range(15):
        ensemble, opt_state, loss = step(ensemble, opt_state, x, y, row_weights)
    print("loss", loss)


optim = optax.adam(1e-2)
main()
