from dataclasses import dataclass, field

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


@dataclass
class Log:
    rows: list = field(default_factory=list)

    def add(self, metrics):
        self.rows.append(jax.device_get(metrics))

    def column(self, name):
        return [row[name] for row in self.rows]


class Filler(eqx.Module):
    """Fills the holes of a signal."""

    layers: list

    def __init__(self, n, width, key):
        keys = jax.random.split(key, 3)
        sizes = [(2 * n, width), (width, width), (width, n)]
        self.layers = [eqx.nn.Linear(i, o, key=k) for (i, o), k in zip(sizes, keys)]

    def __call__(self, signal, known):
        x = jnp.concatenate([signal, known])
        for layer in self.layers[:-1]:
            x = jax.nn.leaky_relu(layer(x))
        return self.layers[-1](x)


def make_batch(rng, batch=640, n=256):
    walk = np.cumsum(rng.standard_normal((batch, n)), axis=1)
    walk = (walk - walk.mean(axis=1, keepdims=True)) / walk.std(axis=1, keepdims=True)
    smooth = np.stack([np.convolve(w, np.ones(9) / 9, mode="same") for w in walk])
    known = rng.random(smooth.shape) < 0.8
    return [a.astype(np.float32) for a in (smooth, np.where(known, smooth, 0), known)]


@eqx.filter_jit
def step(model, opt_state, truth, holed, known):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(holed, known) - truth) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    metrics = {"loss": loss, "gradient": optax.tree.norm(grads)}
    return eqx.apply_updates(model, updates), opt_state, metrics


optim = optax.adam(1e-3)
model = Filler(256, 256, jax.random.key(2))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
rng = np.random.default_rng(2)
log = Log()
for _ in range(18):
    model, opt_state, metrics = step(model, opt_state, *make_batch(rng))
    log.add(metrics)
print("loss", log.column("loss")[-1], "largest gradient", max(log.column("gradient")))
