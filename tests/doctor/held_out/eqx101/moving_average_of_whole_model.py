import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class MovingAverage(eqx.Module):
    """An exponential moving average of a model's arrays."""

    decay: float = 0.9

    def init(self, model):
        return jax.tree.map(lambda leaf: jnp.copy(leaf) if eqx.is_inexact_array(leaf) else leaf, model)

    def update(self, model, average):
        return jax.tree.map(
            lambda a, m: self.decay * a + (1 - self.decay) * m if eqx.is_inexact_array(m) else m,
            average,
            model,
        )


ema = MovingAverage(0.8)
tx = optax.rmsprop(1e-2)


@eqx.filter_jit
def step(model, average, opt_state, t, x):
    def loss_fn(m):
        return jnp.mean((jax.vmap(m)(t) - x) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = tx.update(grads, opt_state)
    model = eqx.apply_updates(model, updates)
    return model, ema.update(model, average), opt_state, loss


t = jnp.linspace(0.0, 4.0, 100)
x = jnp.exp(-t) * jnp.sin(3 * t)
model = eqx.nn.MLP("scalar", "scalar", 20, 2, activation=jnp.tanh, key=jr.PRNGKey(0))
average = ema.init(model)
opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(25):
    model, average, opt_state, loss = step(model, average, opt_state, t, x)
print(loss, jax.vmap(average)(t[:3]))
