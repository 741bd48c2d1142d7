import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Refiner(eqx.Module):
    """Refines a guess by the same layer, three times."""

    layer: eqx.nn.Linear
    norm: eqx.nn.RMSNorm
    readout: eqx.nn.Linear

    def __init__(self, size, *, key):
        layer_key, readout_key = jr.split(key)
        self.layer = eqx.nn.Linear(2 * size, size, key=layer_key)
        self.norm = eqx.nn.RMSNorm(size)
        self.readout = eqx.nn.Linear(size, size, key=readout_key)

    def refine(self, guess, x):
        return guess + jnp.tanh(self.norm(self.layer(jnp.concatenate([guess, x]))))

    def __call__(self, x):
        guess = self.refine(jnp.zeros_like(x), x)
        guess = self.refine(guess, x)
        guess = self.refine(guess, x)
        return self.readout(guess)


@eqx.filter_jit
def step(model, opt_state, x, y):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


optim = optax.adamax(1e-2)
x = jr.normal(jr.key(1), (64, 4))
y = jnp.sort(x, axis=1)
model = Refiner(4, key=jr.key(2))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print(loss)
