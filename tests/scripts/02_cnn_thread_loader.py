"""Small CNN on synthetic 12x12 "shapes" images.

Loader runs in a background thread so that the host prepares the next batch
while the device is busy.
"""

import queue
import threading
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax, random

BATCH = 32
STEPS = 120
LOG_EVERY = 20
NUM_CLASSES = 4


# ---------------------------------------------------------------- data
def draw(rng, cls):
    img = rng.normal(0, 0.3, (12, 12)).astype(np.float32)
    r, c = rng.integers(2, 9, size=2)
    if cls == 0:  # horizontal bar
        img[r, :] += 1.0
    elif cls == 1:  # vertical bar
        img[:, c] += 1.0
    elif cls == 2:  # filled square
        img[r - 2 : r + 2, c - 2 : c + 2] += 1.0
    else:  # diagonal
        img[np.arange(12), (np.arange(12) + c) % 12] += 1.0
    return img


def batches(seed):
    rng = np.random.default_rng(seed)
    while True:
        lab = rng.integers(0, NUM_CLASSES, size=BATCH)
        yield np.stack([draw(rng, k) for k in lab])[..., None], lab.astype(np.int32)


class PrefetchLoader:
    def __init__(self, gen, n, depth=4):
        self.q = queue.Queue(maxsize=depth)
        self.n = n
        self.t = threading.Thread(target=self._fill, args=(gen,), daemon=True)
        self.t.start()

    def _fill(self, gen):
        for _ in range(self.n):
            self.q.put(next(gen))
        self.q.put(None)

    def __iter__(self):
        while (item := self.q.get()) is not None:
            yield item


# ---------------------------------------------------------------- model
def init_params(key, channels=(8, 16)):
    keys = random.split(key, len(channels) + 1)
    he = jax.nn.initializers.he_normal()
    convs, cin = [], 1
    for k, cout in zip(keys, channels, strict=False):
        convs.append((he(k, (3, 3, cin, cout)), jnp.zeros((cout,))))
        cin = cout
    w = he(keys[-1], (3 * 3 * cin, NUM_CLASSES)) * 0.3
    return {"conv": convs, "head": (w, jnp.zeros((NUM_CLASSES,)))}


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def forward(params, x):
    for w, b in params["conv"]:
        x = lax.conv_general_dilated(
            x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = max_pool(jax.nn.relu(x + b))
    w, b = params["head"]
    return x.reshape(x.shape[0], -1) @ w + b


tx = optax.adamw(3e-3, weight_decay=1e-4)


def cross_entropy(params, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(forward(params, x), y).mean()


def train_step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(cross_entropy)(params, x, y)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


# params and opt_state buffers are reused
train_step = jax.jit(train_step, donate_argnums=(0, 1))


@partial(jax.jit, static_argnums=(3,))
def topk_accuracy(params, x, y, k):
    _, idx = lax.top_k(forward(params, x), k)
    return jnp.mean(jnp.any(idx == y[:, None], axis=-1))


params = init_params(random.key(0))
opt_state = tx.init(params)
test_x, test_y = next(batches(seed=999))

for step, (x, y) in enumerate(PrefetchLoader(batches(seed=1), STEPS)):
    params, opt_state, loss = train_step(params, opt_state, x, y)
    # don't sync every step
    if step % LOG_EVERY == 0 or step == STEPS - 1:
        print("step", step, "| loss", round(loss.item(), 4))

print(f"test top1 {topk_accuracy(params, test_x, test_y, 1):.3f}")
print(f"test top2 {topk_accuracy(params, test_x, test_y, 2):.3f}")
