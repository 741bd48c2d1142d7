import functools

import jax
import jax.numpy as jnp
import optax


def waves(params, t):
    return params["a"] @ jnp.sin(params["w"][:, None] * t + params["p"][:, None])


@functools.partial(jax.jit, donate_argnums=(1, 2))
def step(tx, params, opt_state, t, signal):
    def loss_fn(params):
        return jnp.mean(optax.huber_loss(waves(params, t), signal))

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


def main(n_waves=3, n_steps=30):
    t = jnp.linspace(0.0, 5.0, 150)
    signal = jnp.sin(2 * t) + 0.5 * jnp.cos(5 * t)
    params = {
        "a": jnp.full(n_waves, 0.3),
        "w": 1.5 + jnp.arange(n_waves, dtype=jnp.float32),
        "p": jnp.zeros(n_waves),
    }
    tx = optax.adamw(3e-2)
    opt_state = tx.init(params)
    for _ in range(n_steps):
        params, opt_state, loss = step(tx, params, opt_state, t, signal)
    print(loss)


if __name__ == "__main__":
    main()
