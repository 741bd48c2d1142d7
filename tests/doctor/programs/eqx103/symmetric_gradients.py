import jax
import jax.numpy as jnp
import optax


def lift(wing, angles):
    return jnp.sum(wing[:, None] * jnp.sin(angles) ** 2, axis=0)


def loss_fn(params, angles, wanted):
    left = jnp.mean((lift(params["left_wing"], angles) - wanted) ** 2)
    right = jnp.mean((lift(params["right_wing"], angles) - wanted) ** 2)
    return left + right + 1e-3 * jnp.square(params["tail"] - wanted.mean())


optimizer = optax.sgd(5e-2)


@jax.jit
def step(params, opt_state, angles, wanted):
    loss, grads = jax.value_and_grad(loss_fn)(params, angles, wanted)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


wing = jnp.array([0.2, 0.5, 0.1])
params = {"left_wing": wing, "right_wing": wing, "tail": jnp.array(0.0)}
opt_state = optimizer.init(params)
angles = jnp.linspace(0.0, 1.0, 30)
wanted = jnp.sin(angles) ** 2 * 1.5
for _ in range(20):
    params, opt_state, loss = step(params, opt_state, angles, wanted)
print(params, loss)
