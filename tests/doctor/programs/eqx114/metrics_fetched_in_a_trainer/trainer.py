import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def loss_and_accuracy(model, x, y):
    logits = jax.vmap(model)(x)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
    return loss, jnp.stack([loss, jnp.mean(logits.argmax(axis=-1) == y)])


class Trainer:
    def __init__(self, model, optim):
        self.model = model
        self.opt_state = optim.init(model)

        @jax.jit
        def step(model, opt_state, x, y):
            grads, metrics = jax.grad(loss_and_accuracy, has_aux=True)(model, x, y)
            updates, opt_state = optim.update(grads, opt_state)
            return eqx.apply_updates(model, updates), opt_state, metrics

        self.step = step

    def fit(self, batches):
        log = []
        for x, y in batches:
            self.model, self.opt_state, metrics = self.step(self.model, self.opt_state, x, y)
            log.append(np.asarray(metrics))
        return log
