import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Translator(eqx.Module):
    encoder: eqx.nn.GRUCell
    decoder: eqx.nn.GRUCell
    readout: eqx.nn.Linear

    def __init__(self, size, *, key):
        cell_key, readout_key = jr.split(key)
        self.encoder = eqx.nn.GRUCell(2, size, key=cell_key)
        self.decoder = jax.tree.map(jnp.copy, self.encoder)
        self.readout = eqx.nn.Linear(size, 2, key=readout_key)

    def __call__(self, source):
        start = jnp.zeros(self.encoder.hidden_size)
        summary, _ = jax.lax.scan(lambda h, x: (self.encoder(x, h), None), start, source)

        def write(carry, _):
            hidden, last = carry
            hidden = self.decoder(last, hidden)
            out = self.readout(hidden)
            return (hidden, out), out

        return jax.lax.scan(write, (summary, source[-1]), None, length=6)[1]


def loss_fn(model, source):
    return jnp.mean((jax.vmap(model)(source) - source[:, ::-1]) ** 2)


model_key, source_key = jr.split(jr.PRNGKey(2))
model = Translator(6, key=model_key)
source = jr.normal(source_key, (16, 6, 2))
tx = optax.sgd(1e-2)
opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state, source):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, source)
    updates, opt_state = tx.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(8):
    model, opt_state, loss = step(model, opt_state, source)
print(loss)
