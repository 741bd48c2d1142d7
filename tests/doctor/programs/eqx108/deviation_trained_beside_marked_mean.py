import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Standardise(eqx.Module):
    mean: jax.Array
    std: jax.Array

    def __init__(self, features):
        self.mean = features.mean(axis=0)
        self.std = features.std(axis=0)

    def __call__(self, x):
        return (x - jax.lax.stop_gradient(self.mean)) / self.std


class Model(eqx.Module):
    standardise: Standardise
    mlp: eqx.nn.MLP

    def __call__(self, x):
        return self.mlp(self.standardise(x))


class Trainer:
    def __init__(self, model, learning_rate=3e-3):
        self.optim = optax.adam(learning_rate)
        self.model = model
        self.opt_state = self.optim.init(eqx.filter(model, eqx.is_inexact_array))

    @staticmethod
    def loss(model, x, y):
        return jnp.mean(optax.huber_loss(jax.vmap(model)(x), y))

    def fit(self, x, y, steps):
        @eqx.filter_jit
        def step(model, opt_state):
            loss, grads = eqx.filter_value_and_grad(self.loss)(model, x, y)
            updates, opt_state = self.optim.update(grads, opt_state)
            return eqx.apply_updates(model, updates), opt_state, loss

        for _ in range(steps):
            self.model, self.opt_state, loss = step(self.model, self.opt_state)
        return loss


x_key, model_key = jr.split(jr.PRNGKey(33))
x = jr.normal(x_key, (100, 3)) * jnp.array([1.0, 5.0, 0.2]) + jnp.array([0.0, 20.0, 1.0])
y = x[:, 0] + 0.1 * x[:, 1]
model = Model(Standardise(x), eqx.nn.MLP(3, "scalar", 16, 1, key=model_key))
trainer = Trainer(model)
print("loss", trainer.fit(x, y, steps=20))
