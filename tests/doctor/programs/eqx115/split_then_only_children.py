import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class GRUClassifier(eqx.Module):
    cell: eqx.nn.GRUCell
    head: eqx.nn.Linear

    def __init__(self, in_size, hidden, *, key):
        cell_key, head_key = jr.split(key)
        self.cell = eqx.nn.GRUCell(in_size, hidden, key=cell_key)
        self.head = eqx.nn.Linear(hidden, "scalar", key=head_key)

    def __call__(self, xs):
        hidden = jnp.zeros(self.cell.hidden_size)
        hidden, _ = jax.lax.scan(lambda h, x: (self.cell(x, h), None), hidden, xs)
        return self.head(hidden)


def corrupt(xs, key):
    noise_key, mask_key = jr.split(key)
    noise = 0.1 * jr.normal(noise_key, xs.shape)
    return jnp.where(jr.bernoulli(mask_key, 0.9, xs.shape), xs + noise, 0.0)


@eqx.filter_jit
def step(model, opt_state, xs, ys, key):
    key, noise_key = jr.split(key)

    def loss_fn(model):
        logits = jax.vmap(model)(corrupt(xs, noise_key))
        return optax.sigmoid_binary_cross_entropy(logits, ys).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss, key


key = jr.PRNGKey(0)
key, data_key, model_key = jr.split(key, 3)
xs = jr.normal(data_key, (32, 12, 2))
ys = (xs.sum(axis=(1, 2)) > 0).astype(jnp.float32)
model = GRUClassifier(2, 10, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(15):
    model, opt_state, loss, key = step(model, opt_state, xs, ys, key)
print("loss", loss)
