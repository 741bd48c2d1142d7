import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def example_loss(model, x, label, key):
    noisy = x + 0.1 * jr.normal(key, x.shape)
    logits = model(noisy)
    return optax.softmax_cross_entropy_with_integer_labels(logits, label)


def batch_loss(model, x, labels, keys):
    losses = jax.vmap(example_loss, in_axes=(None, 0, 0, 0))(model, x, labels, keys)
    return losses.mean()


@eqx.filter_jit
def step(model, opt_state, x, labels, key):
    keys = jr.split(key, x.shape[0])
    loss, grads = eqx.filter_value_and_grad(batch_loss)(model, x, labels, keys)
    updates, opt_state = tx.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


model_key, x_key, loop_key = jr.split(jr.PRNGKey(13), 3)
model = eqx.nn.MLP(3, 4, 16, 1, activation=jax.nn.gelu, key=model_key)
x = jr.normal(x_key, (64, 3))
labels = (x[:, 0] > 0).astype(jnp.int32) + 2 * (x[:, 1] > 0)
tx = optax.sgd(1e-1)
opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))
for key in jr.split(loop_key, 12):
    model, opt_state, loss = step(model, opt_state, x, labels, key)
print(loss)
