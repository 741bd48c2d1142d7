# GRU that classifies noisy sine sequences as clockwise / anticlockwise
# (same idea as the equinox docs example but my own head + pooling)
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jax import Array


class SpiralGRU(eqx.Module):
    cell: eqx.nn.GRUCell
    norm: eqx.nn.LayerNorm
    head: eqx.nn.MLP
    dropout: eqx.nn.Dropout
    hidden_size: int = eqx.field(static=True)

    def __init__(self, in_size, hidden_size, *, key):
        ckey, hkey = jr.split(key)
        self.hidden_size = hidden_size
        self.cell = eqx.nn.GRUCell(in_size, hidden_size, key=ckey)
        self.norm = eqx.nn.LayerNorm(hidden_size)
        self.head = eqx.nn.MLP(
            hidden_size, 1, width_size=16, depth=1, activation=jax.nn.gelu, key=hkey
        )
        self.dropout = eqx.nn.Dropout(0.1)

    def __call__(self, xs: Array, key=None) -> Array:
        def f(h, x):
            return self.cell(x, h), None

        h, _ = jax.lax.scan(f, jnp.zeros(self.hidden_size), xs)
        h = self.dropout(self.norm(h), key=key)
        return self.head(h)[0]


def get_data(n, length=12, *, key):
    k1, k2, k3 = jr.split(key, 3)
    phase = jr.uniform(k1, (n, 1)) * 2 * jnp.pi
    sign = jnp.where(jnp.arange(n) % 2 == 0, 1.0, -1.0)
    t = jnp.linspace(0, 4, length)[None, :]
    ang = phase + sign[:, None] * t
    xs = jnp.stack([jnp.sin(ang), jnp.cos(ang)], -1) * jr.uniform(
        k2, (n, 1, 1), minval=0.5, maxval=1.5
    )
    xs = xs + 0.15 * jr.normal(k3, xs.shape)
    return xs, (sign > 0).astype(jnp.float32)


def dataloader(arrays, batch_size, *, key):
    size = arrays[0].shape[0]
    while True:
        key, sub = jr.split(key)
        perm = jr.permutation(sub, size)
        for s in range(0, size - batch_size + 1, batch_size):
            b = perm[s : s + batch_size]
            yield tuple(a[b] for a in arrays)


@eqx.filter_value_and_grad
def compute_loss(model, x, y, key):
    keys = jr.split(key, x.shape[0])
    logits = jax.vmap(model)(x, keys)
    return optax.sigmoid_binary_cross_entropy(logits, y).mean()


@eqx.filter_jit
def make_step(model, opt_state, optim, x, y, key):
    loss, grads = compute_loss(model, x, y, key)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))
    model = eqx.apply_updates(model, updates)
    return loss, model, opt_state


@eqx.filter_jit
def accuracy(model, x, y):
    model = eqx.nn.inference_mode(model)
    pred = jax.vmap(model)(x)
    return jnp.mean((pred > 0) == (y > 0.5))


def main(dataset_size=512, batch_size=32, learning_rate=5e-3, steps=150, hidden_size=16, seed=5678):
    data_key, loader_key, model_key, train_key = jr.split(jr.PRNGKey(seed), 4)
    xs, ys = get_data(dataset_size, key=data_key)
    iter_data = dataloader((xs, ys), batch_size, key=loader_key)

    model = SpiralGRU(2, hidden_size, key=model_key)
    optim = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(learning_rate))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    n_params = sum(x.size for x in jax.tree_util.tree_leaves(eqx.filter(model, eqx.is_array)))
    print(f"parameters: {n_params}")

    for step, (x, y) in zip(range(steps), iter_data, strict=False):
        train_key, sub = jr.split(train_key)
        loss, model, opt_state = make_step(model, opt_state, optim, x, y, sub)
        loss = loss.item()
        if step % 10 == 0 or step == steps - 1:
            print(f"step={step}, loss={loss:.5f}")

    print(f"final_accuracy={float(accuracy(model, xs, ys)):.3f}")


main()
