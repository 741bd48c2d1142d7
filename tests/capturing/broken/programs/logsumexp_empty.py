"""A mixture density network: components that are switched off get the log weight -inf."""
import jax
import jax.numpy as jnp
import numpy as np

LOG_2PI = np.log(2 * np.pi)


def log_likelihood(params, x, active):
    z = (x[:, None] - params["mean"]) / jnp.exp(params["log_sd"])
    log_p = -0.5 * (z**2 + LOG_2PI) - params["log_sd"] + jax.nn.log_softmax(params["weight"])
    log_p = jnp.where(active, log_p, -jnp.inf)
    peak = jnp.max(log_p, axis=-1, keepdims=True)
    peak = jax.lax.stop_gradient(jnp.where(jnp.isfinite(peak), peak, 0))
    return peak[:, 0] + jnp.log(jnp.sum(jnp.exp(log_p - peak), axis=-1))


def loss_fn(params, x, active):
    return -jnp.mean(log_likelihood(params, x, active))


@jax.jit
def em_like_step(params, x, active):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, active)
    return jax.tree.map(lambda p, g: p - 0.05 * g, params, grads), loss


rng = np.random.default_rng(20)
params = {"mean": jnp.array([-1.0, 0.0, 1.0]), "log_sd": jnp.zeros(3), "weight": jnp.zeros(3)}
for i in range(30):
    x = rng.normal(size=12).astype(np.float32)
    active = rng.random((12, 3)) < 0.7
    active[:, 0] = True
    if i == 21:
        active[8] = False
    params, loss = em_like_step(params, x, active)
    print(i, loss)
