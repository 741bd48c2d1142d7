import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def loss_fn(model, x, y):
    logits = jax.vmap(model)(x)
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def report(model, x, y):
    logits = jax.vmap(model)(x)
    predicted = jnp.argmax(logits, axis=-1)
    for label in range(3):
        of_label = y == label
        recall = jnp.sum((predicted == label) & of_label) / jnp.sum(of_label)
        print(f"   class {label}: recall {recall:.2f}")


rng = np.random.default_rng(1)
labels = rng.integers(0, 3, size=300)
points = (rng.normal(size=(300, 2)) + 2.0 * np.eye(3)[labels][:, :2]).astype(np.float32)

model = eqx.nn.MLP(2, 3, 16, 1, key=jax.random.key(1))
optim = optax.adam(5e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for i in range(1, 151):
    model, opt_state, loss = step(model, opt_state, points, labels)
    if i % 50 == 0:
        print(f"step {i}: loss {loss:.3f}")
        report(model, points, labels)
