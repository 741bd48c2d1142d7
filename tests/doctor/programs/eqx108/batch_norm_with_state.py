import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class NormNet(eqx.Module):
    first: eqx.nn.Linear
    norm: eqx.nn.BatchNorm
    last: eqx.nn.Linear

    def __init__(self, key):
        first_key, last_key = jr.split(key)
        self.first = eqx.nn.Linear(4, 16, use_bias=False, key=first_key)
        self.norm = eqx.nn.BatchNorm(16, axis_name="batch", mode="batch")
        self.last = eqx.nn.Linear(16, 3, key=last_key)

    def __call__(self, x, state):
        hidden, state = self.norm(self.first(x), state)
        return self.last(jax.nn.relu(hidden)), state


def loss_fn(model, state, x, labels):
    forward = jax.vmap(model, axis_name="batch", in_axes=(0, None), out_axes=(0, None))
    logits, state = forward(x, state)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    return loss, (state, jnp.mean(jnp.argmax(logits, axis=1) == labels))


@eqx.filter_jit
def step(model, state, opt_state, x, labels):
    grad_fn = eqx.filter_value_and_grad(loss_fn, has_aux=True)
    (loss, (state, accuracy)), grads = grad_fn(model, state, x, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), state, opt_state, loss, accuracy


x_key, model_key = jr.split(jr.PRNGKey(35))
x = 4.0 * jr.normal(x_key, (60, 4)) + 2.0
labels = jnp.argmax(x[:, :3], axis=1)
model, state = eqx.nn.make_with_state(NormNet)(model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(15):
    model, state, opt_state, loss, accuracy = step(model, state, opt_state, x, labels)
print("loss", loss, "accuracy", accuracy)
