"""Threads of a pool load the batches; their exception arrives where the result is asked for."""
from concurrent.futures import ThreadPoolExecutor

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class CorruptShard(RuntimeError):
    pass


def read_shard(number):
    data = np.random.default_rng(number).normal(size=(6, 4)).astype(np.float32)
    if number == 14:
        raise CorruptShard(f"shard {number}: checksum differs")
    return jnp.asarray(data)


def prefetch(pool, numbers):
    try:
        yield from pool.map(read_shard, numbers)
    except CorruptShard as error:
        raise RuntimeError("the data loader failed") from error


@eqx.filter_jit
def step(model, x):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((jax.vmap(m)(x) - x) ** 2))(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss


model = eqx.nn.Linear(4, 4, key=jr.key(0))
with ThreadPoolExecutor(2) as pool:
    for x in prefetch(pool, range(20)):
        model, loss = step(model, x)
print(loss)
