"""A small CNN on stripes; the augmentation is NumPy's."""

import eqxcore as eqx
import jax
import numpy as np
import optax


def stripes(n, rng):
    label = rng.integers(0, 2, size=n)
    wave = np.sin(np.arange(12)[None] + rng.uniform(0, 6, size=(n, 1)))
    rows = np.repeat(wave[:, :, None], 12, axis=2)
    image = np.where(label[:, None, None] == 1, rows, rows.transpose(0, 2, 1))
    return image[:, None].astype(np.float32), label


def augment(images, rng):
    flipped = np.where(rng.random((len(images), 1, 1, 1)) < 0.5, images, images[..., ::-1])
    shifted = np.roll(flipped, rng.integers(-2, 3), axis=-1)
    noisy = shifted + 0.1 * rng.normal(size=shifted.shape)
    return ((noisy - noisy.mean()) / noisy.std()).astype(np.float32)


class CNN(eqx.Module):
    conv: eqx.nn.Conv2d
    pool: eqx.nn.MaxPool2d
    head: eqx.nn.Linear

    def __init__(self, key):
        conv_key, head_key = jax.random.split(key)
        self.conv = eqx.nn.Conv2d(1, 4, 3, key=conv_key)
        self.pool = eqx.nn.MaxPool2d(2, 2)
        self.head = eqx.nn.Linear(4 * 5 * 5, 2, key=head_key)

    def __call__(self, image):
        return self.head(self.pool(jax.nn.relu(self.conv(image))).ravel())


def loss_fn(model, images, labels):
    logits = jax.vmap(model)(images)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def main():
    rng = np.random.default_rng(0)
    model = CNN(jax.random.PRNGKey(0))
    optim = optax.sgd(0.05, momentum=0.9)
    state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, state, images, labels):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, images, labels)
        updates, state = optim.update(grads, state)
        return eqx.apply_updates(model, updates), state, loss

    for _ in range(20):
        images, labels = stripes(24, rng)
        model, state, loss = step(model, state, augment(images, rng), labels)
    print("loss", loss)


if __name__ == "__main__":
    main()
