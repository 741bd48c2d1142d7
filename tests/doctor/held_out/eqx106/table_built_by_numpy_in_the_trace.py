import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

LENGTH, SIZE = 40, 16


def position_table(length, size):
    table = np.zeros((length, size), dtype=np.float32)
    for position in range(length):
        for channel in range(0, size, 2):
            angle = position / 10000 ** (channel / size)
            table[position, channel] = np.sin(angle)
            table[position, channel + 1] = np.cos(angle)
    return table


class Tagger(eqx.Module):
    lift: eqx.nn.Linear
    mix: eqx.nn.Conv1d
    head: eqx.nn.Linear

    def __init__(self, key):
        k1, k2, k3 = jax.random.split(key, 3)
        self.lift = eqx.nn.Linear(2, SIZE, key=k1)
        self.mix = eqx.nn.Conv1d(SIZE, SIZE, 5, padding=2, key=k2)
        self.head = eqx.nn.Linear(SIZE, 3, key=k3)

    def __call__(self, sequence):
        x = jax.vmap(self.lift)(sequence) + position_table(*sequence.shape[:1], SIZE)
        x = jax.nn.gelu(self.mix(x.T)).T
        return jax.vmap(self.head)(x)


def loss_fn(model, x, tags):
    logits = jax.vmap(model)(x)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, tags).mean()
    return loss, jnp.mean(logits.argmax(-1) == tags)


@eqx.filter_jit
def step(model, opt_state, x, tags):
    (loss, accuracy), grads = eqx.filter_value_and_grad(loss_fn, has_aux=True)(model, x, tags)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, (loss, accuracy)


rng = np.random.default_rng(5)
model = Tagger(jax.random.key(5))
optim = optax.adam(5e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(12):
    x = rng.normal(size=(8, LENGTH, 2)).astype(np.float32)
    tags = np.digitize(x[..., 0] + np.linspace(-1, 1, LENGTH), [-0.5, 0.5])
    model, opt_state, metrics = step(model, opt_state, x, tags)
print("loss and accuracy", metrics)
