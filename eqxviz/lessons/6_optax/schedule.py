import jax
import jax.numpy as jnp
import jax.random as jr
import optax

import eqxcore as eqx

schedule = optax.warmup_cosine_decay_schedule(
    0.0, 0.1, warmup_steps=50, decay_steps=300
)
optim = optax.chain(
    optax.clip_by_global_norm(1.0), optax.sgd(schedule, momentum=0.9)
)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    learning_rate = schedule(optax.tree.get(opt_state, "count"))
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(gradients, opt_state)
    metrics = {
        "loss": loss,
        "rate": learning_rate,
        "norm": optax.tree.norm(gradients),
    }
    return metrics, eqx.apply_updates(model, updates), opt_state


x = jnp.linspace(-3, 3, 64)[:, None]
y = jnp.sin(x)
model = eqx.nn.MLP(1, 1, 32, 1, key=jr.key(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

for _ in range(300):
    metrics, model, opt_state = make_step(model, opt_state, x, y)
