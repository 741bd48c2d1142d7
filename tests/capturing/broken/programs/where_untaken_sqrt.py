"""A physics-informed term: the speed is sqrt of the height that is left, or 0."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Pendulum(eqx.Module):
    net: eqx.nn.MLP
    top: jax.Array

    def __init__(self, key):
        self.net = eqx.nn.MLP(1, "scalar", 16, 2, key=key)
        self.top = jnp.array(1.0)

    def speed(self, height):
        left = jnp.maximum(self.top - height, 0.0)
        return jnp.where(left > 0, jnp.sqrt(2 * 9.81 * left), 0.0)

    def __call__(self, t, height):
        return self.net(t[None]) - self.speed(height)


def residual(model, t, height):
    return jnp.mean(jax.vmap(model)(t, height) ** 2)


optim = optax.sgd(1e-5)


@eqx.filter_jit
def make_step(model, state, t, height):
    loss, grads = eqx.filter_value_and_grad(residual)(model, t, height)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss


model = Pendulum(jr.key(0))
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for epoch in range(22):
    t = jnp.linspace(0, 1, 10)
    height = jnp.linspace(0.0, 0.9, 10)
    if epoch == 16:
        height = height.at[9].set(2.0)
    model, state, loss = make_step(model, state, t, height)
    print(epoch, loss)
