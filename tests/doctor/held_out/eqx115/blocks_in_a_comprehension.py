import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Block(eqx.Module):
    norm: eqx.nn.LayerNorm
    inner: eqx.nn.Linear

    def __init__(self, size, *, key):
        self.norm = eqx.nn.LayerNorm(size)
        self.inner = eqx.nn.Linear(size, size, key=key)

    def __call__(self, x):
        return x + jax.nn.gelu(self.inner(self.norm(x)))


class ResNet(eqx.Module):
    blocks: list
    head: eqx.nn.Linear

    def __init__(self, size, depth, *, key):
        block_key, head_key = jr.split(key)
        self.blocks = [Block(size, key=block_key) for _ in range(depth)]
        self.head = eqx.nn.Linear(size, 1, key=head_key)

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def train(model, x, y, optim, steps):
    params, static = eqx.partition(model, eqx.is_inexact_array)

    @jax.jit
    def step(params, opt_state):
        def loss_fn(params):
            return jnp.mean((jax.vmap(eqx.combine(params, static))(x) - y) ** 2)

        loss, grads = jax.value_and_grad(loss_fn)(params)
        updates, opt_state = optim.update(grads, opt_state)
        return optax.apply_updates(params, updates), opt_state, loss

    opt_state = optim.init(params)
    for _ in range(steps):
        params, opt_state, loss = step(params, opt_state)
    return eqx.combine(params, static), loss


data_key, model_key = jr.split(jr.key(1))
x = jr.normal(data_key, (40, 6))
y = jnp.linalg.norm(x, axis=1, keepdims=True)
model, loss = train(ResNet(6, 3, key=model_key), x, y, optax.adam(3e-3), 15)
print("loss", loss)
