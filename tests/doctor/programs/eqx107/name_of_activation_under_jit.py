import jax
import jax.numpy as jnp


def predict(params, x, activation):
    hidden = getattr(jax.nn, activation)(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"]


@jax.jit
def train_step(params, x, y, activation, rate=0.05):
    def loss_fn(params):
        return jnp.mean((predict(params, x, activation) - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - rate * g, params, grads), loss


k1, k2, k3 = jax.random.split(jax.random.key(0), 3)
params = {
    "w1": jax.random.normal(k1, (2, 10)),
    "b1": jnp.zeros(10),
    "w2": 0.3 * jax.random.normal(k2, (10,)),
}
x = jax.random.normal(k3, (60, 2))
y = jnp.hypot(x[:, 0], x[:, 1])
for _ in range(20):
    params, loss = train_step(params, x, y, "softplus")
print(loss)
