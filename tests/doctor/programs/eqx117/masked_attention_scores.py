import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Attention(eqx.Module):
    project: eqx.nn.Linear
    slope: jax.Array
    out: eqx.nn.Linear

    def __init__(self, size, *, key):
        kp, ko = jr.split(key)
        self.project = eqx.nn.Linear(size, 3 * size, use_bias=False, key=kp)
        self.slope = jnp.array(0.1)
        self.out = eqx.nn.Linear(size, size, key=ko)

    def __call__(self, xs, length):
        q, k, v = jnp.split(jax.vmap(self.project)(xs), 3, axis=-1)
        position = jnp.arange(xs.shape[0])
        lag = position[:, None] - position
        visible = (lag >= 0) & (position < length)
        scores = q @ k.T / q.shape[-1] ** 0.5 - self.slope * lag
        weights = jax.nn.softmax(jnp.where(visible, scores, -1e9), axis=-1)
        return jax.vmap(self.out)(weights @ v)


def loss_fn(model, sequences, lengths):
    predicted = jax.vmap(model)(sequences[:, :-1], lengths)
    errors = jnp.mean((predicted - sequences[:, 1:]) ** 2, axis=-1)
    counted = jnp.arange(errors.shape[1]) < lengths[:, None]
    return jnp.sum(errors * counted) / jnp.sum(counted)


@eqx.filter_jit
def step(model, opt_state, sequences, lengths):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, sequences, lengths)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, length_key, model_key = jr.split(jr.PRNGKey(2), 3)
sequences = jnp.cumsum(0.3 * jr.normal(data_key, (12, 13, 4)), axis=1)
lengths = jr.randint(length_key, (12,), 4, 13)
model = Attention(4, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(12):
    model, opt_state, loss = step(model, opt_state, sequences, lengths)
print("loss", loss)
