import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class Dense(eqx.Module):
    weight: Array
    bias: Array

    def __init__(self, n_in, n_out, *, key):
        self.weight = jr.normal(key, (n_in, n_out)) / n_in**0.5
        self.bias = jnp.zeros(n_out)

    def __call__(self, x):
        return x @ self.weight + self.bias


class Net(eqx.Module):
    first: Dense
    second: Dense

    def __init__(self, *, key):
        first_key, second_key = jr.split(key)
        self.first = Dense(3, 32, key=first_key)
        self.second = Dense(23, 1, key=second_key)

    def __call__(self, batch):
        return self.second(jax.nn.relu(self.first(batch)))


model_key, x_key = jr.split(jr.key(0))
net = Net(key=model_key)
x = jr.normal(x_key, (50, 3))
y = x.min(axis=1, keepdims=True)
tx = optax.adam(1e-2)
state = tx.init(net)


@eqx.filter_jit
def step(net, state):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((m(x) - y) ** 2))(net)
    updates, state = tx.update(grads, state)
    return eqx.apply_updates(net, updates), state, loss


for _ in range(10):
    net, state, loss = step(net, state)
print(loss)
