import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Layer(eqx.Module):
    linear: eqx.nn.Linear
    gate: eqx.nn.Linear
    norm: eqx.nn.RMSNorm

    def __init__(self, size, key):
        k1, k2 = jax.random.split(key)
        self.linear = eqx.nn.Linear(size, size, key=k1)
        self.gate = eqx.nn.Linear(size, size, key=k2)
        self.norm = eqx.nn.RMSNorm(size)

    def __call__(self, x):
        h = self.norm(x)
        return x + jnp.tanh(self.linear(h)) * jax.nn.sigmoid(self.gate(h))


class Deep(eqx.Module):
    layers: Layer
    head: eqx.nn.Linear

    def __init__(self, size, depth, *, key):
        k_layers, k_head = jax.random.split(key)
        make = eqx.filter_vmap(lambda k: Layer(size, k))
        self.layers = make(jax.random.split(k_layers, depth))
        self.head = eqx.nn.Linear(size, "scalar", key=k_head)

    def __call__(self, x):
        arrays, static = eqx.partition(self.layers, eqx.is_array)

        def body(x, arrays_of_layer):
            layer = eqx.combine(arrays_of_layer, static)
            return layer(x), None

        x, _ = jax.lax.scan(body, x, arrays)
        return self.head(x)


@eqx.filter_jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(12)
model = Deep(8, 24, key=jax.random.PRNGKey(12))
optim = optax.adam(2e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(15):
    x = rng.normal(size=(32, 8)).astype(np.float32)
    model, opt_state, loss = step(model, opt_state, x, x[:, 0] * x[:, 1])
print("loss", loss)
