import math

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Sorter(eqx.Module):
    lift: eqx.nn.Linear
    body: eqx.nn.MLP

    def __init__(self, length, key):
        k1, k2 = jax.random.split(key)
        self.lift = eqx.nn.Linear(length, 256, key=k1)
        self.body = eqx.nn.MLP(256, length, 256, 1, activation=jnp.tanh, key=k2)

    def __call__(self, x):
        return self.body(jax.nn.relu(self.lift(x)))


def problems(rng, n, length):
    raw = rng.gamma(2.0, size=(n, length))
    outliers = rng.random((n, length)) < 0.05
    raw = np.where(outliers, raw * 5, raw)
    ranked = np.sort(raw, axis=1)
    low, high = np.quantile(raw, [0.05, 0.95], axis=1)[..., None]
    return tuple(((a - low) / (high - low)).astype(np.float32) for a in (raw, ranked))


def main():
    length = 128
    rng = np.random.default_rng(1)
    model = Sorter(length, jax.random.PRNGKey(1))
    optim = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.05))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, raw, ranked):
        loss, grads = eqx.filter_value_and_grad(
            lambda m: jnp.mean(jnp.abs(jax.vmap(m)(raw) - ranked))
        )(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for i in range(20):
        raw, ranked = problems(rng, 1024, length)
        model, opt_state, loss = step(model, opt_state, raw, ranked)
        if not math.isfinite(loss):
            raise RuntimeError(f"the loss is {loss} at step {i}")
    print("loss", loss)


main()
