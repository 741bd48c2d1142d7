"""Laws that hold for every model: tried on random trees of Modules.

In an ordinary run each law is tried on the same few models every time, in a full run on many more.
"""

import io
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eqxcore as eqx
from tests.eqxcore.pytrees import same

# Which says so of beartype, where that checks the package at run time.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

_SIZE = 3

#: Takes a model and a seed, and raises an error if it does not hold of them.
Law = Callable[[Any, int], None]


class Scale(eqx.Module):
    """Multiplies by an array, and repeats its own last step by a static count."""

    by: jax.Array
    times: int = eqx.field(static=True)

    def __call__(self, x: jax.Array, *, key: Any = None) -> jax.Array:
        for _ in range(self.times):
            x = jnp.tanh(self.by * x)
        return x


class Residual(eqx.Module):
    """Adds to its input what a layer makes of it."""

    inner: Any
    note: Any = None

    def __call__(self, x: jax.Array, *, key: Any = None) -> jax.Array:
        return x + self.inner(x)


class Mean(eqx.Module):
    """Returns the mean of what several layers make of its input."""

    parts: dict[str, Any]

    def __call__(self, x: jax.Array, *, key: Any = None) -> jax.Array:
        return sum(part(x) for part in self.parts.values()) / len(self.parts)


def _mean(parts: dict[str, Any]) -> Mean:
    return Mean(dict(sorted(parts.items())))  # the order in which JAX puts them together again


def _layers() -> st.SearchStrategy[Any]:
    nn, keys = eqx.nn, st.integers(0, 99).map(jax.random.key)
    return st.one_of(
        keys.map(lambda key: nn.Linear(_SIZE, _SIZE, key=key)),
        keys.map(lambda key: nn.Linear(_SIZE, _SIZE, use_bias=False, key=key)),
        keys.map(lambda key: nn.MLP(_SIZE, _SIZE, 4, 1, activation=jnp.tanh, key=key)),
        keys.map(lambda key: nn.WeightNorm(nn.Linear(_SIZE, _SIZE, key=key))),
        st.builds(Scale, st.floats(0.5, 2).map(jnp.array), st.integers(1, 2)),
        st.sampled_from([nn.Lambda(jnp.sin), nn.Identity(), nn.Dropout(0.5, inference=True)]),
        st.builds(nn.RMSNorm, st.just(_SIZE), st.floats(0.1, 1), st.booleans(), st.booleans()),
    )


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    notes = st.sampled_from([None, "text", 3, jnp.sin, np.arange(2), (1, {"a": jnp.ones(2)})])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(eqx.nn.Sequential),
        st.builds(Residual, inner, notes),
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2).map(_mean),
    )


#: Models that take a vector and return one of the same length.
models = st.recursive(_layers(), _wider, max_leaves=4)


def _inputs(seed: int, *batch: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), (*batch, _SIZE))


def combining_undoes_partitioning(model: Any, seed: int) -> None:
    """Whatever the predicate, and if the parts are taken apart again."""
    for predicate in (eqx.is_array, eqx.is_inexact_array, callable, lambda _: seed % 2 == 0):
        one, two = eqx.partition(model, predicate)
        assert same(eqx.combine(one, two), model)
        assert same(eqx.combine(two, *eqx.partition(one, eqx.is_inexact_array)), model)


def unflattening_undoes_flattening(model: Any, seed: int) -> None:
    """With paths and without, and by `tree_map`; the result prints and computes the same."""
    leaves, structure = jtu.tree_flatten(model)
    pairs, keyed = jtu.tree_flatten_with_path(model)
    again = structure.unflatten(leaves)
    assert same(again, model)
    assert structure == keyed
    assert all(leaf is each for leaf, (_, each) in zip(leaves, pairs, strict=True))
    assert repr(again) == repr(model)
    assert same(jtu.tree_map(lambda leaf: leaf, model), model)
    assert jnp.array_equal(again(_inputs(seed)), model(_inputs(seed)))


def what_tree_at_sets_is_what_is_got(model: Any, seed: int) -> None:
    """And all else stays, so that setting the old leaf gives the old model."""
    leaves = jtu.tree_leaves(model)
    if not leaves:
        return
    place = seed % len(leaves)
    where = lambda tree: jtu.tree_leaves(tree)[place]  # noqa: E731
    changed = eqx.tree_at(where, model, "new")
    expected = [*leaves[:place], "new", *leaves[place + 1 :]]
    assert jtu.tree_structure(changed) == jtu.tree_structure(model)
    assert all(a is b for a, b in zip(jtu.tree_leaves(changed), expected, strict=True))
    assert same(eqx.tree_at(where, changed, leaves[place]), model)


def compiling_changes_nothing(model: Any, seed: int) -> None:
    """Neither the result nor the gradient."""
    x = _inputs(seed)

    def loss(model: Any) -> jax.Array:
        return jnp.sum(model(x) ** 2)

    np.testing.assert_allclose(eqx.filter_jit(model)(x), model(x), rtol=1e-4, atol=1e-5)
    compiled = eqx.filter_jit(eqx.filter_grad(loss))(model)
    close = eqx.tree_equal(compiled, eqx.filter_grad(loss)(model), rtol=1e-3, atol=1e-4)
    assert bool(close)


def the_gradient_is_the_finite_difference(model: Any, seed: int) -> None:
    """Along a random direction, in double precision."""
    with jax.enable_x64(True):
        params, rest = eqx.partition(model, eqx.is_inexact_array)
        params = jtu.tree_map(lambda leaf: jnp.asarray(leaf, jnp.float64), params)
        x = _inputs(seed).astype(jnp.float64)
        generator = np.random.default_rng(seed)
        direction = jtu.tree_map(lambda leaf: generator.normal(size=leaf.shape), params)

        @jax.jit
        def along(step: Any) -> jax.Array:
            moved = jtu.tree_map(lambda p, d: p + step * d, params, direction)
            return jnp.sum(eqx.combine(moved, rest)(x) ** 2)

        gradient = eqx.filter_grad(lambda p: jnp.sum(eqx.combine(p, rest)(x) ** 2))(params)
        slope = sum(
            jnp.vdot(g, d)
            for g, d in zip(jtu.tree_leaves(gradient), jtu.tree_leaves(direction), strict=True)
        )
        difference = (along(1e-5) - along(-1e-5)) / 2e-5
        np.testing.assert_allclose(difference, slope, rtol=1e-5, atol=1e-5)


def what_is_written_is_read(model: Any, seed: int) -> None:
    """Into a model of the same structure, whatever its numbers."""
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, model)
    file.seek(0)
    like = jtu.tree_map(lambda leaf: leaf * 0 if eqx.is_array(leaf) else leaf, model)
    read = eqx.tree_deserialise_leaves(file, like)
    assert file.read() == b""
    assert bool(eqx.tree_equal(read, model, typematch=False))


def mapping_is_a_loop(model: Any, seed: int) -> None:
    """Over the input, and over models stacked into one."""
    batch = _inputs(seed, 3)
    loop = jnp.stack([model(x) for x in batch])
    mapped = eqx.filter_jit(eqx.filter_vmap(model))(batch)
    np.testing.assert_allclose(mapped, loop, rtol=1e-4, atol=1e-5)

    arrays, rest = eqx.partition(model, eqx.is_array)
    stacked = eqx.combine(jtu.tree_map(lambda leaf: jnp.stack([leaf, leaf]), arrays), rest)
    ensemble = eqx.filter_vmap(lambda model, x: model(x), in_axes=(eqx.if_array(0), None))
    if jtu.tree_leaves(arrays):
        outputs = eqx.filter_jit(ensemble)(stacked, batch[0])
        np.testing.assert_allclose(outputs, jnp.stack([loop[0]] * 2), rtol=1e-4, atol=1e-5)


#: Each law, and on how many models it is tried in an ordinary run.
LAWS: dict[Law, int] = {
    combining_undoes_partitioning: 25,
    unflattening_undoes_flattening: 15,
    what_tree_at_sets_is_what_is_got: 25,
    compiling_changes_nothing: 7,
    the_gradient_is_the_finite_difference: 7,
    what_is_written_is_read: 15,
    mapping_is_a_loop: 7,
}


def _try(law: Law, n_models: int, *, derandomize: bool) -> None:
    tried = settings(
        max_examples=n_models,
        derandomize=derandomize,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    tried(given(models, st.integers(0, 99))(law))()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds(law: Law) -> None:
    _try(law, LAWS[law], derandomize=True)


@pytest.mark.full
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds_of_many_models(law: Law) -> None:
    _try(law, 10 * LAWS[law], derandomize=False)
