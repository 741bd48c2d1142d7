import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class FourierFeatures(eqx.Module):
    frequencies: jax.Array = eqx.field(converter=jnp.asarray, static=True)

    def __call__(self, t):
        phase = 2 * jnp.pi * self.frequencies * t
        return jnp.concatenate([jnp.sin(phase), jnp.cos(phase)])


class Surrogate(eqx.Module):
    features: FourierFeatures
    head: eqx.nn.Linear

    def __call__(self, t):
        return self.head(self.features(t))


def main(steps=20):
    features = FourierFeatures([1.0, 2.0, 4.0, 8.0])
    model = Surrogate(features, eqx.nn.Linear(8, "scalar", key=jr.PRNGKey(0)))
    times = jnp.linspace(0.0, 1.0, 50)
    wave = jnp.sign(jnp.sin(2 * jnp.pi * times))
    optim = optax.adam(5e-2)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    def loss_fn(model, t, y):
        return jnp.mean((jax.vmap(model)(t) - y) ** 2)

    @eqx.filter_jit
    def step(model, opt_state):
        value, grads = eqx.filter_value_and_grad(loss_fn)(model, times, wave)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, value

    for _ in range(steps):
        model, opt_state, value = step(model, opt_state)
    print("loss", value)


main()
