"""A policy steers a swarm; each state of the swarm follows from the action before."""

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np


class Swarm:
    """Particles that attract one another, in a wind that one can choose."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.position = rng.normal(size=(n, 2))
        self.velocity = np.zeros((n, 2))

    def observe(self):
        mean, std = self.position.mean(axis=0), self.position.std(axis=0)
        corners = np.quantile(self.position, [0.1, 0.5, 0.9], axis=0).ravel()
        return np.concatenate([mean, std, self.velocity.mean(axis=0), corners]).astype(np.float32)

    def move(self, wind):
        apart = self.position[None] - self.position[:, None]
        pull = (apart / (0.1 + (apart**2).sum(axis=-1, keepdims=True))).mean(axis=1)
        self.velocity = 0.9 * self.velocity + 0.05 * (pull + wind)
        self.position = self.position + 0.1 * self.velocity


class Policy(eqx.Module):
    layers: list[eqx.nn.Linear]

    def __init__(self, key):
        keys = jax.random.split(key, 3)
        sizes = [(12, 1500), (1500, 1500), (1500, 2)]
        self.layers = [eqx.nn.Linear(i, o, key=k) for (i, o), k in zip(sizes, keys)]

    def __call__(self, observation):
        x = observation
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
        return self.layers[-1](x)


@eqx.filter_jit
def act(policy, observation):
    return jnp.tanh(policy(observation))


policy = Policy(jax.random.PRNGKey(0))
swarm = Swarm(400, seed=0)
path = []
for _ in range(20):
    action = np.asarray(act(policy, swarm.observe()))
    swarm.move(action)
    path.append(swarm.position.mean(axis=0))
print("the swarm's centre went from", path[0], "to", path[-1])
