import jax
import jax.numpy as jnp


def make_data(key, n=80):
    x = jax.random.uniform(key, (n, 3), minval=-1.0)
    weight_key, noise_key = jax.random.split(key)
    weights = jax.random.normal(weight_key, (3,))
    return x, x @ weights + 0.05 * jax.random.normal(noise_key, (n,))


def loss_fn(params, x, y):
    return jnp.mean((x @ params["w"] + params["b"] - y) ** 2)


@jax.jit
def step(params, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    return jax.tree.map(lambda p, g: p - 0.2 * g, params, grads), loss


def main():
    x, y = make_data(jax.random.PRNGKey(2))
    params = {"w": jnp.zeros(3), "b": jnp.zeros(())}
    for _ in range(30):
        params, loss = step(params, x, y)
    print("weights", params["w"], "loss", loss)


main()
