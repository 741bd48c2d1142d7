"""Per-example log likelihoods with vmap; one example of a batch has no events."""
import jax
import jax.numpy as jnp
import numpy as np


def log_rate(events, exposure):
    return jnp.log(jnp.sum(events) / exposure)


def example_loss(params, features, events, exposure):
    prediction = jnp.dot(params["w"], features) + params["b"]
    return (prediction - log_rate(events, exposure)) ** 2


batch_loss = jax.vmap(example_loss, in_axes=(None, 0, 0, 0))


@jax.jit
def train_step(params, batch):
    def mean_loss(params):
        losses = batch_loss(params, *batch)
        return losses.mean(), losses

    (loss, losses), grads = jax.value_and_grad(mean_loss, has_aux=True)(params)
    return {k: params[k] - 0.05 * grads[k] for k in params}, loss, losses.max()


rng = np.random.default_rng(30)
params = {"w": jnp.zeros(3), "b": jnp.zeros(())}
for i in range(28):
    features = rng.normal(size=(24, 3)).astype(np.float32)
    events = rng.integers(1, 5, (24, 7)).astype(np.float32)
    if i == 22:
        events[17] = 0
    params, loss, worst = train_step(params, (features, events, np.full(24, 7.0, np.float32)))
    print(i, loss, worst)
