from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.analysis import abstract, scalar_paths
from eqxviz.analysis.tracing import argument_names


def test_abstract_keeps_all_but_the_values():
    model = eqxcore.nn.Linear(2, 3, key=jax.random.key(0))
    tree = {"model": model, "weak": jnp.asarray(1.0), "np": np.ones(2), "n": 3, "f": jnp.tanh}
    shapes = abstract(tree)
    assert shapes["model"].weight == jax.ShapeDtypeStruct((3, 2), jnp.float32)
    assert shapes["model"].in_features == 2
    assert shapes["weak"].weak_type
    assert shapes["np"].dtype == np.float64
    assert (shapes["n"], shapes["f"]) == (3, jnp.tanh)
    assert not any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(shapes))


def test_abstract_works_on_donated_arrays():
    x = jnp.ones((2, 2))
    x.delete()
    assert abstract([x])[0].shape == (2, 2)


@pytest.mark.parametrize(
    ("result", "paths"),
    [
        (jnp.asarray(1.0), [""]),
        ((jnp.asarray(1.0), jnp.ones(2), {"acc": jnp.asarray(3)}), ["[0]", "[2]['acc']"]),
        ([True, 2.0, None, "text"], []),
        (jnp.ones((1,)), []),
        (jnp.asarray(1j), []),
        (jax.random.key(0), []),
        ([jnp.asarray(True), np.float32(2)], ["[0]", "[1]"]),
    ],
)
def test_scalars_of_a_result_have_paths(result: Any, paths: list[str]):
    assert [path for path, _ in scalar_paths(result)] == paths


def test_scalars_in_a_module_are_attributes():
    class Metrics(eqxcore.Module):
        loss: jax.Array
        norm: jax.Array

    result = Metrics(jnp.asarray(1.0), jnp.ones(3))
    assert scalar_paths(result) == [(".loss", result.loss)]


def test_argument_names_are_those_of_the_signature():
    def f(a: Any, b: Any = 1, *rest: Any, key: Any = None) -> None: ...

    assert argument_names(f, 1) == ["a"]
    assert argument_names(f, 4) == ["a", "b", "rest[0]", "rest[1]"]
    assert argument_names(jax.jit(f), 2) == ["a", "b"]
    assert argument_names(eqxcore.filter_jit(f), 2) == ["a", "b"]
    assert argument_names(equinox.filter_jit(f), 2) == ["a", "b"]
    assert argument_names(max, 2) == ["args[0]", "args[1]"]
