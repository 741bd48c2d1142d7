import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SkipGram(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, vocabulary, size, *, key):
        embed_key, head_key = jr.split(key)
        embedding = eqx.nn.Embedding(vocabulary, size, key=embed_key)
        head = eqx.nn.Linear(size, vocabulary, key=head_key)
        self.shared = eqx.nn.Shared(
            (embedding, head), where=lambda pair: pair[1].weight, get=lambda pair: pair[0].weight
        )

    def __call__(self, token):
        embedding, head = self.shared()
        return head(embedding(token))


model_key, text_key = jr.split(jr.PRNGKey(0))
model = SkipGram(20, 10, key=model_key)
text = jnp.cumsum(jr.randint(text_key, (24, 13), 1, 3), axis=1) % 20
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state, text):
    def loss_fn(model):
        logits = jax.vmap(jax.vmap(model))(text[:, :-1])
        return optax.softmax_cross_entropy_with_integer_labels(logits, text[:, 1:]).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(10):
    model, opt_state, loss = step(model, opt_state, text)
print(loss)
