from typing import Any

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class MixedPrecision(eqx.Module):
    inner: eqx.nn.MLP
    compute_dtype: Any = eqx.field(static=True)
    output_dtype: np.dtype = eqx.field(static=True)

    def __call__(self, x):
        params, rest = eqx.partition(self.inner, eqx.is_inexact_array)
        params = jax.tree.map(lambda p: p.astype(self.compute_dtype), params)
        out = eqx.combine(params, rest)(x.astype(self.compute_dtype))
        return out.astype(self.output_dtype)


def main():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, size=(64, 2)).astype(np.float32)
    y = x[:, 0] * x[:, 1]
    mlp = eqx.nn.MLP(2, "scalar", 16, 1, jnp.tanh, key=jax.random.PRNGKey(4))
    model = MixedPrecision(mlp, compute_dtype=jnp.float32, output_dtype=y.dtype)
    optim = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-2))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, x, y):
        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(x) - y) ** 2)

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(20):
        model, opt_state, loss = step(model, opt_state, x, y)
    print("loss", loss)


if __name__ == "__main__":
    main()
