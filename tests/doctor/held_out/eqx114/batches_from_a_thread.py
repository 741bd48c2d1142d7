import queue
import threading

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def producer(out, n_batches, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n_batches):
        x = rng.standard_normal((256, 256))
        power = np.abs(np.fft.rfft(x, axis=1)) ** 2
        peak = power.argmax(axis=1)
        out.put((x.astype(np.float32), (peak % 2).astype(np.int32)))
    out.put(None)


def prefetched(n_batches, seed, depth=4):
    waiting = queue.Queue(maxsize=depth)
    thread = threading.Thread(target=producer, args=(waiting, n_batches, seed), daemon=True)
    thread.start()
    while (batch := waiting.get()) is not None:
        yield batch
    thread.join()


@eqx.filter_jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        logits = jax.vmap(model)(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


model = eqx.nn.MLP(256, 2, 512, 2, activation=jnp.tanh, key=jax.random.PRNGKey(2))
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
losses = []
for x, y in prefetched(20, seed=2):
    model, opt_state, loss = step(model, opt_state, x, y)
    losses.append(float(loss))
print("mean loss", np.mean(losses))
