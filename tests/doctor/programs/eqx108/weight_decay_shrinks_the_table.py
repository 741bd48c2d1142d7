import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Encoder(eqx.Module):
    embedding: eqx.nn.Embedding
    positions: jax.Array
    attention: eqx.nn.MultiheadAttention
    head: eqx.nn.Linear

    def __init__(self, vocabulary, length, size, *, key):
        ke, ka, kh = jr.split(key, 3)
        self.embedding = eqx.nn.Embedding(vocabulary, size, key=ke)
        self.positions = jnp.sin(jnp.arange(length)[:, None] / 10 ** jnp.linspace(0, 3, size))
        self.attention = eqx.nn.MultiheadAttention(2, size, key=ka)
        self.head = eqx.nn.Linear(size, vocabulary, key=kh)

    def __call__(self, tokens):
        xs = jax.vmap(self.embedding)(tokens) + jax.lax.stop_gradient(self.positions)
        return jax.vmap(self.head)(xs + self.attention(xs, xs, xs))


def loss_fn(model, tokens):
    logits = jax.vmap(model)(tokens)
    wanted = jnp.flip(tokens, axis=1)
    return optax.softmax_cross_entropy_with_integer_labels(logits, wanted).mean()


@eqx.filter_jit
def step(model, opt_state, tokens):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, tokens)
    params = eqx.filter(model, eqx.is_inexact_array)
    updates, opt_state = optim.update(grads, opt_state, params)
    return eqx.apply_updates(model, updates), opt_state, loss


token_key, model_key = jr.split(jr.PRNGKey(4))
tokens = jr.randint(token_key, (16, 8), 0, 10)
model = Encoder(10, 8, 8, key=model_key)
optim = optax.adamw(3e-3, weight_decay=0.1)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(15):
    model, opt_state, loss = step(model, opt_state, tokens)
print("loss", loss)
