import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Palindrome(eqx.Module):
    cell: eqx.nn.Linear
    ahead: eqx.nn.Linear
    back: eqx.nn.Linear

    def __init__(self, size, *, key):
        cell_key, ahead_key, back_key = jr.split(key, 3)
        self.cell = eqx.nn.Linear(size + 1, size, key=cell_key)
        self.ahead = eqx.nn.Linear(size, "scalar", key=ahead_key)
        self.back = eqx.nn.Linear(size, "scalar", key=back_key)

    def read(self, sequence, reverse):
        def turn(hidden, x):
            return jnp.tanh(self.cell(jnp.append(hidden, x))), None

        return jax.lax.scan(turn, jnp.zeros(self.cell.out_features), sequence, reverse=reverse)[0]

    def __call__(self, sequence):
        return self.ahead(self.read(sequence, False)) - self.back(self.read(sequence, True))


class Learner:
    def __init__(self, model, tx):
        self.model, self.tx = model, tx
        self.state = tx.init(eqx.filter(model, eqx.is_inexact_array))
        self.step = eqx.filter_jit(self._step)

    def _step(self, model, state, x, y):
        def loss_fn(model):
            return optax.sigmoid_binary_cross_entropy(jax.vmap(model)(x), y).mean()

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, state = self.tx.update(grads, state)
        return eqx.apply_updates(model, updates), state, loss

    def fit(self, x, y, steps=10):
        for _ in range(steps):
            self.model, self.state, loss = self.step(self.model, self.state, x, y)
        return loss


model_key, x_key = jr.split(jr.key(8))
x = jr.normal(x_key, (40, 7))
y = (jnp.abs(x - x[:, ::-1]).sum(axis=1) < 7).astype(jnp.float32)
print(Learner(Palindrome(5, key=model_key), optax.adam(1e-2)).fit(x, y))
