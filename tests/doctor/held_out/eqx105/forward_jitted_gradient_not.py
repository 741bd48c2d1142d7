import argparse

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Pendulum(eqx.Module):
    """A damped oscillation with a learnt amplitude, rate, damping and phase."""

    log_amplitude: jax.Array
    log_rate: jax.Array
    log_damping: jax.Array
    phase: jax.Array

    def __call__(self, t):
        envelope = jnp.exp(self.log_amplitude - jnp.exp(self.log_damping) * t)
        return envelope * jnp.cos(jnp.exp(self.log_rate) * t + self.phase)


@eqx.filter_jit
def simulate(model, times):
    return jax.vmap(model)(times)


def huber(model, times, observed):
    residual = simulate(model, times) - observed
    size = jnp.abs(residual)
    quadratic = jnp.minimum(size, 0.1)
    return jnp.mean(0.5 * quadratic**2 + 0.1 * (size - quadratic))


class Fit:
    def __init__(self, args):
        self.args = args
        self.model = Pendulum(*(jnp.asarray(v, jnp.float32) for v in (0.1, 0.6, -2.0, 0.1)))
        self.optim = optax.adam(args.lr)
        self.state = self.optim.init(self.model)

    def advance(self, times, observed):
        loss, grads = eqx.filter_value_and_grad(huber)(self.model, times, observed)
        updates, self.state = self.optim.update(grads, self.state)
        self.model = eqx.apply_updates(self.model, updates)
        return loss


parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.02)
parser.add_argument("--steps", type=int, default=25)
args = parser.parse_args([])

times = np.linspace(0, 6, 80, dtype=np.float32)
noise = np.random.default_rng(2).normal(scale=0.02, size=80)
observed = (1.3 * np.exp(-0.2 * times) * np.cos(2.1 * times + 0.3) + noise).astype(np.float32)

fit = Fit(args)
for _ in range(args.steps):
    loss = fit.advance(times, observed)
print("loss", loss, "rate", jnp.exp(fit.model.log_rate))
