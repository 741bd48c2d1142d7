"""Attention maps of a symmetric (shared queries and keys) attention layer."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


def positions(length, size):
    angle = jnp.arange(length)[:, None] / 10 ** (jnp.arange(size // 2) / size)
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=-1)


attention_key, noise_key = jr.split(jr.PRNGKey(0))
attention = eqx.nn.MultiheadAttention(num_heads=2, query_size=8, key=attention_key)
attention = eqx.tree_at(lambda a: a.key_proj.weight, attention, attention.query_proj.weight)


@eqx.filter_jit
def mix(attention, sequences):
    def one(sequence):
        return sequence + attention(sequence, sequence, sequence)

    return jax.vmap(one)(sequences)


sequences = positions(16, 8) + 0.1 * jr.normal(noise_key, (4, 16, 8))
for _ in range(5):
    sequences = mix(attention, sequences)
print("spread of the tokens", sequences.std(axis=1).mean())
