import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from layers import CausalMixer

LENGTH, SIZE = 10, 3


class Forecaster(eqx.Module):
    mixer: CausalMixer
    head: eqx.nn.Linear

    def __init__(self, key):
        k1, k2 = jr.split(key)
        self.mixer = CausalMixer(LENGTH, key=k1)
        self.head = eqx.nn.Linear(SIZE, SIZE, key=k2)

    def __call__(self, xs):
        return jax.vmap(self.head)(jnp.tanh(self.mixer(xs)))


def loss_fn(model, xs):
    predicted = jax.vmap(model)(xs[:, :-1])
    return jnp.mean((predicted - xs[:, 1:]) ** 2)


@eqx.filter_jit
def step(model, opt_state, xs):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, xs)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.key(2))
xs = jnp.cumsum(0.1 * jr.normal(data_key, (12, LENGTH + 1, SIZE)), axis=1)
model = Forecaster(model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, xs)
print(loss)
