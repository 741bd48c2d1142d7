import jax
import jax.numpy as jnp
import jax.random as jr
import optax

BATCH = 16
optim = optax.adamw(1e-2, weight_decay=1e-3)


def apply(params, x):
    h = jax.nn.gelu(x @ params["in"]["kernel"] + params["in"]["bias"])
    return (h @ params["out"]["kernel"] + params["out"]["bias"]).squeeze(-1)


def loss_fn(params, batch):
    x, y = batch
    return jnp.mean(optax.huber_loss(apply(params, x), y))


@jax.jit
def train_epoch(params, opt_state, data, key):
    x, y = data
    order = jr.permutation(key, len(x)).reshape(-1, BATCH)

    def body(carry, index):
        params, opt_state = carry
        loss, grads = jax.value_and_grad(loss_fn)(params, (x[index], y[index]))
        updates, opt_state = optim.update(grads, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), loss

    (params, opt_state), losses = jax.lax.scan(body, (params, opt_state), order)
    return params, opt_state, losses.mean()


k_x, k_in, k_out, k_epochs = jr.split(jr.key(6), 4)
x = jr.uniform(k_x, (128, 3), minval=-1.0, maxval=1.0)
y = jnp.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
params = {
    "in": {"kernel": jr.normal(k_in, (3, 32)), "bias": jnp.zeros(32)},
    "out": {"kernel": jr.normal(k_out, (32, 1)) / 6, "bias": jnp.zeros(1)},
}
opt_state = optim.init(params)

for key in jr.split(k_epochs, 12):
    params, opt_state, mean_loss = train_epoch(params, opt_state, (x, y), key)

print("mean loss of the last epoch", mean_loss)
