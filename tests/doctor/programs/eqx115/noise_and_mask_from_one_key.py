import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def corrupt(batch, key):
    noise = 0.1 * jr.normal(key, batch.shape)
    mask = jr.bernoulli(key, 0.8, batch.shape)
    return jnp.where(mask, batch + noise, 0.0)


def make_model(key, size=10):
    k1, k2 = jr.split(key)
    return eqx.nn.Sequential(
        [
            eqx.nn.Linear(size, 4, key=k1),
            eqx.nn.Lambda(jnp.tanh),
            eqx.nn.Linear(4, size, key=k2),
        ]
    )


def main():
    data_key, model_key, noise_key = jr.split(jr.PRNGKey(12), 3)
    data = jnp.sin(jnp.arange(10) * jr.uniform(data_key, (50, 1)))
    model = make_model(model_key)
    optim = optax.adam(1e-2)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, key):
        next_key, key = jr.split(key)

        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(corrupt(data, key)) - data) ** 2)

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, next_key, loss

    for _ in range(20):
        model, opt_state, noise_key, loss = step(model, opt_state, noise_key)
    print("loss", loss)


if __name__ == "__main__":
    main()
