import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

DEPTH = 16


class Block(eqx.Module):
    norm: eqx.nn.LayerNorm
    linear: eqx.nn.Linear

    def __init__(self, size, key):
        self.norm = eqx.nn.LayerNorm(size)
        self.linear = eqx.nn.Linear(size, size, key=key)

    def __call__(self, x):
        return x + 0.3 * jnp.tanh(self.linear(self.norm(x)))


class DeepNet(eqx.Module):
    embed: eqx.nn.Linear
    blocks: list[Block]
    readout: eqx.nn.Linear

    def __init__(self, key):
        first, last, *rest = jax.random.split(key, DEPTH + 2)
        self.embed = eqx.nn.Linear(3, 16, key=first)
        self.blocks = [Block(16, k) for k in rest]
        self.readout = eqx.nn.Linear(16, "scalar", key=last)

    def __call__(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.readout(x)


@eqx.filter_jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
x = rng.normal(size=(64, 3)).astype(np.float32)
y = np.prod(x, axis=1)
model = DeepNet(jax.random.PRNGKey(0))
optim = optax.sgd(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
