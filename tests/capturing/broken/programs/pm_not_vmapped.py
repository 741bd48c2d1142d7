"""The model is called with the whole batch."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Net(eqx.Module):
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, key):
        a, b = jr.split(key)
        self.hidden = eqx.nn.Linear(4, 16, key=a)
        self.out = eqx.nn.Linear(16, 1, key=b)

    def __call__(self, x):
        x = jax.nn.relu(self.hidden(x))
        return self.out(x)


def loss_fn(model, x, y):
    prediction = model(x)
    return jnp.mean((prediction - y) ** 2)


@eqx.filter_jit
def make_step(model, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss


def main():
    rng = np.random.default_rng(0)
    model = Net(jr.PRNGKey(0))
    for i in range(20):
        x = jnp.asarray(rng.normal(size=(32, 4)), jnp.float32)
        model, loss = make_step(model, x, x[:, :1])
        print(i, loss)


if __name__ == "__main__":
    main()
