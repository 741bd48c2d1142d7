"""A categorical policy with an entropy bonus, p * log p written by hand."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(5)


def entropy(logits):
    p = jax.nn.softmax(logits)
    return -jnp.sum(p * jnp.log(p), axis=-1)


def objective(theta, states, actions, returns):
    logits = states @ theta
    log_p = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(log_p, actions[:, None], 1)[:, 0]
    return -jnp.mean(chosen * returns) - 0.01 * jnp.mean(entropy(logits))


@jax.jit
def policy_gradient(theta, states, actions, returns):
    value, g = jax.value_and_grad(objective)(theta, states, actions, returns)
    return theta - 0.1 * g, value


theta = jnp.zeros((6, 4))
for episode in range(35):
    states = rng.normal(size=(20, 6)).astype(np.float32)
    if episode == 27:
        states[11] *= 1e4
    actions = (states[:, 0] > 0).astype(np.int32)
    returns = np.ones(20, np.float32)
    theta, value = policy_gradient(theta, states, actions, returns)
print(value)
