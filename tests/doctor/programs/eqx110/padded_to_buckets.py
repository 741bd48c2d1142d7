import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

BUCKETS = (8, 16, 32)


class Reader(eqx.Module):
    cell: eqx.nn.GRUCell
    head: eqx.nn.Linear

    def __init__(self, key):
        ckey, hkey = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(2, 6, key=ckey)
        self.head = eqx.nn.Linear(6, "scalar", key=hkey)

    def __call__(self, sequence, mask):
        def turn(hidden, inputs):
            value, keep = inputs
            return jnp.where(keep, self.cell(value, hidden), hidden), None

        hidden, _ = jax.lax.scan(turn, jnp.zeros(6), (sequence, mask))
        return self.head(hidden)


def pad(sequence):
    length = next(b for b in BUCKETS if b >= len(sequence))
    padded = np.zeros((length, 2), dtype=np.float32)
    padded[: len(sequence)] = sequence
    return padded, np.arange(length) < len(sequence)


@eqx.filter_jit
def step(model, state, sequence, mask, target):
    grads = eqx.filter_grad(lambda m: (m(sequence, mask) - target) ** 2)(model)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state


rng = np.random.default_rng(6)
model = Reader(jax.random.PRNGKey(6))
optim = optax.sgd(0.05)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for length in rng.integers(3, 33, size=40):
    sequence = rng.normal(size=(length, 2))
    model, state = step(model, state, *pad(sequence), np.float32(sequence.mean()))
print("bias of the head", model.head.bias)
