import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Linear(eqx.Module):
    weight: jax.Array
    bias: jax.Array

    def __call__(self, x):
        x = (x - x.mean(axis=0, keepdims=True)) / x.std(axis=0, keepdims=True)
        return x @ self.weight + self.bias


def loss_fn(model, x, y):
    return jnp.mean(jnp.square(model(x) - y))


def main():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(70, 4)).astype(np.float32)
    y = (x @ np.array([1.0, 2.0, -1.0, 0.0]) + 3.0).astype(np.float32).reshape(-1, 1)
    model = Linear(jnp.zeros((4, 1)), jnp.zeros(1))
    optim = optax.sgd(0.1)
    opt_state = optim.init(model)

    @eqx.filter_jit
    def step(model, opt_state, x, y):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(30):
        model, opt_state, loss = step(model, opt_state, x, y)
    print("loss", loss)


main()
