"""How many samples a step takes is read off its data, where they agree."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.records import BatchSize

from .conftest import Seen


def sizes(seen: Seen) -> list[tuple[int, int]]:
    return [(record.step, record.size) for record in seen.of(BatchSize)]


@jax.jit
def unseen(x):
    return x


def train(seen: Seen, step: Any, *batches: Any) -> list[tuple[int, int]]:
    state = {"w": jnp.ones((3, 4)), "b": jnp.zeros(4)}
    for batch in batches:
        loss, state = step(state, *batch)
        del loss
    return sizes(seen)


def step_of(function: Any = None) -> Any:
    @jax.jit
    def step(state, *args, **kwargs):
        return 0.5, jax.tree.map(lambda p: p * 0.9, state)

    return step


def test_the_leading_axis_that_all_data_share_is_the_size(seen: Seen):
    batch = (jnp.ones((8, 3)), np.zeros(8, np.int32))
    assert train(seen, step_of(), batch, batch) == [(1, 8)]


def test_data_in_a_dict_count_and_keys_and_scalars_do_not(seen: Seen):
    batch = (
        {"x": jnp.ones((5, 3)), "y": jnp.ones(5)},
        jax.random.key(0),
        jax.random.PRNGKey(0),
        0.1,
    )
    assert train(seen, step_of(), batch) == [(1, 5)]


def test_data_that_disagree_say_nothing(seen: Seen):
    assert train(seen, step_of(), (jnp.ones((8, 3)), jnp.ones((3, 8)))) == []
    assert train(seen, step_of(), ()) == []


def test_a_smaller_last_batch_of_every_epoch_is_seen_each_time(seen: Seen):
    whole, rest = (jnp.ones((8, 3)),), (jnp.ones((2, 3)),)
    found = train(seen, step_of(), whole, whole, rest, whole, whole, rest, whole)
    assert found == [(1, 8), (3, 2), (4, 8), (6, 2), (7, 8)]


def test_an_epoch_in_one_call_takes_all_its_batches(seen: Seen):
    @jax.jit
    def epoch(state, xs, ys):
        def body(state, batch):
            return jax.tree.map(lambda p: p * 0.9, state), jnp.mean(batch[0])

        state, losses = jax.lax.scan(body, state, (xs, ys))
        return losses, state

    assert train(seen, epoch, (jnp.ones((6, 8, 3)), jnp.ones((6, 8)))) == [(1, 48)]


def test_an_evaluation_has_no_say(seen: Seen):
    step, evaluate = step_of(), jax.jit(lambda state, x: jnp.sum(x))
    state = {"w": jnp.ones((3, 4)), "b": jnp.zeros(4)}
    for _ in range(3):
        _, state = step(state, jnp.ones((8, 3)))
        score = evaluate(state, jnp.ones((100, 3)))
    del score
    assert sizes(seen) == [(1, 8)]
