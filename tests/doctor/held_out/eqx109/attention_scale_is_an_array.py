import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SelfAttention(eqx.Module):
    query: eqx.nn.Linear
    keys: eqx.nn.Linear
    value: eqx.nn.Linear
    scale: float = eqx.field(static=True)

    def __init__(self, size, head_size, *, key):
        kq, kk, kv = jr.split(key, 3)
        self.query = eqx.nn.Linear(size, head_size, use_bias=False, key=kq)
        self.keys = eqx.nn.Linear(size, head_size, use_bias=False, key=kk)
        self.value = eqx.nn.Linear(size, size, key=kv)
        self.scale = 1 / jnp.sqrt(head_size)

    def __call__(self, xs):
        q, k, v = jax.vmap(self.query)(xs), jax.vmap(self.keys)(xs), jax.vmap(self.value)(xs)
        return jax.nn.softmax(self.scale * q @ k.T, axis=-1) @ v


@eqx.filter_jit
def make_step(model, opt_state, sequences):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        out = jax.vmap(model)(sequences)
        return jnp.mean((out - jnp.flip(sequences, axis=1)) ** 2)

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.PRNGKey(7))
sequences = jr.normal(data_key, (8, 6, 4))
model = SelfAttention(4, 8, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
losses = []
for _ in range(12):
    model, opt_state, loss = make_step(model, opt_state, sequences)
    losses.append(loss)
print("first and last", losses[0], losses[-1])
