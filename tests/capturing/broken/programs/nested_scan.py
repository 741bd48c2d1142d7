"""A scan over episodes of a scan over moments: iteration [3, 2] takes the log of zero food."""
import jax
import jax.numpy as jnp
import numpy as np


def simulate(params, food):
    def moment(energy, amount):
        taste = jnp.log(params["gain"] * amount)
        energy = 0.9 * energy + params["appetite"] * taste
        return energy, energy

    def episode(carry, amounts):
        energy, trace = jax.lax.scan(moment, carry, amounts)
        return 0.5 * energy, trace.mean()

    return jax.lax.scan(episode, jnp.zeros(()), food)[1].mean()


@jax.jit
def train(params, food):
    def loss_fn(params):
        return (simulate(params, food) - 1.0) ** 2

    loss, grads = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - 0.02 * g, params, grads), loss


rng = np.random.default_rng(60)
params = {"gain": jnp.ones(()), "appetite": jnp.array(0.3)}
for n in range(20):
    food = rng.uniform(0.5, 2, (5, 4)).astype(np.float32)
    if n == 16:
        food[3, 2] = 0.0
    params, loss = train(params, food)
    print(n, loss)
