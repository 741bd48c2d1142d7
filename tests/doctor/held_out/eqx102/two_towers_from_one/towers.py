import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Retrieval(eqx.Module):
    users: eqx.nn.MLP
    items: eqx.nn.MLP
    temperature: jax.Array

    def __call__(self, user, item):
        u, v = jax.vmap(self.users)(user), jax.vmap(self.items)(item)
        return u @ v.T / self.temperature


def make_retrieval(size, seed):
    tower = eqx.nn.MLP(size, 8, 16, 1, activation=jnp.tanh, key=jr.PRNGKey(seed))
    return Retrieval(users=tower, items=tower, temperature=jnp.array(0.2))
