"""Modules as PyTrees: paths, round trips, structures, equality, printing."""

import types
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqxcore


class Empty(eqxcore.Module):
    pass


class One(eqxcore.Module):
    a: Any


class OnlyStatic(eqxcore.Module):
    n: Any = eqxcore.field(static=True)


class Many(eqxcore.Module):
    a: Any
    n: Any = eqxcore.field(static=True)
    b: Any = None
    c: Any = ()
    m: Any = eqxcore.field(static=True, default="m")


def modules() -> st.SearchStrategy[Any]:
    leaves = st.integers() | st.none() | st.text(max_size=2)
    return st.recursive(
        leaves | st.builds(Empty) | st.builds(OnlyStatic, st.integers()),
        lambda inner: (
            st.builds(One, inner)
            | st.builds(Many, inner, st.integers(), inner, st.lists(inner, max_size=2))
            | st.tuples(inner, inner)
        ),
        max_leaves=8,
    )


@given(modules())
def test_flatten_and_unflatten_are_inverse(tree):
    leaves, structure = jtu.tree_flatten(tree)
    again = structure.unflatten(leaves)
    assert again == tree
    assert jtu.tree_structure(again) == structure
    assert repr(again) == repr(tree)
    with_path, same = jtu.tree_flatten_with_path(tree)
    assert same == structure
    assert [leaf for _, leaf in with_path] == leaves


def test_paths_are_attributes(eqx):
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(static=True)

    tree = M([M(1, 2)], 3)
    [(path, leaf)] = jtu.tree_flatten_with_path(tree)[0]
    assert leaf == 1
    assert path == (jtu.GetAttrKey("x"), jtu.SequenceKey(0), jtu.GetAttrKey("x"))


def test_instances_have_a_plain_dictionary(eqx):
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(static=True)

    assert vars(M(1, 2)) == {"x": 1, "y": 2}
    mapped = jtu.tree_map(lambda leaf: leaf + 1, M(1, 2))
    assert {k: v for k, v in vars(mapped).items() if not k.startswith("__")} == {"x": 2, "y": 2}


def test_attributes_that_are_no_fields_do_not_survive(eqx):
    class M(eqx.Module):
        x: Any

    module = M(1)
    object.__setattr__(module, "note", "here")
    assert module.note == "here"
    assert not hasattr(jtu.tree_map(lambda leaf: leaf, module), "note")


def test_slots_in_a_subclass_work():
    class M(eqxcore.Module):
        __slots__ = ("a", "b", "c")
        a: Any
        b: Any
        c: Any

    again = jtu.tree_map(lambda leaf: leaf + 1, M(1, 2, 3))
    assert (again.a, again.b, again.c) == (2, 3, 4)


def test_equal_static_values_of_different_types_make_one_structure(eqx):
    class Config(eqx.Module):
        n: Any = eqx.field(static=True)
        w: Any

    model, loaded = Config(2, jnp.ones(2)), Config(2.0, jnp.zeros(2))
    assert jtu.tree_structure(model) == jtu.tree_structure(loaded)
    assert jtu.tree_map(lambda a, b: a + b, model, loaded).w.tolist() == [1.0, 1.0]
    assert eqx.tree_equal(model, Config(2.0, jnp.ones(2)))


def test_unhashable_static_values_are_allowed_in_structures(eqx):
    class M(eqx.Module):
        n: Any = eqx.field(static=True)

    assert jtu.tree_structure(M([1])) == jtu.tree_structure(M([1]))
    assert jtu.tree_structure(M([1])) != jtu.tree_structure(M([2]))


def test_equality_compares_leaves_and_structure(eqx):
    class M(eqx.Module):
        x: Any
        n: int = eqx.field(static=True, default=0)

    class Other(eqx.Module):
        x: Any
        n: int = eqx.field(static=True, default=0)

    assert M(1) == M(1)
    assert M(1) != M(2)
    assert M(1) != M(1, 3)
    assert M(1) != Other(1)
    assert M(1) != 1
    assert M(jnp.arange(3)) == M(jnp.arange(3))
    assert M(jnp.arange(3)) != M(jnp.arange(3.0))
    assert {M(1), M(1), M(2)} == {M(1), M(2)}


def test_modules_of_arrays_are_unhashable(eqx):
    class M(eqx.Module):
        x: Any

    for array in (jnp.ones(2), np.ones(2)):
        with pytest.raises(TypeError, match="unhashable"):
            hash(M(array))


def test_own_special_methods_are_kept(eqx):
    class M(eqx.Module):
        x: int

        def __hash__(self):
            return 3

        def __eq__(self, other):
            return True

        def __repr__(self):
            return "mine"

    assert (hash(M(1)), M(1) == 3, repr(M(1))) == (3, True, "mine")

    class N(eqx.Module):  # noqa: PLW1641 - what it is without one is the question
        x: int

        def __eq__(self, other):
            return True

    with pytest.raises(TypeError, match="unhashable type"):
        hash(N(1))


def test_repr_shows_fields_and_shortens_arrays(eqx):
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(repr=False)

    assert repr(M(jnp.ones((2, 3)), 4)).endswith("M(x=f32[2,3])")


def test_models_go_through_the_transformations_of_jax(eqx):
    class M(eqx.Module):
        w: Any
        n: int = eqx.field(static=True)

        @jax.jit
        def __call__(self, x):
            return (self.w * x).sum() * self.n

    model = M(jnp.arange(3.0), 2)
    assert model(jnp.ones(3)) == 6.0
    assert jax.grad(lambda m: m(jnp.ones(3)))(model).w.tolist() == [2.0, 2.0, 2.0]
    stacked = M(jnp.ones((4, 3)), 2)
    assert jax.vmap(lambda m: m(jnp.ones(3)))(stacked).tolist() == [6.0] * 4
    carry, _ = jax.lax.scan(lambda m, _: (jtu.tree_map(lambda w: w + 1, m), None), model, length=2)
    assert carry.w.tolist() == [2.0, 3.0, 4.0]


def test_a_method_called_getattr_does_not_disturb(eqx):
    class M(eqx.Module):
        x: int

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return name

    assert M(1).foo == "foo"
    assert jtu.tree_map(lambda leaf: leaf + 1, M(1)).x == 2


def test_classes_made_at_run_time_work():
    made: Any = types.new_class(
        "Made", (eqxcore.Module,), {}, lambda ns: ns.update(__annotations__={"x": int})
    )
    assert jtu.tree_leaves(made(3)) == [3]
