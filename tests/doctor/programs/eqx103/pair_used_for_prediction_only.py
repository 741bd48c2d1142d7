import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Ensemble(eqx.Module):
    members: tuple[eqx.nn.MLP, ...]
    weights: jax.Array

    def __call__(self, x):
        votes = jnp.stack([member(x) for member in self.members])
        return jnp.tensordot(jax.nn.softmax(self.weights), votes, axes=1)


def load(key):
    strong_key, weak_key = jr.split(key)
    strong = eqx.nn.MLP(4, 3, 8, 1, key=strong_key)
    weak = eqx.nn.MLP(4, 3, 8, 1, key=weak_key)
    return Ensemble((strong, weak, strong), jnp.array([0.0, -1.0, 0.5]))


@eqx.filter_jit
def predict(model, x):
    return jnp.bincount(jnp.argmax(jax.vmap(model)(x), axis=-1), length=3)


model_key, data_key = jr.split(jr.PRNGKey(0))
model = load(model_key)
counts = [predict(model, x) for x in jr.normal(data_key, (6, 50, 4))]
print(sum(counts))
