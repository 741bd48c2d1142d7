import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class BatchedLinear(eqx.Module):
    matrix: Array
    offset: Array

    def __init__(self, n_in, n_out, *, key):
        self.matrix = jr.truncated_normal(key, -2, 2, (n_in, n_out)) / n_in**0.5
        self.offset = jnp.zeros(n_out)

    def __call__(self, x):
        return x @ self.matrix + self.offset


class Classifier(eqx.Module):
    layers: list[BatchedLinear]

    def __init__(self, sizes, *, key):
        keys = jr.split(key, len(sizes) - 1)
        self.layers = [BatchedLinear(a, b, key=k) for a, b, k in zip(sizes[:-1], sizes[1:], keys)]

    def __call__(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = jnp.tanh(layer(x))
        return last(x)


def loss_fn(model, x, labels):
    logits = model(x)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    return loss, jnp.mean(logits.argmax(axis=-1) == labels)


model_key, x_key = jr.split(jr.PRNGKey(0))
model = Classifier((2, 24, 2), key=model_key)
x = jr.uniform(x_key, (200, 2), minval=-1.0)
labels = (jnp.sum(x**2, axis=1) < 0.6).astype(jnp.int32)
tx = optax.adam(2e-2)
opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state, x, labels):
    (loss, hits), grads = eqx.filter_value_and_grad(loss_fn, has_aux=True)(model, x, labels)
    updates, opt_state = tx.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss, hits


for _ in range(25):
    model, opt_state, loss, hits = step(model, opt_state, x, labels)
print(loss, hits)
