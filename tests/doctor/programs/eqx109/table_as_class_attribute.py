from typing import ClassVar

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


class EdgeNet(eqx.Module):
    KERNELS: ClassVar[np.ndarray] = np.array(
        [[[1, 0, -1], [2, 0, -2], [1, 0, -1]], [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]], np.float32
    )
    head: eqx.nn.MLP
    stride: int = eqx.field(static=True)
    kernel_size: tuple = eqx.field(static=True)

    def __init__(self, stride, *, key):
        self.stride = stride
        self.kernel_size = self.KERNELS.shape[1:]
        self.head = eqx.nn.MLP(2, 3, 8, 1, key=key)

    def __call__(self, image):
        lhs, rhs = image[None, None], jnp.asarray(self.KERNELS)[:, None]
        edges = jax.lax.conv_general_dilated(lhs, rhs, (self.stride, self.stride), "SAME")
        return self.head(jnp.abs(edges[0]).mean(axis=(1, 2)))


def loss_fn(model, images, labels):
    logits = jax.vmap(model)(images)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    return loss, jnp.mean(jnp.argmax(logits, axis=-1) == labels)


@eqx.filter_jit
def step(model, opt_state, images, labels):
    (loss, accuracy), grads = eqx.filter_value_and_grad(loss_fn, has_aux=True)(model, images, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss, accuracy


image_key, label_key, model_key = jr.split(jr.PRNGKey(8), 3)
images = jr.normal(image_key, (30, 10, 10))
labels = jr.randint(label_key, (30,), 0, 3)
model = EdgeNet(2, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(12):
    model, opt_state, loss, accuracy = step(model, opt_state, images, labels)
print("loss", loss, "accuracy", accuracy)
