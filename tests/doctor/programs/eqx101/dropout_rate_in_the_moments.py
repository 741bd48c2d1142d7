from dataclasses import dataclass

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


@dataclass(frozen=True)
class Config:
    width: int = 24
    rate: float = 0.2
    steps: int = 12
    learning_rate: float = 3e-2


class Tabular(eqx.Module):
    inner: eqx.nn.Linear
    outer: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, config, key):
        inner_key, outer_key = jr.split(key)
        self.inner = eqx.nn.Linear(6, config.width, key=inner_key)
        self.outer = eqx.nn.Linear(config.width, "scalar", key=outer_key)
        self.dropout = eqx.nn.Dropout(config.rate)

    def __call__(self, row, key):
        return self.outer(self.dropout(jax.nn.relu(self.inner(row)), key=key))


config = Config()
model_key, row_key, loop_key = jr.split(jr.key(31), 3)
rows = jr.normal(row_key, (100, 6))
price = rows @ jnp.arange(6.0)

model = Tabular(config, model_key)
optim = optax.sgd(config.learning_rate, momentum=0.9)
opt_state = optim.init(model)


@eqx.filter_value_and_grad
def compute_loss(model, rows, price, key):
    pred = jax.vmap(model)(rows, jr.split(key, len(rows)))
    return jnp.mean(optax.huber_loss(pred, price))


@eqx.filter_jit
def step(model, opt_state, rows, price, key):
    loss, grads = compute_loss(model, rows, price, key)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for key in jr.split(loop_key, config.steps):
    model, opt_state, loss = step(model, opt_state, rows, price, key)
print(f"{loss:.3f}")
