import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Block(eqx.Module):
    linear: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, size, key):
        self.linear = eqx.nn.Linear(size, size, key=key)
        self.dropout = eqx.nn.Dropout(0.2)

    def __call__(self, x, key):
        return x + self.dropout(jnp.tanh(self.linear(x)), key=key)


class Deep(eqx.Module):
    blocks: list[Block]
    head: eqx.nn.Linear

    def __init__(self, size, depth, *, key):
        head_key, *block_keys = jr.split(key, depth + 1)
        self.blocks = [Block(size, k) for k in block_keys]
        self.head = eqx.nn.Linear(size, size, key=head_key)

    def __call__(self, x, key):
        for block, k in zip(self.blocks, jr.split(key, len(self.blocks))):
            x = eqx.filter_checkpoint(block)(x, k)
        return self.head(x)


@eqx.filter_jit
def step(model, opt_state, x, y, key):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x, jr.split(key, len(x))) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key, train_key = jr.split(jr.PRNGKey(13), 3)
x = jr.normal(data_key, (24, 5))
model = Deep(5, 4, key=model_key)
optim = optax.adam(3e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for key in jr.split(train_key, 10):
    model, opt_state, loss = step(model, opt_state, x, jnp.sort(x, axis=1), key)
print("loss", loss)
