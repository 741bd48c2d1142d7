import jax
import jax.numpy as jnp
import optax


def init(key, n_in, n_hidden, n_out):
    k1, k2 = jax.random.split(key)
    return {
        "hidden": {"w": jax.random.normal(k1, (n_in, n_hidden)) * 0.3, "b": jnp.zeros(n_hidden)},
        "out": {"w": jax.random.normal(k2, (n_hidden, n_out)) * 0.3, "b": jnp.zeros(n_out)},
    }


def apply(params, x, activation=jax.nn.relu):
    h = activation(x @ params["hidden"]["w"] + params["hidden"]["b"])
    return h @ params["out"]["w"] + params["out"]["b"]


def loss_fn(params, x, labels):
    logits = apply(params, x)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    accuracy = jnp.mean(logits.argmax(-1) == labels)
    return loss, accuracy


tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(3e-2))


@jax.jit
def step(params, opt_state, x, labels):
    (loss, accuracy), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, x, labels)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss, accuracy


params_key, x_key = jax.random.split(jax.random.key(0))
x = jax.random.normal(x_key, (150, 4))
labels = jnp.argmax(x[:, :3], axis=-1)
params = init(params_key, 4, 16, 3)
opt_state = tx.init(params)
for _ in range(25):
    params, opt_state, loss, accuracy = step(params, opt_state, x, labels)
print(loss, accuracy)
