"""What holds of the transformations for every PyTree."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from hypothesis import given, settings

import eqxcore as eqx
from tests.eqxcore.pytrees import law, pytrees

few = settings(law, max_examples=20)
# Those that differentiate, and so compile more.
fewer = settings(law, max_examples=8)


def identity(tree: Any) -> Any:
    return tree


def same(left: Any, right: Any) -> bool:
    """Whether two trees are equal, but for NumPy's arrays being JAX's now."""

    def canonical(leaf: Any) -> Any:
        return np.asarray(leaf) if eqx.is_array(leaf) else leaf

    return bool(eqx.tree_equal(jtu.tree_map(canonical, left), jtu.tree_map(canonical, right)))


def sum_of_squares(tree: Any) -> Any:
    """Return a number that depends on each floating-point array of a tree."""
    arrays = jtu.tree_leaves(eqx.filter(tree, eqx.is_inexact_array))
    return sum((jnp.sum(jnp.abs(x) ** 2).astype(jnp.float32) for x in arrays), jnp.zeros(()))


def with_rules(function: Any) -> Any:
    """Return `function` of a tree, with rules that are what JAX would do."""
    wrapped = eqx.filter_custom_vjp(function)
    wrapped.def_fwd(lambda perturbed, tree: (function(tree), None))

    @wrapped.def_bwd
    def backward(residuals: Any, gradient: Any, perturbed: Any, tree: Any) -> Any:
        return eqx.filter_vjp(function, tree)[1](gradient)[0]

    return wrapped


def with_a_forward_rule(function: Any) -> Any:
    wrapped = eqx.filter_custom_jvp(function)
    wrapped.def_jvp(lambda primals, tangents: eqx.filter_jvp(function, primals, tangents))
    return wrapped


@few
@given(pytrees())
def test_trees_pass_through_everything_unchanged(tree: Any) -> None:
    for transform in (eqx.filter_jit, eqx.filter_checkpoint, with_rules, with_a_forward_rule):
        assert same(transform(identity)(tree), tree)


@few
@given(pytrees())
def test_trees_pass_through_callbacks_unchanged(tree: Any) -> None:
    expected = eqx.filter_eval_shape(identity, tree)
    call = eqx.filter_jit(
        lambda tree: eqx.filter_pure_callback(identity, tree, result_shape_dtypes=expected)
    )
    assert same(call(tree), tree)


@fewer
@given(pytrees())
def test_gradients_are_the_same_with_and_without_rules_and_compiled(tree: Any) -> None:
    expected = eqx.filter_grad(sum_of_squares)(tree)
    ruled = eqx.filter_grad(with_rules(sum_of_squares))
    assert same(ruled(tree), expected)
    assert same(eqx.filter_jit(ruled)(tree), expected)
    assert same(eqx.filter_grad(with_a_forward_rule(sum_of_squares))(tree), expected)


@fewer
@given(pytrees())
def test_jacobians_are_gradients_where_the_result_is_a_number(tree: Any) -> None:
    real, rest = eqx.partition(
        tree, lambda x: eqx.is_inexact_array(x) and not jnp.iscomplexobj(x) and x.size > 0
    )
    if not jax.tree_util.tree_leaves(real):
        return

    def function(real: Any) -> Any:
        return sum_of_squares(eqx.combine(real, rest))

    def wide(tree: Any) -> Any:
        # Forwards, the Jacobian has the type of the result.
        return jtu.tree_map(lambda x: np.asarray(x).astype(np.float64), tree)

    expected = wide(eqx.filter_grad(function)(real))
    assert same(wide(eqx.filter_jacrev(function)(real)), expected)
    assert same(wide(eqx.filter_jacfwd(function)(real)), expected)
