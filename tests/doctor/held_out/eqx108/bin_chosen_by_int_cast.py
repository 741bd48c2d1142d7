import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class StepFunction(eqx.Module):
    """Looks up a height at the place that a network finds for the input."""

    position: eqx.nn.MLP
    heights: jax.Array

    def __init__(self, features, bins, *, key):
        self.position = eqx.nn.MLP(features, "scalar", 8, 1, final_activation=jax.nn.sigmoid, key=key)
        self.heights = jnp.linspace(-1.0, 1.0, bins)

    def __call__(self, x):
        position = self.position(x)
        index = (position * len(self.heights)).astype(int)
        return self.heights[index]


def train(model, x, y, *, steps, learning_rate):
    optim = optax.rmsprop(learning_rate)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state):
        @eqx.filter_value_and_grad(has_aux=True)
        def loss_fn(model):
            predicted = jax.vmap(model)(x)
            return jnp.mean((predicted - y) ** 2), predicted.std()

        (loss, spread), grads = loss_fn(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss, spread

    for _ in range(steps):
        model, opt_state, loss, spread = step(model, opt_state)
    return model, loss, spread


x_key, model_key = jr.split(jr.PRNGKey(55))
x = jr.normal(x_key, (80, 2))
y = jnp.tanh(x[:, 0] + x[:, 1])
model, loss, spread = train(
    StepFunction(2, 12, key=model_key), x, y, steps=20, learning_rate=1e-2
)
print("loss", loss, "spread", spread)
