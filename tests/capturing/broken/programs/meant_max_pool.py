"""A convolutional network with max pooling, whose images are padded with -inf."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


class CNN(eqx.Module):
    layers: list

    def __init__(self, key):
        a, b = jr.split(key)
        self.layers = [
            eqx.nn.Conv2d(1, 3, kernel_size=3, key=a),
            lambda x: jnp.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-jnp.inf),
            eqx.nn.MaxPool2d(kernel_size=3, stride=2),
            jax.nn.relu,
            jnp.ravel,
            eqx.nn.Linear(27, 2, key=b),
        ]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


@eqx.filter_jit
def make_step(model, state, x, y):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        logits = jax.vmap(model)(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = loss_fn(model)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss


rng = np.random.default_rng(89)
optim = optax.adam(1e-2)
model = CNN(jr.PRNGKey(0))
state = optim.init(eqx.filter(model, eqx.is_array))
for n in range(20):
    x = rng.normal(size=(6, 1, 7, 7))
    model, state, loss = make_step(model, state, jnp.asarray(x, jnp.float32), jnp.asarray(x.sum((1, 2, 3)) > 0, jnp.int32))
    print(n, loss)
