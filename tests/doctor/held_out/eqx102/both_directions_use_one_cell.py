import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class BiRNN(eqx.Module):
    forward: eqx.nn.GRUCell
    backward: eqx.nn.GRUCell
    readout: eqx.nn.Linear

    def __init__(self, n_in, n_hidden, *, key):
        cell_key, readout_key = jr.split(key)
        self.forward = eqx.nn.GRUCell(n_in, n_hidden, key=cell_key)
        self.backward = self.forward
        self.readout = eqx.nn.Linear(2 * n_hidden, 3, key=readout_key)

    def __call__(self, sequence):
        start = jnp.zeros(self.forward.hidden_size)
        ahead, _ = jax.lax.scan(lambda h, x: (self.forward(x, h), None), start, sequence)
        back, _ = jax.lax.scan(lambda h, x: (self.backward(x, h), None), start, sequence, reverse=True)
        return self.readout(jnp.concatenate([ahead, back]))


@eqx.filter_jit
def predict(model, sequences):
    return jnp.argmax(jax.vmap(model)(sequences), axis=-1)


model_key, data_key = jr.split(jr.key(5))
model = BiRNN(2, 6, key=model_key)
votes = [predict(model, jr.normal(k, (20, 15, 2))) for k in jr.split(data_key, 5)]
print(jnp.bincount(jnp.concatenate(votes), length=3))
