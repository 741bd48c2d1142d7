from dataclasses import dataclass

import eqxcore as eqx
import jax
import optax


@dataclass(frozen=True)
class Config:
    width: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    n_steps: int = 40


def cross_entropy(model, x, y):
    logits = jax.vmap(model)(x)
    accuracy = (logits.argmax(axis=-1) == y).mean()
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
    return loss, {"accuracy": accuracy}


class Trainer:
    def __init__(self, model, config):
        self.model = model
        self.optim = optax.chain(
            optax.clip_by_global_norm(1.0),
            optax.adamw(config.learning_rate, weight_decay=config.weight_decay),
        )
        self.opt_state = self.optim.init(eqx.filter(model, eqx.is_inexact_array))
        self.loss_and_grad = eqx.filter_jit(eqx.filter_value_and_grad(cross_entropy, has_aux=True))
        self.history = []

    def step(self, x, y):
        (loss, aux), grads = self.loss_and_grad(self.model, x, y)
        params = eqx.filter(self.model, eqx.is_inexact_array)
        updates, self.opt_state = self.optim.update(grads, self.opt_state, params)
        self.model = eqx.apply_updates(self.model, updates)
        self.history.append((loss, aux["accuracy"]))
