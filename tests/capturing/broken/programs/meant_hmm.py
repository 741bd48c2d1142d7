"""The forward algorithm of a hidden Markov model in log space: forbidden transitions are -inf."""
import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import logsumexp

FORBIDDEN = np.array([[0, 0, -np.inf], [-np.inf, 0, 0], [0, -np.inf, 0]], np.float32)


def log_evidence(params, observed):
    transition = jax.nn.log_softmax(params["transition"] + FORBIDDEN, axis=1)
    emission = jax.nn.log_softmax(params["emission"], axis=1)

    def move(alpha, symbol):
        alpha = logsumexp(alpha[:, None] + transition, axis=0) + emission[:, symbol]
        return alpha, None

    start = jnp.zeros(3)
    alpha, _ = jax.lax.scan(move, start + emission[:, observed[0]], observed[1:])
    return logsumexp(alpha)


@jax.jit
def step(params, observed):
    def loss_fn(params):
        return -jnp.mean(jax.vmap(log_evidence, in_axes=(None, 0))(params, observed))

    loss, g = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - 0.1 * g, params, g), loss


rng = np.random.default_rng(90)
params = {"transition": jnp.asarray(rng.normal(size=(3, 3)), jnp.float32), "emission": jnp.asarray(rng.normal(size=(3, 4)), jnp.float32)}
for n in range(20):
    params, loss = step(params, rng.integers(0, 4, (5, 9)))
    print(n, loss)
