import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Net(eqx.Module):
    conv: eqx.nn.Conv2d
    head: eqx.nn.Linear

    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.conv = eqx.nn.Conv2d(3, 6, kernel_size=3, stride=2, key=k1)
        self.head = eqx.nn.Linear(6 * 7 * 7, 5, key=k2)

    def __call__(self, image):
        return self.head(jax.nn.relu(self.conv(image)).reshape(-1))


def prepare(images, labels):
    images = images.astype(jnp.float32) / 255.0
    mean = images.mean(axis=(2, 3), keepdims=True)
    std = images.std(axis=(2, 3), keepdims=True)
    images = jnp.clip((images - mean) / (std + 1e-6), -3.0, 3.0)
    images = jnp.concatenate([images[:8], images[8:, :, :, ::-1]])
    targets = jax.nn.one_hot(labels, 5)
    targets = 0.9 * targets + 0.1 / 5
    return images, targets


@eqx.filter_jit
def train_step(model, opt_state, images, targets):
    def loss_fn(model):
        return optax.softmax_cross_entropy(jax.vmap(model)(images), targets).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(3)
all_images = rng.integers(0, 256, size=(20, 16, 3, 16, 16), dtype=np.uint8)
all_labels = rng.integers(0, 5, size=(20, 16))

model = Net(jax.random.PRNGKey(0))
optim = optax.sgd(0.05)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

for images, labels in zip(all_images, all_labels):
    batch = prepare(jnp.asarray(images), jnp.asarray(labels))
    model, opt_state, loss = train_step(model, opt_state, *batch)

print("last loss:", loss)
