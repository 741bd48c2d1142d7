import jax
import jax.numpy as jnp
import optax


def damped(params, t):
    envelope = params["amplitude"] * jnp.exp(-params["decay"] * t)
    return envelope * jnp.cos(params["order"] * t + params["phase"])


def residual(params, t, observed):
    return jnp.sum((damped(params, t) - observed) ** 2)


def fit(guess, t, observed, steps=40):
    tx = optax.chain(optax.clip(1.0), optax.adam(5e-2))
    opt_state = tx.init(guess)

    @jax.jit
    def step(params, opt_state):
        value, grads = jax.value_and_grad(residual)(params, t, observed)
        updates, opt_state = tx.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, value

    params = guess
    for _ in range(steps):
        params, opt_state, value = step(params, opt_state)
    return params, value


t = jnp.linspace(0.0, 6.0, 200)
observed = 1.3 * jnp.exp(-0.2 * t) * jnp.cos(2.9 * t + 0.4)
guess = {
    "amplitude": jnp.array(1.0),
    "decay": jnp.array(0.1),
    "order": jnp.array(3),
    "phase": jnp.array(0.0),
}
params, value = fit(guess, t, observed)
print({name: round(float(leaf), 3) for name, leaf in params.items()}, value)
