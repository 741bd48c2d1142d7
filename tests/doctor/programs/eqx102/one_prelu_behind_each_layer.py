import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Network(eqx.Module):
    layers: list

    def __call__(self, x):
        for linear, activation in self.layers:
            x = activation(linear(x))
        return x


def build(key, sizes):
    prelu = eqx.nn.PReLU(0.1)
    layers = []
    for n_in, n_out, k in zip(sizes[:-1], sizes[1:], jr.split(key, len(sizes) - 1)):
        layers.append((eqx.nn.Linear(n_in, n_out, key=k), prelu))
    return Network(layers)


def main():
    model = build(jr.PRNGKey(12), (3, 16, 16, 1))
    x = jr.normal(jr.PRNGKey(13), (100, 3))
    y = jnp.sum(x**2, axis=1, keepdims=True)
    tx = optax.sgd(1e-2)
    opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jnp.mean(jnp.abs(jax.vmap(model)(x) - y))

    @eqx.filter_jit
    def step(model, opt_state):
        loss, grads = loss_fn(model)
        updates, opt_state = tx.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(10):
        model, opt_state, loss = step(model, opt_state)
    print(loss, [float(activation.negative_slope) for _, activation in model.layers])


if __name__ == "__main__":
    main()
