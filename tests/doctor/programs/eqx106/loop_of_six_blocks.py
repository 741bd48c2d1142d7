import equinox as eqx
import jax
import numpy as np
import optax


class Mixer(eqx.Module):
    tokens: eqx.nn.MLP
    channels: eqx.nn.MLP
    norm: eqx.nn.LayerNorm

    def __init__(self, n, size, *, key):
        k1, k2 = jax.random.split(key)
        self.tokens = eqx.nn.MLP(n, n, 8, 1, key=k1)
        self.channels = eqx.nn.MLP(size, size, 8, 1, key=k2)
        self.norm = eqx.nn.LayerNorm((n, size))

    def __call__(self, x):
        x = x + jax.vmap(self.tokens, in_axes=1, out_axes=1)(x)
        return self.norm(x + jax.vmap(self.channels)(x))


class Stack(eqx.Module):
    blocks: tuple[Mixer, ...]
    head: eqx.nn.Linear

    def __init__(self, n, size, depth, *, key):
        keys = jax.random.split(key, depth + 1)
        self.blocks = tuple(Mixer(n, size, key=k) for k in keys[1:])
        self.head = eqx.nn.Linear(size, 2, key=keys[0])

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(axis=0))


@eqx.filter_jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        logits = jax.vmap(model)(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
x = rng.normal(size=(40, 5, 6)).astype(np.float32)
y = (x[:, 0, 0] > x[:, 1, 1]).astype(np.int32)
model = Stack(5, 6, 6, key=jax.random.PRNGKey(0))
optim = optax.sgd(0.05)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
