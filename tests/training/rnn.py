"""Clockwise or anticlockwise? A GRU and an LSTM tell spirals apart; the better one is kept."""

import tempfile
from pathlib import Path

import equinox as eqx
import jax
import jax.lax as lax
import jax.numpy as jnp
import jax.random as jr
import optax


def get_data(dataset_size, *, key):
    t = jnp.linspace(0, 2 * jnp.pi, 12)
    offset_key, noise_key = jr.split(key)
    offset = jr.uniform(offset_key, (dataset_size, 1), minval=0, maxval=2 * jnp.pi)
    x1 = jnp.sin(t + offset) / (1 + t)
    x2 = jnp.cos(t + offset) / (1 + t)
    half = dataset_size // 2
    x1 = x1.at[:half].multiply(-1)
    y = jnp.ones((dataset_size, 1)).at[:half].set(0)
    x = jnp.stack([x1, x2], axis=-1)
    return x + 0.05 * jr.normal(noise_key, x.shape), y


def dataloader(arrays, batch_size, *, key):
    dataset_size = arrays[0].shape[0]
    indices = jnp.arange(dataset_size)
    while True:
        key, perm_key = jr.split(key)
        perm = jr.permutation(perm_key, indices)
        for start in range(0, dataset_size - batch_size + 1, batch_size):
            batch = perm[start : start + batch_size]
            yield tuple(array[batch] for array in arrays)


class RNN(eqx.Module):
    hidden_size: int = eqx.field(static=True)
    cell: eqx.Module
    linear: eqx.nn.Linear
    bias: jax.Array

    def __init__(self, cell, in_size, out_size, hidden_size, *, key):
        ckey, lkey = jr.split(key)
        self.hidden_size = hidden_size
        self.cell = cell(in_size, hidden_size, key=ckey)
        self.linear = eqx.nn.Linear(hidden_size, out_size, use_bias=False, key=lkey)
        self.bias = jnp.zeros(out_size)

    @property
    def initial(self):
        zeros = jnp.zeros(self.hidden_size)
        return (zeros, zeros) if isinstance(self.cell, eqx.nn.LSTMCell) else zeros

    def __call__(self, input):
        def f(carry, inp):
            return self.cell(inp, carry), None

        out, _ = lax.scan(f, self.initial, input)
        hidden = out[0] if isinstance(out, tuple) else out
        return jax.nn.sigmoid(self.linear(hidden) + self.bias)


@eqx.filter_value_and_grad
def compute_loss(model, x, y):
    pred_y = jax.vmap(model)(x)
    return -jnp.mean(y * jnp.log(pred_y) + (1 - y) * jnp.log(1 - pred_y))


def train(model, optim, steps, data, *, key):
    @eqx.filter_jit(donate="all")
    def make_step(model, x, y, opt_state):
        loss, grads = compute_loss(model, x, y)
        updates, opt_state = optim.update(grads, opt_state)
        return loss, eqx.apply_updates(model, updates), opt_state

    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    loss = None
    for step, (x, y) in zip(range(steps), dataloader(data, 32, key=key), strict=False):
        loss, model, opt_state = make_step(model, x, y, opt_state)
        if step % 5 == 0:
            print(f"step={step} loss={loss.item()!r}")
    return model, loss


@eqx.filter_jit
def accuracy(model, x, y):
    return jnp.mean((jax.vmap(model)(x) > 0.5) == (y > 0.5))


def main(dataset_size=256, learning_rate=1e-2, steps=41, hidden_size=16, depth=1, seed=5678):
    data_key, loader_key, *model_keys = jr.split(jr.PRNGKey(seed), 4)
    data = get_data(dataset_size, key=data_key)
    optim = optax.adam(learning_rate)
    best = None
    for cell, key in zip((eqx.nn.GRUCell, eqx.nn.LSTMCell), model_keys, strict=True):
        print(cell.__name__)
        model = RNN(cell, in_size=2, out_size=1, hidden_size=hidden_size, key=key)
        model, loss = train(model, optim, steps, data, key=loader_key)
        print(f"accuracy={accuracy(model, *data).item()!r}")
        if best is None or loss < best[0]:
            best = loss, model, cell
    loss, model, cell = best

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.eqx"
        eqx.tree_serialise_leaves(path, model)
        like = eqx.filter_eval_shape(RNN, cell, 2, 1, hidden_size, key=jr.PRNGKey(0))
        loaded = eqx.tree_deserialise_leaves(path, like)
    print(f"kept {cell.__name__}, read back the same: {eqx.tree_equal(model, loaded)}")
    print(loaded)
    params, static = eqx.partition(loaded, eqx.is_array)
    norm = optax.tree_utils.tree_norm(params)
    print(f"norm={norm.item()!r} shifted={accuracy(eqx.combine(params, static), *data).item()!r}")


if __name__ == "__main__":
    main()
