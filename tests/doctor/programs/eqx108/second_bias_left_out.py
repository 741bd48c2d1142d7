import jax
import jax.numpy as jnp
import jax.random as jr


def init(key):
    k1, k2 = jr.split(key)
    return {
        "w1": jr.normal(k1, (2, 20)) / 2**0.5,
        "b1": jnp.zeros(20),
        "w2": jr.normal(k2, (20, 1)) / 20**0.5,
        "b2": jnp.zeros(1),
    }


def forward(params, x):
    hidden = jax.nn.softplus(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"]


def loss_fn(params, x, y):
    return jnp.mean((forward(params, x) - y) ** 2)


@jax.jit
def step(params, x, y, learning_rate):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, grads), loss


def main():
    x_key, param_key = jr.split(jr.key(11))
    x = jr.normal(x_key, (100, 2))
    y = jnp.prod(x, axis=1, keepdims=True) + 1.0
    params = init(param_key)
    learning_rate = jnp.array(0.05)
    for _ in range(40):
        params, loss = step(params, x, y, learning_rate)
    print("loss", loss)


main()
