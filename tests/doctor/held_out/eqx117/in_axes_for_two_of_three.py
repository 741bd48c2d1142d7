import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Quantile(eqx.Module):
    mlp: eqx.nn.MLP
    levels: tuple[float, ...] = eqx.field(static=True)

    def __call__(self, x):
        return self.mlp(x)


def pinball(model, x, y, weights):
    def example_loss(x, y, weight):
        error = y - model(x)
        levels = jnp.array(model.levels)
        return weight * jnp.sum(jnp.maximum(levels * error, (levels - 1) * error))

    losses = jax.vmap(example_loss, in_axes=(0, 0))(x, y, weights)
    return losses.sum() / weights.sum()


@eqx.filter_jit
def step(model, opt_state, x, y, weights):
    loss, grads = eqx.filter_value_and_grad(pinball)(model, x, y, weights)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


kx, kn, kw, km = jr.split(jr.PRNGKey(15), 4)
x = jr.uniform(kx, (60, 2))
y = x.sum(axis=1) + 0.3 * jr.normal(kn, (60,))
weights = jr.uniform(kw, (60,), minval=0.5, maxval=1.5)
model = Quantile(eqx.nn.MLP(2, 3, 16, 1, key=km), (0.1, 0.5, 0.9))
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, x, y, weights)
print("loss", loss)
