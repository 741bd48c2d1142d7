import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np


class Denoiser(eqx.Module):
    net: eqx.nn.MLP
    n_levels: int = eqx.field(static=True)

    def __call__(self, x, level):
        return self.net(jnp.append(x, level / self.n_levels))

    def _refine(self, x, level, noise):
        estimate = self(x, level)
        sigma = 0.5 * (level + 1) / self.n_levels
        mean = x + 0.2 * (estimate - x)
        mean = mean / jnp.maximum(1.0, jnp.linalg.norm(mean) / 3.0)
        return mean + 0.1 * sigma * noise

    def sample(self, key):
        start_key, noise_key = jax.random.split(key)
        x = jax.random.normal(start_key, (2,))
        noises = jax.random.normal(noise_key, (self.n_levels, 2))
        for level in reversed(range(self.n_levels)):
            x = self._refine(x, float(level), noises[level])
        return x


@eqx.filter_jit
def sample_many(model, keys):
    return jax.vmap(model.sample)(keys)


model_key, sample_key = jax.random.split(jax.random.PRNGKey(1))
model = Denoiser(eqx.nn.MLP(3, 2, 16, 2, activation=jax.nn.silu, key=model_key), 20)

spreads = []
for round_key in jax.random.split(sample_key, 5):
    points = np.asarray(sample_many(model, jax.random.split(round_key, 40)))
    spreads.append(points.std(axis=0))
print("spread of the samples", np.mean(spreads, axis=0))
