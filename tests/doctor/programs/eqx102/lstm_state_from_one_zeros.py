import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Detector(eqx.Module):
    cell: eqx.nn.LSTMCell
    score: eqx.nn.Linear

    def __init__(self, n_channels, size, *, key):
        cell_key, score_key = jr.split(key)
        self.cell = eqx.nn.LSTMCell(n_channels, size, key=cell_key)
        self.score = eqx.nn.Linear(size, "scalar", key=score_key)


@eqx.filter_jit
def listen(model, carry, frames):
    def frame(carry, x):
        carry = model.cell(x, carry)
        return carry, jax.nn.sigmoid(model.score(carry[0]))

    return jax.lax.scan(frame, carry, frames)


model_key, sound_key = jr.split(jr.key(9))
model = Detector(4, 8, key=model_key)
zeros = jnp.zeros(8)
carry = (zeros, zeros)
for frames in jr.normal(sound_key, (8, 25, 4)):
    carry, scores = listen(model, carry, frames)
print("last score", scores[-1])
