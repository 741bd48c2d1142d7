import equinox as eqx
import jax
import numpy as np
import optax


def augment(images, rng):
    """Random shifts, flips and noise."""
    rows = rng.integers(-2, 3, size=len(images))
    shifted = np.stack([np.roll(image, r, axis=-1) for image, r in zip(images, rows)])
    flipped = np.where(rng.random((len(images), 1, 1, 1)) < 0.5, shifted, shifted[..., ::-1])
    return flipped + 0.1 * rng.standard_normal(flipped.shape, dtype=np.float32)


class Net(eqx.Module):
    patches: eqx.nn.Conv2d
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, key):
        k1, k2, k3 = jax.random.split(key, 3)
        self.patches = eqx.nn.Conv2d(3, 16, kernel_size=4, stride=4, key=k1)
        self.hidden = eqx.nn.Linear(16 * 8 * 8, 384, key=k2)
        self.out = eqx.nn.Linear(384, 10, key=k3)

    def __call__(self, image):
        x = jax.nn.relu(self.patches(image)).ravel()
        return self.out(jax.nn.relu(self.hidden(x)))


@jax.jit
def step(model, opt_state, images, labels):
    def loss_fn(model):
        logits = jax.vmap(model)(images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, grads = jax.value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
images = rng.standard_normal((256, 3, 32, 32), dtype=np.float32)
labels = rng.integers(0, 10, size=256).astype(np.int32)

model = Net(jax.random.PRNGKey(0))
optim = optax.sgd(1e-2)
opt_state = optim.init(model)
history = []
for _ in range(15):
    pick = rng.choice(256, size=128, replace=False)
    batch = augment(images[pick], rng)
    model, opt_state, loss = step(model, opt_state, batch, labels[pick])
    history.append(float(loss))
print(f"loss {history[0]:.3f} -> {history[-1]:.3f}")
