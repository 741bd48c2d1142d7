import jax
import jax.numpy as jnp


@jax.jit
def correlation(a, b):
    """The circular cross-correlation of two signals."""
    spectrum = jnp.fft.rfft(a - a.mean()) * jnp.conj(jnp.fft.rfft(b - b.mean()))
    return jnp.fft.irfft(spectrum, n=a.shape[0]) / a.shape[0]


t = jnp.arange(256) / 16.0
keys = jax.random.split(jax.random.key(2), 5)
signals = [jnp.sin(2 * jnp.pi * t / p) + 0.2 * jax.random.normal(k, t.shape) for p, k in zip(range(2, 7), keys)]

lags = jnp.stack([correlation(signal, signal) for signal in signals])
print("periods", (16 + jnp.argmax(lags[:, 16:128], axis=1)) / 16)
