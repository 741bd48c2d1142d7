import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SentimentRNN(eqx.Module):
    embedding: eqx.nn.Embedding
    cell: eqx.nn.GRUCell
    head: eqx.nn.Linear

    def __init__(self, vocabulary, size, *, key):
        ke, kc, kh = jr.split(key, 3)
        self.embedding = eqx.nn.Embedding(vocabulary, size, key=ke)
        self.cell = eqx.nn.GRUCell(size, size, key=kc)
        self.head = eqx.nn.Linear(size, "scalar", key=kh)

    def __call__(self, tokens, mask):
        def read(hidden, inputs):
            x, keep = inputs
            return jnp.where(keep, self.cell(x, hidden), hidden), None

        start = jnp.zeros(self.cell.hidden_size)
        last, _ = jax.lax.scan(read, start, (jax.vmap(self.embedding)(tokens), mask))
        return self.head(last)


def example_loss(model, batch, label):
    logit = model(batch["tokens"], batch["mask"])
    return optax.sigmoid_binary_cross_entropy(logit, label)


def loss_fn(model, batch, labels):
    axes = (None, {"tokens": 1, "mask": 1}, 0)
    return eqx.filter_vmap(example_loss, in_axes=axes)(model, batch, labels).mean()


@eqx.filter_jit
def step(model, opt_state, batch, labels):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, batch, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


token_key, length_key, model_key = jr.split(jr.PRNGKey(70), 3)
tokens = jr.randint(token_key, (9, 16), 0, 20)
lengths = jr.randint(length_key, (16,), 3, 10)
batch = {"tokens": tokens, "mask": jnp.arange(9)[:, None] < lengths}
labels = (tokens[0] > 9).astype(jnp.float32)
model = SentimentRNN(20, 8, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(12):
    model, opt_state, loss = step(model, opt_state, batch, labels)
print("loss", loss)
