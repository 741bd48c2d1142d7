import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Envelope(eqx.Module):
    """The envelope of one recording of shape (channels, length)."""

    smooth: eqx.nn.Conv1d
    mix: eqx.nn.Conv1d

    def __init__(self, channels, *, key):
        smooth_key, mix_key = jr.split(key)
        self.smooth = eqx.nn.Conv1d(channels, channels, 9, padding=4, key=smooth_key)
        self.mix = eqx.nn.Conv1d(channels, 1, 1, key=mix_key)

    def __call__(self, recording):
        return self.mix(jax.nn.relu(self.smooth(jnp.abs(recording))))[0]


model_key, sound_key = jr.split(jr.PRNGKey(3))
envelope = eqx.filter_jit(Envelope(2, key=model_key))
recording = jr.normal(sound_key, (400, 2))
print(envelope(recording).max())
