"""Missing values are NaN and masked, which is right; a column without any value divides 0 by 0."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Imputer(eqx.Module):
    linear: eqx.nn.Linear

    def __call__(self, batch):
        seen = ~jnp.isnan(batch)
        known = jnp.where(seen, batch, 0.0)
        means = known.sum(axis=0) / seen.sum(axis=0)
        filled = jnp.where(seen, known, means)
        return jax.vmap(self.linear)(filled)


@eqx.filter_jit
def make_step(model, batch, y):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((m(batch) - y) ** 2))(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.05 * g, grads)), loss


rng = np.random.default_rng(101)
model = Imputer(eqx.nn.Linear(4, "scalar", key=jr.PRNGKey(0)))
for n in range(22):
    batch = rng.normal(size=(8, 4)).astype(np.float32)
    y = batch[:, 0].copy()
    batch[::3, 1] = np.nan
    batch[5, 3] = np.nan
    if n == 15:
        batch[:, 2] = np.nan
    model, loss = make_step(model, jnp.asarray(batch), jnp.asarray(y))
    print(n, loss)
