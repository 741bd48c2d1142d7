import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import optax


class Pinn(eqx.Module):
    net: eqx.nn.Sequential

    def __init__(self, sizes, *, key):
        layers = []
        for n_in, n_out, k in zip(sizes[:-1], sizes[1:], jr.split(key, len(sizes) - 1)):
            layers += [eqx.nn.Linear(n_in, n_out, key=k), eqx.nn.Lambda(jnp.sin)]
        self.net = eqx.nn.Sequential(layers[:-1])

    def residual(self, batch):
        out = self.net(batch)
        return jnp.mean((out.sum(axis=-1) - jnp.prod(batch, axis=-1)) ** 2)


optim = optax.adabelief(1e-3)


@eqx.filter_jit
def step(model, state, batch):
    loss, grads = eqx.filter_value_and_grad(lambda m: m.residual(batch))(model)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss


model_key, batch_key = jr.split(jr.PRNGKey(0))
model = Pinn((6, 10, 3), key=model_key)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for batch in jr.uniform(batch_key, (8, 6, 6)):
    model, state, loss = step(model, state, batch)
print(loss)
