import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class SignalModel(eqx.Module):
    filters: eqx.nn.Linear
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, n, *, key):
        k1, k2, k3 = jax.random.split(key, 3)
        self.filters = eqx.nn.Linear(n, 1024, key=k1)
        self.hidden = eqx.nn.Linear(1024, 1024, key=k2)
        self.out = eqx.nn.Linear(1024, 2, key=k3)

    def __call__(self, signal):
        x = jax.nn.gelu(self.filters(signal))
        return self.out(jax.nn.gelu(self.hidden(x)))


def synthesise(rng, n_signals=128, n=512):
    """Spectrum of two tones in noise; the answer is their frequencies."""
    frequency = rng.uniform(0.05, 0.45, size=(n_signals, 2, 1))
    phase = rng.uniform(0, 2 * np.pi, size=(n_signals, 2, 1))
    tones = np.sin(2 * np.pi * frequency * np.arange(2 * n) + phase).sum(axis=1)
    spectrum = np.abs(np.fft.rfft(tones + rng.normal(size=tones.shape), axis=1))[:, :n]
    return np.log1p(spectrum).astype(np.float32), np.sort(frequency[..., 0]).astype(np.float32)


@eqx.filter_jit
def make_step(model, opt_state, spectra, frequencies):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(spectra) - frequencies) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


optim = optax.adam(1e-3)
model = SignalModel(512, key=jax.random.key(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
rng = np.random.default_rng(0)
for step in range(1, 21):
    spectra, frequencies = synthesise(rng)
    model, opt_state, loss = make_step(model, opt_state, spectra, frequencies)
    print(f"step {step:2d}  loss {loss:.4f}")
