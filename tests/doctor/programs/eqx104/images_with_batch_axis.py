import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Network(eqx.Module):
    conv: eqx.nn.Conv2d
    pool: eqx.nn.AvgPool2d
    head: eqx.nn.Linear

    def __init__(self, n_classes, *, key):
        conv_key, head_key = jr.split(key)
        self.conv = eqx.nn.Conv2d(1, 4, kernel_size=3, key=conv_key)
        self.pool = eqx.nn.AvgPool2d(kernel_size=2, stride=2)
        self.head = eqx.nn.Linear(4 * 5 * 5, n_classes, key=head_key)

    def __call__(self, image):
        features = self.pool(jax.nn.relu(self.conv(image)))
        return self.head(features.ravel())


def cross_entropy(network, images, labels):
    logits = network(images)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def main():
    network_key, image_key = jr.split(jr.key(0))
    network = Network(3, key=network_key)
    images = jr.normal(image_key, (16, 1, 12, 12))
    labels = jnp.arange(16) % 3
    tx = optax.sgd(1e-2)
    state = tx.init(eqx.filter(network, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(network, state):
        loss, grads = eqx.filter_value_and_grad(cross_entropy)(network, images, labels)
        updates, state = tx.update(grads, state)
        return eqx.apply_updates(network, updates), state, loss

    for _ in range(5):
        network, state, loss = step(network, state)
    print(loss)


if __name__ == "__main__":
    main()
