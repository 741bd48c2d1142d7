import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Rnn(eqx.Module):
    cell: eqx.nn.GRUCell
    score: eqx.nn.Linear

    def __init__(self, n_in, n_hidden, *, key):
        cell_key, score_key = jr.split(key)
        self.cell = eqx.nn.GRUCell(n_in, n_hidden, key=cell_key)
        self.score = eqx.nn.Linear(n_hidden, "scalar", key=score_key)

    def __call__(self, sequence):
        def turn(hidden, x):
            return self.cell(x, hidden), None

        hidden, _ = jax.lax.scan(turn, jnp.zeros(self.cell.hidden_size), sequence)
        return self.score(hidden)


@eqx.filter_jit
def accuracy(model, sequences, rising):
    scores = model(sequences)
    return jnp.mean((scores > 0) == rising)


model_key, data_key = jr.split(jr.PRNGKey(1))
model = Rnn(3, 10, key=model_key)
sequences = jnp.cumsum(jr.normal(data_key, (8, 20, 3)), axis=1)
rising = sequences[:, -1, 0] > 0
print(accuracy(model, sequences, rising))
