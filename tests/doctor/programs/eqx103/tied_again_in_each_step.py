import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class Tied(eqx.Module):
    embedding: Array
    middle: eqx.nn.Linear
    unembedding: Array

    def __call__(self, token):
        return self.unembedding @ jnp.tanh(self.middle(self.embedding[token]))


def tie(model):
    middle = (model.embedding + model.unembedding) / 2
    return eqx.tree_at(lambda m: (m.embedding, m.unembedding), model, (middle, middle))


@eqx.filter_jit
def step(model, opt_state, tokens, following):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        logits = jax.vmap(model)(tokens)
        return optax.softmax_cross_entropy_with_integer_labels(logits, following).mean()

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return tie(eqx.apply_updates(model, updates)), opt_state, loss


table_key, middle_key, token_key = jr.split(jr.PRNGKey(1), 3)
table = 0.3 * jr.normal(table_key, (12, 6))
model = Tied(table, eqx.nn.Linear(6, 6, key=middle_key), table)
tokens = jr.randint(token_key, (80,), 0, 12)
following = (5 * tokens + 1) % 12
optim = optax.adam(2e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, tokens, following)
print(loss)
