import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Reader(eqx.Module):
    cell: eqx.nn.GRUCell
    head: eqx.nn.Linear

    def __init__(self, size, hidden, *, key):
        cell_key, head_key = jr.split(key)
        self.cell = eqx.nn.GRUCell(size, hidden, key=cell_key)
        self.head = eqx.nn.Linear(hidden, size, key=head_key)

    def __call__(self, sequence):
        start = jnp.zeros(self.cell.hidden_size)
        last, _ = jax.lax.scan(lambda h, x: (self.cell(x, h), None), start, sequence)
        return self.head(last)


def run(model, sequence, target):
    prediction = model(sequence)
    return prediction, jnp.sum((prediction - target) ** 2)


def loss_fn(model, inputs, targets):
    predictions, errors = eqx.filter_vmap(run, in_axes=(None, 1, 0))(model, inputs, targets)
    return errors.mean(), predictions


@eqx.filter_jit
def step(model, opt_state, inputs, targets):
    grad_fn = eqx.filter_value_and_grad(loss_fn, has_aux=True)
    (loss, predictions), grads = grad_fn(model, inputs, targets)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss, predictions


data_key, model_key = jr.split(jr.PRNGKey(25))
inputs = jr.normal(data_key, (20, 12, 3))
targets = inputs.sum(axis=1)
model = Reader(3, 8, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss, predictions = step(model, opt_state, inputs, targets)
print("loss", loss, predictions.shape)
