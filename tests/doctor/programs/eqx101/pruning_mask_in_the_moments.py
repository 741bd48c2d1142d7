import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class PrunedLinear(eqx.Module):
    weight: Array
    bias: Array
    mask: Array

    def __init__(self, n_in, n_out, keep, key):
        weight_key, mask_key = jr.split(key)
        self.weight = jr.normal(weight_key, (n_out, n_in)) / n_in**0.5
        self.bias = jnp.zeros(n_out)
        self.mask = jr.bernoulli(mask_key, keep, (n_out, n_in))

    def __call__(self, x):
        return jnp.where(self.mask, self.weight, 0.0) @ x + self.bias


class Pruned(eqx.Module):
    hidden: PrunedLinear
    head: eqx.nn.Linear

    def __call__(self, x):
        return self.head(jax.nn.silu(self.hidden(x)))


def fit(model, x, y, steps=15):
    optim = optax.adam(1e-2)
    state = optim.init(eqx.filter(model, eqx.is_array))

    @eqx.filter_jit
    def step(model, state):
        def loss_fn(m):
            return jnp.mean((jax.vmap(m)(x) - y) ** 2)

        grads = eqx.filter_grad(loss_fn)(model)
        updates, state = optim.update(grads, state)
        return eqx.apply_updates(model, updates), state

    for _ in range(steps):
        model, state = step(model, state)
    return model, state


keys = jr.split(jr.key(8), 3)
x = jr.normal(keys[0], (50, 10))
y = jnp.stack([x[:, :5].sum(1), x[:, 5:].prod(1)], axis=1)
model = Pruned(PrunedLinear(10, 32, 0.3, keys[1]), eqx.nn.Linear(32, 2, key=keys[2]))
final = fit(model, x, y)
print(final[0].hidden.mask.sum(), "weights kept")
