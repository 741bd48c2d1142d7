# Autoencoder for synthetic sensor readings.
# The whole epoch is one lax.scan inside a single jit -> only one python call per epoch.
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax

EPOCHS, N, BS, D, LATENT = 12, 1024, 64, 20, 3


# poor man's flax TrainState
@jax.tree_util.register_pytree_with_keys_class
@dataclass(frozen=True)
class TrainState:
    step: jax.Array
    params: Any
    opt_state: Any
    rng: jax.Array
    apply_fn: Callable  # static
    tx: optax.GradientTransformation  # static

    @classmethod
    def create(cls, *, apply_fn, params, tx, rng):
        return cls(jnp.zeros((), jnp.int32), params, tx.init(params), rng, apply_fn, tx)

    def apply_gradients(self, grads):
        updates, opt_state = self.tx.update(grads, self.opt_state, self.params)
        return self.replace(
            step=self.step + 1,
            params=optax.apply_updates(self.params, updates),
            opt_state=opt_state,
        )

    def replace(self, **kw):
        return dataclasses.replace(self, **kw)

    def tree_flatten_with_keys(self):
        names = ("step", "params", "opt_state", "rng")
        children = tuple((jax.tree_util.GetAttrKey(n), getattr(self, n)) for n in names)
        return children, (self.apply_fn, self.tx)

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children, *aux)


def init_mlp(key, sizes):
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=False):
        layers.append(
            {"kernel": jax.random.normal(k, (m, n)) * jnp.sqrt(2.0 / (m + n)), "bias": jnp.zeros(n)}
        )
    return layers


def mlp(layers, x):
    *hidden, last = layers
    for layer in hidden:
        x = jax.nn.silu(x @ layer["kernel"] + layer["bias"])
    return x @ last["kernel"] + last["bias"]


def autoencode(params, x):
    z = mlp(params["encoder"], x)
    return mlp(params["decoder"], z), z


def make_data(key):
    k1, k2, k3 = jax.random.split(key, 3)
    z = jax.random.normal(k1, (N, LATENT))
    mix = jax.random.normal(k2, (LATENT, D))
    return jnp.sin(0.6 * z @ mix) + 0.05 * jax.random.normal(k3, (N, D))


def train_epoch(state: TrainState, data):
    rng, perm_key, noise_key = jax.random.split(state.rng, 3)
    state = state.replace(rng=rng)
    batches = jax.random.permutation(perm_key, data).reshape(-1, BS, D)
    noise_keys = jax.random.split(noise_key, batches.shape[0])

    def body(state, inp):
        x, k = inp

        def loss_fn(params):
            # denoising
            recon, z = state.apply_fn(params, x + 0.05 * jax.random.normal(k, x.shape))
            mse = jnp.mean((recon - x) ** 2)
            return mse + 1e-4 * jnp.mean(z**2), mse

        (loss, mse), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
        return state.apply_gradients(grads), (loss, mse)

    state, (losses, mses) = lax.scan(body, state, (batches, noise_keys))
    return state, {"loss": losses.mean(), "mse": mses.mean(), "per_step": losses}


train_epoch_jit = jax.jit(train_epoch)

key = jax.random.key(7)
data_key, enc_key, dec_key, state_key = jax.random.split(key, 4)
data = make_data(data_key)
params = {
    "encoder": init_mlp(enc_key, [D, 64, 32, LATENT]),
    "decoder": init_mlp(dec_key, [LATENT, 32, 64, D]),
}

state = TrainState.create(apply_fn=autoencode, params=params, tx=optax.adam(4e-3), rng=state_key)

for epoch in range(1, EPOCHS + 1):
    state, metrics = train_epoch_jit(state, data)
    print(
        f"[{epoch:02d}/{EPOCHS}] step={int(state.step)} loss={metrics['loss']:.4f} "
        f"mse={metrics['mse']:.4f} "
        f"(last batch {metrics['per_step'][-1]:.4f})"
    )
