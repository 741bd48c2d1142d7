import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Separable(eqx.Module):
    """Sum of products of a function of time and one of space."""

    time: eqx.nn.MLP
    space: eqx.nn.MLP

    def __init__(self, rank, *, key):
        kt, ks = jr.split(key)
        self.time = eqx.nn.MLP("scalar", rank, 12, 1, jnp.tanh, key=kt)
        self.space = eqx.nn.MLP("scalar", rank, 12, 1, jnp.tanh, key=ks)

    def __call__(self, t, x):
        return self.time(t) @ self.space(x)


def residual(model, t, x):
    u_t = jax.grad(model, argnums=0)(t, x)
    u_xx = jax.grad(jax.grad(model, argnums=1), argnums=1)(t, x)
    return u_t - 0.1 * u_xx


def on_grid(f, t, x):
    return jax.vmap(jax.vmap(f, in_axes=(None, 0)), in_axes=(0, None))(t, x)


def loss_fn(model, t, x):
    def defect(t, x):
        return residual(model, t, x)

    exact = jnp.exp(-0.1 * jnp.pi**2 * t[:, None]) * jnp.sin(jnp.pi * x[None, :])
    start = on_grid(model, t[:1], x) - exact[:1]
    edge = on_grid(model, t, x[:: x.shape[0] - 1])
    return jnp.mean(on_grid(defect, t, x) ** 2) + jnp.mean(start**2) + jnp.mean(edge**2)


@eqx.filter_jit
def step(model, opt_state, t, x):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, t, x)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


t, x = jnp.linspace(0, 1, 24), jnp.linspace(0, 1, 24)
model = Separable(4, key=jr.PRNGKey(3))
optim = optax.adam(5e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, t, x)
print("loss", loss)
