from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class ConvClassifier(eqx.Module):
    conv: eqx.nn.Conv2d
    head: eqx.nn.Linear
    image_shape: tuple[int, ...] = eqx.field(static=True)
    classes: int = eqx.field(static=True)
    pooling: str = eqx.field(static=True)
    activation: Callable = eqx.field(static=True)

    def __init__(self, image_shape, classes, pooling="mean", *, key):
        k1, k2 = jr.split(key)
        self.image_shape, self.classes, self.pooling = image_shape, classes, pooling
        self.activation = jax.nn.gelu
        self.conv = eqx.nn.Conv2d(image_shape[0], 6, 3, key=k1)
        self.head = eqx.nn.Linear(6, classes, key=k2)

    def __call__(self, image):
        hidden = self.activation(self.conv(image.reshape(self.image_shape)))
        pool = jnp.mean if self.pooling == "mean" else jnp.max
        return self.head(pool(hidden, axis=(1, 2)))


def loss_fn(model, images, labels):
    logits = jax.vmap(model)(images)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@eqx.filter_jit
def step(model, opt_state, images, labels):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, images, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.PRNGKey(0))
images = jr.normal(data_key, (24, 64))
labels = (images.mean(axis=1) > 0).astype(int)
model = ConvClassifier((1, 8, 8), 2, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, images, labels)
print("loss", loss)
