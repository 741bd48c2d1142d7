import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Standardise(eqx.Module):
    mean: tuple[float, ...] = eqx.field(static=True)
    std: tuple[float, ...] = eqx.field(static=True)

    @classmethod
    def fit(cls, features: np.ndarray):
        return cls(tuple(features.mean(axis=0).tolist()), tuple(features.std(axis=0).tolist()))

    def __call__(self, x, *, key=None):
        return (x - jnp.array(self.mean)) / jnp.array(self.std)


rng = np.random.default_rng(2)
x = (rng.normal(size=(100, 3)) * [1.0, 20.0, 300.0]).astype(np.float32)
y = (x[:, :1] + x[:, 1:2] / 20 > 0).astype(np.float32)
k1, k2 = jax.random.split(jax.random.PRNGKey(9))
model = eqx.nn.Sequential(
    [
        Standardise.fit(x),
        eqx.nn.Linear(3, 8, key=k1),
        eqx.nn.Lambda(jax.nn.relu),
        eqx.nn.Linear(8, 1, key=k2),
    ]
)
optim = optax.sgd(0.2, momentum=0.9)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_value_and_grad
def cross_entropy(model, x, y):
    return optax.sigmoid_binary_cross_entropy(jax.vmap(model)(x), y).mean()


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = cross_entropy(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(30):
    model, opt_state, loss = step(model, opt_state, x, y)
print("cross-entropy", loss)
