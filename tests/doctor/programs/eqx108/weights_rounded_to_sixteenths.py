import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class QuantisedLinear(eqx.Module):
    weight: jax.Array
    bias: jax.Array
    levels: int = eqx.field(static=True)

    def __init__(self, in_size, out_size, levels=16, *, key):
        self.weight = jr.normal(key, (out_size, in_size)) / in_size**0.5
        self.bias = jnp.zeros(out_size)
        self.levels = levels

    def __call__(self, x):
        weight = jnp.round(self.weight * self.levels) / self.levels
        return weight @ x + self.bias


class Net(eqx.Module):
    first: QuantisedLinear
    last: eqx.nn.Linear

    def __call__(self, x):
        return self.last(jax.nn.relu(self.first(x)))


def cross_entropy(model, x, labels):
    logits = jax.vmap(model)(x)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@eqx.filter_jit
def step(model, opt_state, x, labels):
    loss, grads = eqx.filter_value_and_grad(cross_entropy)(model, x, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x_key, first_key, last_key = jr.split(jr.key(3), 3)
x = jr.normal(x_key, (90, 5))
labels = (x[:, 0] * x[:, 1] > 0).astype(int)
model = Net(QuantisedLinear(5, 12, key=first_key), eqx.nn.Linear(12, 2, key=last_key))
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, labels)
print("loss", loss)
