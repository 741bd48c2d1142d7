import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class CrossAttention(eqx.Module):
    query: jax.Array
    memory: eqx.nn.Linear
    scale: float = eqx.field(static=True)
    slots: int = eqx.field(static=True)

    def __init__(self, slots, size, *, key):
        kq, km = jr.split(key)
        self.query = jr.normal(kq, (slots, size))
        self.memory = eqx.nn.Linear(size, size, key=km)
        self.scale = float(1 / jnp.sqrt(size))
        self.slots = slots

    def __call__(self, xs):
        memory = jax.vmap(self.memory)(xs)
        weights = jax.nn.softmax(self.scale * self.query @ memory.T, axis=-1)
        return (weights @ memory).mean(axis=0)


class Trainer:
    def __init__(self, model, optim):
        self.model, self.optim = model, optim
        self.opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

        @eqx.filter_jit
        def step(model, opt_state, xs, ys):
            def loss_fn(model):
                return jnp.mean((jax.vmap(model)(xs) - ys) ** 2)

            loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
            updates, opt_state = optim.update(grads, opt_state)
            return eqx.apply_updates(model, updates), opt_state, loss

        self.step = step

    def fit(self, xs, ys, steps):
        for _ in range(steps):
            self.model, self.opt_state, loss = self.step(self.model, self.opt_state, xs, ys)
        return loss


data_key, model_key = jr.split(jr.PRNGKey(3))
xs = jr.normal(data_key, (20, 7, 4))
trainer = Trainer(CrossAttention(2, 4, key=model_key), optax.adam(1e-2))
print("loss", trainer.fit(xs, xs.mean(axis=1), steps=15))
