"""In one scan: a running minimum that begins with inf, and an exp that overflows."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Walker(eqx.Module):
    rate: jax.Array
    readout: eqx.nn.Linear

    def __call__(self, xs):
        def move(carry, x):
            best, level = carry
            level = level + self.rate * x
            cost = jnp.exp(level)
            return (jnp.minimum(best, cost), level), cost

        (best, level), costs = jax.lax.scan(move, (jnp.array(jnp.inf), jnp.zeros(())), xs)
        return self.readout(jnp.stack([best, costs.mean()]))


@eqx.filter_jit
def step(model, xs, y):
    def loss_fn(model):
        return jnp.mean(jnp.abs(jax.vmap(model)(xs) - y))

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -1e-3 * g, grads)), loss


rng = np.random.default_rng(102)
model = Walker(jnp.array(0.5), eqx.nn.Linear(2, "scalar", key=jr.key(0)))
for n in range(20):
    xs = rng.normal(size=(4, 15)).astype(np.float32)
    if n == 12:
        xs[2, 8] = 250.0
    model, loss = step(model, jnp.asarray(xs), jnp.ones(4))
    print(n, loss)
