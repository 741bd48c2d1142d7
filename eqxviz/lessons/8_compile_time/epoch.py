import jax
import jax.numpy as jnp
import jax.random as jr
import optax

import eqxcore as eqx

BATCH = 32
optim = optax.adam(0.005)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def train_epoch(model, opt_state, xs, ys):
    params, static = eqx.partition(model, eqx.is_inexact_array)

    def step(carry, batch):
        params, opt_state = carry
        model = eqx.combine(params, static)
        loss, gradients = eqx.filter_value_and_grad(loss_fn)(
            model, *batch
        )
        updates, opt_state = optim.update(gradients, opt_state)
        return (eqx.apply_updates(params, updates), opt_state), loss

    (params, opt_state), losses = jax.lax.scan(
        step, (params, opt_state), (xs, ys)
    )
    return eqx.combine(params, static), opt_state, losses


xs = jr.uniform(
    jr.key(1), (512 // BATCH, BATCH, 1), minval=-3, maxval=3
)
ys = jnp.sin(xs)
model = eqx.nn.MLP(1, 1, 32, 1, key=jr.key(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for epoch in range(20):
    model, opt_state, losses = train_epoch(model, opt_state, xs, ys)
    if epoch % 5 == 4:
        print(epoch + 1, f"{losses.mean():.4f}")
