import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Trainer:
    def __init__(self, model, tx):
        self.model = model
        self.tx = tx
        self.opt_state = tx.init(model)
        self._step = eqx.filter_jit(self._make_step)

    def _make_step(self, model, opt_state, images, labels):
        def loss_fn(model):
            logits = jax.vmap(model)(images)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = self.tx.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    def fit(self, images, labels, epochs):
        for _ in range(epochs):
            self.model, self.opt_state, loss = self._step(self.model, self.opt_state, images, labels)
        return loss


def classifier(key):
    first, second = jr.split(key)
    return eqx.nn.Sequential(
        [
            eqx.nn.Linear(16, 32, key=first),
            eqx.nn.Lambda(jax.nn.gelu),
            eqx.nn.Linear(32, 3, key=second),
        ]
    )


model_key, image_key = jr.split(jr.PRNGKey(11))
images = jr.normal(image_key, (90, 16))
labels = jnp.arange(90) % 3
trainer = Trainer(classifier(model_key), optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(3e-3)))
print(trainer.fit(images, labels, epochs=10))
