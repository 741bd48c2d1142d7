import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def perturb(x, key):
    kind_key, noise_key = jr.split(key)
    return jax.lax.cond(
        jr.bernoulli(kind_key),
        lambda x, k: x + 0.1 * jr.normal(k, x.shape),
        lambda x, k: x * jr.uniform(k, x.shape, minval=0.9, maxval=1.1),
        x,
        noise_key,
    )


def init(key, sizes=(3, 16, 1)):
    keys = jr.split(key, len(sizes) - 1)
    return [
        {"w": jr.normal(k, (i, o)) / i**0.5, "b": jnp.zeros(o)}
        for k, i, o in zip(keys, sizes, sizes[1:])
    ]


def forward(params, x):
    hidden = jnp.tanh(x @ params[0]["w"] + params[0]["b"])
    return hidden @ params[1]["w"] + params[1]["b"]


def loss_fn(params, x, y, key):
    return jnp.mean((forward(params, perturb(x, key)) - y) ** 2)


optim = optax.adamw(5e-3)


@jax.jit
def step(params, opt_state, x, y, key):
    key, noise_key = jr.split(key)
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y, noise_key)
    updates, opt_state = optim.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, key, loss


x_key, param_key, key = jr.split(jr.key(9), 3)
x = jr.normal(x_key, (50, 3))
y = jnp.abs(x).sum(axis=1, keepdims=True)
params = init(param_key)
opt_state = optim.init(params)
for _ in range(20):
    params, opt_state, key, loss = step(params, opt_state, x, y, key)
print("loss", loss)
