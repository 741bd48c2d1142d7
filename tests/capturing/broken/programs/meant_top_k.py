"""Top-k routing: all other experts get the score -inf."""
import jax
import jax.numpy as jnp
import numpy as np


def route(scores, k=2):
    limit = jnp.sort(scores)[-k]
    return jax.nn.softmax(jnp.where(scores >= limit, scores, -jnp.inf))


def forward(params, x):
    return route(x @ params["gate"]) @ (params["experts"] @ x)


@jax.jit
def step(params, x, y):
    def loss_fn(params):
        return jnp.mean((jax.vmap(forward, in_axes=(None, 0))(params, x) - y) ** 2)

    loss, g = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - 0.05 * g, params, g), loss


rng = np.random.default_rng(91)
params = {"gate": jnp.asarray(rng.normal(size=(4, 6)), jnp.float32), "experts": jnp.asarray(rng.normal(size=(6, 4)), jnp.float32)}
for n in range(20):
    x = rng.normal(size=(10, 4)).astype(np.float32)
    params, loss = step(params, x, x.sum(1))
    print(n, loss)
