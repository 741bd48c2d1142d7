"""Crosses, circles and squares: a convolutional network with batch normalisation and its state."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax

BATCH_SIZE = 32
STEPS = 24
SIZE = 12


def make_images(n, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    grid = np.arange(SIZE) - (SIZE - 1) / 2
    dx, dy = np.meshgrid(grid, grid)
    images = np.empty((n, 1, SIZE, SIZE), np.float32)
    for i, label in enumerate(labels):
        x, y = dx - rng.uniform(-1, 1), dy - rng.uniform(-1, 1)
        radius = rng.uniform(3, 4.5)
        shape = (
            np.abs(np.abs(x) - np.abs(y)) < 1,
            np.abs(np.hypot(x, y) - radius) < 1,
            np.abs(np.maximum(np.abs(x), np.abs(y)) - radius) < 1,
        )[label]
        images[i, 0] = shape + rng.normal(0, 0.3, (SIZE, SIZE))
    return images, labels.astype(np.int32)


class CNN(eqx.Module):
    features: eqx.nn.Sequential
    head: eqx.nn.Sequential
    scale: float = eqx.field(static=True, default=1.0)

    def __init__(self, key):
        k1, k2, k3, k4 = jr.split(key, 4)
        self.features = eqx.nn.Sequential(
            [
                eqx.nn.Conv2d(1, 8, kernel_size=3, padding="SAME", key=k1),
                eqx.nn.BatchNorm(8, axis_name="batch", mode="batch", momentum=0.8),
                eqx.nn.Lambda(eqx.nn.PReLU()),
                eqx.nn.MaxPool2d(kernel_size=2, stride=2),
                eqx.nn.Conv2d(8, 12, kernel_size=3, padding=1, groups=4, use_bias=False, key=k2),
                eqx.nn.BatchNorm(12, axis_name="batch", mode="ema", momentum=0.8),
                eqx.nn.Lambda(jax.nn.relu),
                eqx.nn.AdaptiveAvgPool2d((2, 2)),
                eqx.nn.Lambda(jnp.ravel),
            ]
        )
        self.head = eqx.nn.Sequential(
            [
                eqx.nn.Linear(48, 24, key=k3),
                eqx.nn.Dropout(0.2),
                eqx.nn.Lambda(jnp.tanh),
                eqx.nn.Linear(24, 3, key=k4),
            ]
        )
        self.scale = 2.0

    def __call__(self, x, state, key=None):
        x, state = self.features(x, state)
        return self.scale * self.head(x, key=key), state


def compute_loss(trained, frozen, state, x, y, key):
    model = eqx.combine(trained, frozen)
    batched = jax.vmap(model, axis_name="batch", in_axes=(0, None, 0), out_axes=(0, None))
    logits, state = batched(x, state, jr.split(key, x.shape[0]))
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
    accuracy = (logits.argmax(-1) == y).mean()
    return loss, (accuracy, state)


@eqx.filter_jit
def make_step(trained, frozen, state, opt_state, x, y, key):
    grad = eqx.filter_value_and_grad(compute_loss, has_aux=True)
    (loss, (accuracy, state)), grads = grad(trained, frozen, state, x, y, key)
    updates, opt_state = optim.update(grads, opt_state, trained)
    return eqx.apply_updates(trained, updates), state, opt_state, loss, accuracy


@eqx.filter_jit
def evaluate(model, state, x):
    inference_model = eqx.nn.inference_mode(model)
    logits, _ = jax.vmap(inference_model, in_axes=(0, None), out_axes=(0, None))(x, state)
    return logits


images, labels = make_images(256, seed=0)
model, state = eqx.nn.make_with_state(CNN)(jr.PRNGKey(1))
print(model)

# The first convolution stays as it is.
spec = jax.tree_util.tree_map(eqx.is_inexact_array, model)
spec = eqx.tree_at(lambda m: (m.features[0].weight, m.features[0].bias), spec, (False, False))
trained, frozen = eqx.partition(model, spec)

optim = optax.adamw(optax.cosine_decay_schedule(1e-2, STEPS), weight_decay=1e-4)
opt_state = optim.init(trained)
key = jr.PRNGKey(2)
for step in range(STEPS):
    rows = slice(step * BATCH_SIZE % 256, step * BATCH_SIZE % 256 + BATCH_SIZE)
    trained, state, opt_state, loss, accuracy = make_step(
        trained, frozen, state, opt_state, images[rows], labels[rows], jr.fold_in(key, step)
    )
    print(f"step={step} loss={loss.item()!r} accuracy={accuracy.item()!r}")

model = eqx.combine(trained, frozen)
test_images, test_labels = make_images(128, seed=1)
logits = evaluate(model, state, test_images)
print(f"test accuracy={(logits.argmax(-1) == test_labels).mean().item()!r}")
print(f"test logits={logits.sum(0).tolist()!r}")
mean, var = state.get(model.features[5].ema_state_index)
print(f"running mean={mean.sum().item()!r} variance={var.sum().item()!r}")
