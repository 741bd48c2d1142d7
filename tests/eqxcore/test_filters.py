"""Filters: laws, and messages that say what to do."""

from typing import Any

import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqxcore as eqx
from tests.eqxcore.pytrees import law, leaves, pytrees, same


@law
@given(pytrees())
def test_combine_undoes_partition(tree: Any) -> None:
    assert same(eqx.combine(*eqx.partition(tree, eqx.is_array)), tree)


@law
@given(pytrees(), st.randoms(use_true_random=False))
def test_combine_undoes_partition_by_a_whole_tree(tree: Any, random: Any) -> None:
    spec = jtu.tree_map(lambda _: random.random() < 0.5, tree)
    kept, refused = eqx.partition(tree, spec)
    assert same(eqx.combine(kept, refused), tree)
    assert same(eqx.combine(refused, kept), tree)
    assert len(jtu.tree_leaves(kept)) == sum(jtu.tree_leaves(spec))


@law
@given(pytrees())
def test_partition_is_filter_and_its_inverse(tree: Any) -> None:
    kept, refused = eqx.partition(tree, eqx.is_inexact_array, replace=0)
    assert same(kept, eqx.filter(tree, eqx.is_inexact_array, replace=0))
    assert same(refused, eqx.filter(tree, eqx.is_inexact_array, replace=0, inverse=True))


@law
@given(leaves())
def test_each_predicate_implies_the_wider_one(leaf: Any) -> None:
    inexact = eqx.is_inexact_array(leaf)
    assert not inexact or (eqx.is_array(leaf) and eqx.is_inexact_array_like(leaf))
    assert not eqx.is_array(leaf) or eqx.is_array_like(leaf)
    assert not eqx.is_inexact_array_like(leaf) or eqx.is_array_like(leaf)


def test_bfloat16_is_inexact_in_numpy_too() -> None:
    assert eqx.is_inexact_array(np.ones(2, jnp.bfloat16))
    assert eqx.is_inexact_array_like(np.ones(2, jnp.bfloat16))


def test_a_class_that_defines_jax_array_is_no_array() -> None:
    class Offers:
        def __jax_array__(self) -> Any:
            return jnp.ones(2)

    assert eqx.is_inexact_array_like(Offers())
    assert not eqx.is_array_like(Offers)


def test_a_callable_pytree_is_a_tree_of_rules() -> None:
    class Rules(eqx.Module):
        first: Any
        second: Any

        def __call__(self, leaf: Any) -> bool:
            raise AssertionError("it is no rule itself")

    filtered = eqx.filter(Rules(1, 2), Rules(True, False))
    assert (filtered.first, filtered.second) == (1, None)


def test_a_wrong_rule_is_named() -> None:
    with pytest.raises(ValueError, match=r"is 'x', of type `str`.*`True` or `False`, or a func"):
        eqx.filter([1, 2], [True, "x"])


def test_a_rule_without_a_return_is_named() -> None:
    with pytest.raises(ValueError, match=r"returned None for \d, the leaf at .*`return` missing"):
        eqx.partition([1], lambda _: None)


def test_a_spec_that_does_not_fit_is_located() -> None:
    with pytest.raises(
        ValueError, match=r"prefix.*filter_spec\['b'\]` it has a tuple of 1 .* tuple of 2"
    ):
        eqx.filter({"a": 1, "b": (1, 2)}, {"a": True, "b": (True,)})


def test_trees_that_do_not_combine_are_located() -> None:
    with pytest.raises(
        ValueError, match=r"pytrees\[0\]\['a'\]` is a list of 2 .*\[1\]\['a'\]` is None"
    ):
        eqx.combine({"a": [1, None]}, {"a": None})


def test_combine_of_nothing_says_so() -> None:
    with pytest.raises(TypeError, match="needs at least one PyTree"):
        eqx.combine()
