import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Block(eqx.Module):
    attention: eqx.nn.MultiheadAttention
    feed_forward: eqx.nn.MLP

    def __init__(self, size, n_heads, *, key):
        attention_key, mlp_key = jr.split(key)
        self.attention = eqx.nn.MultiheadAttention(n_heads, size, key=attention_key)
        self.feed_forward = eqx.nn.MLP(size, size, 2 * size, 1, jax.nn.gelu, key=mlp_key)

    def __call__(self, sequence):
        mask = jnp.tril(jnp.ones((sequence.shape[0],) * 2, dtype=bool))
        sequence = sequence + self.attention(sequence, sequence, sequence, mask)
        return sequence + jax.vmap(self.feed_forward)(sequence)


class Experiment(eqx.Module):
    model: Block

    def loss(self, tokens, targets):
        predicted = self.model(tokens)
        return jnp.mean(optax.l2_loss(predicted, targets))


@eqx.filter_jit
def evaluate(experiment, tokens):
    return experiment.loss(tokens[:, :-1], tokens[:, 1:])


block_key, token_key = jr.split(jr.key(3))
experiment = Experiment(Block(8, 2, key=block_key))
tokens = jr.normal(token_key, (4, 11, 8))
print("loss", evaluate(experiment, tokens))
