import functools

import jax
import jax.numpy as jnp
import optax

ACTIVATIONS = {"tanh": jnp.tanh, "softplus": jax.nn.softplus}


def init_params(key, sizes, activation):
    keys = jax.random.split(key, len(sizes) - 1)
    layers = [
        {"w": jax.random.normal(k, (m, n)) / jnp.sqrt(m), "b": jnp.zeros(n)}
        for k, m, n in zip(keys, sizes[:-1], sizes[1:])
    ]
    return {"layers": layers, "activation": activation}


def forward(params, x):
    act = ACTIVATIONS[params["activation"]]
    *hidden, last = params["layers"]
    for layer in hidden:
        x = act(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]


def loss_fn(params, x, y):
    return jnp.mean((forward(params, x) - y) ** 2)


optimizer = optax.adam(1e-2)


@functools.partial(jax.jit, donate_argnums=(0, 1))
def train_step(params, opt_state, x, y):
    grads = jax.grad(loss_fn)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state


x = jnp.linspace(-1.0, 1.0, 64)[:, None]
y = jnp.abs(x)
params = init_params(jax.random.key(3), [1, 16, 1], "tanh")
opt_state = optimizer.init(params)
for _ in range(10):
    params, opt_state = train_step(params, opt_state, x, y)
print(loss_fn(params, x, y))
