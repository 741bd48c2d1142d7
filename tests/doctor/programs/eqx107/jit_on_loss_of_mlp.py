import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


@jax.jit
def loss_fn(model, x, y):
    pred = jax.vmap(model)(x)
    return jnp.mean(jnp.abs(pred - y))


x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.uniform(x_key, (100, 3))
y = jnp.sin(x).sum(axis=1, keepdims=True)

candidates = [
    eqx.nn.MLP(3, 1, width_size=width, depth=1, key=key)
    for width, key in zip((8, 16, 32), jr.split(model_key, 3))
]
for model in candidates:
    loss = loss_fn(model, x, y)
    print(model.width_size, loss)
