import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Block(eqx.Module):
    norm: eqx.nn.LayerNorm
    linear: eqx.nn.Linear

    def __init__(self, size, *, key):
        self.norm = eqx.nn.LayerNorm(size)
        self.linear = eqx.nn.Linear(size, size, key=key)

    def __call__(self, x):
        return x + jax.nn.relu(self.linear(self.norm(x)))


class ResNet(eqx.Module):
    blocks: list[Block]
    head: eqx.nn.Linear

    def __init__(self, size, depth, *, key):
        block_key, head_key = jr.split(key)
        block = Block(size, key=block_key)
        self.blocks = [block] * depth
        self.head = eqx.nn.Linear(size, 2, key=head_key)

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


model_key, x_key = jr.split(jr.key(0))
model = ResNet(8, depth=3, key=model_key)
x = jr.normal(x_key, (120, 8))
labels = (x.sum(axis=1) > 0).astype(jnp.int32)
optim = optax.adam(3e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state):
    def loss_fn(model):
        logits = jax.vmap(model)(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(10):
    model, opt_state, loss = step(model, opt_state)
print(loss)
