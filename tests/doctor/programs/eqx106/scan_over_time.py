import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Forecaster(eqx.Module):
    cell: eqx.nn.LSTMCell
    head: eqx.nn.Linear

    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.cell = eqx.nn.LSTMCell(1, 10, key=k1)
        self.head = eqx.nn.Linear(10, 1, key=k2)

    def __call__(self, series):
        def turn(state, value):
            state = self.cell(value, state)
            return state, self.head(state[0])

        start = (jnp.zeros(10), jnp.zeros(10))
        _, predictions = jax.lax.scan(turn, start, series[:-1])
        return jnp.mean((predictions - series[1:]) ** 2)


optim = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1))


@eqx.filter_jit
def make_step(model, opt_state, batch):
    def loss_fn(model):
        return jnp.mean(jax.vmap(model)(batch))

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    model = Forecaster(jax.random.PRNGKey(3))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    for i in range(15):
        phase = rng.uniform(0, 2 * np.pi, size=(16, 1))
        series = np.sin(0.3 * np.arange(50) + phase)[..., None].astype(np.float32)
        model, opt_state, loss = make_step(model, opt_state, series)
    print("loss", loss)
