"""`Partial` and `module_update_wrapper`."""

import functools
import inspect
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import pytest


def hello(x: int, y: int = 2) -> int:
    """Say it."""
    return x + y


def make_wrapper(eqx):
    class Wrapper(eqx.Module):
        fn: Any

        def __call__(self, *args, **kwargs):
            return self.fn(*args, **kwargs)

        @property
        def __wrapped__(self):
            return self.fn

    return Wrapper


def test_partial_is_a_tree_of_function_and_arguments(eqx):
    partial = eqx.Partial(hello, 1, y=2)
    assert (partial.func, partial.args, partial.keywords) == (hello, (1,), {"y": 2})
    assert jtu.tree_leaves(partial) == [hello, 1, 2]
    assert partial() == 3


def test_partial_puts_its_arguments_first_and_refuses_doubles(eqx):
    def collect(*args, **kwargs):
        return args, kwargs

    partial = eqx.Partial(collect, 1, a=2)
    assert partial(3, b=4) == ((1, 3), {"a": 2, "b": 4})
    with pytest.raises(TypeError, match="multiple values for keyword argument 'a'"):
        partial(a=5)


def test_partial_of_a_module_is_differentiated_in_it(eqx):
    class M(eqx.Module):
        w: Any

        def __call__(self, x):
            return self.w * x

    partial = eqx.Partial(M(jnp.array(2.0)), jnp.array(3.0))
    gradient = eqx.filter_grad(lambda p: p())(partial)
    assert (gradient.func.w, gradient.args[0]) == (3.0, 2.0)


def test_update_wrapper_copies_attributes_and_leaves_the_original(eqx):
    wrapper = make_wrapper(eqx)(hello)
    updated = eqx.module_update_wrapper(wrapper)
    assert (updated.__name__, updated.__doc__) == ("hello", "Say it.")
    assert updated.__module__ == __name__
    assert updated.__annotations__ == {"x": int, "y": int, "return": int}
    assert inspect.signature(updated) == inspect.signature(hello)
    assert "__name__" not in vars(wrapper)
    assert updated(1) == 3


def test_wrapper_attributes_survive_transformations(eqx):
    updated = eqx.module_update_wrapper(make_wrapper(eqx)(hello))
    again = jtu.tree_map(lambda leaf: leaf, updated)
    assert (again.__name__, again.__doc__) == ("hello", "Say it.")
    assert jtu.tree_structure(again) == jtu.tree_structure(updated)
    other = eqx.module_update_wrapper(make_wrapper(eqx)(hello), lambda: 0)
    assert other.__name__ == "<lambda>"


def test_absent_attributes_are_not_invented(eqx):
    partial = functools.partial(hello, 1)
    updated = eqx.module_update_wrapper(make_wrapper(eqx)(partial))
    assert "__name__" not in vars(updated)


def test_update_wrapper_needs_the_property(eqx):
    class M(eqx.Module):
        fn: Any

    for wrong in (M(hello), 3):
        with pytest.raises(ValueError, match="must supply `__wrapped__` as a property"):
            eqx.module_update_wrapper(wrong)


def test_wrapped_arrays_are_traced(eqx):
    updated = eqx.module_update_wrapper(make_wrapper(eqx)(jnp.ones(2)))
    doubled = jax.jit(lambda w: jtu.tree_map(lambda leaf: 2 * leaf, w))(updated)
    assert doubled.fn.tolist() == [2.0, 2.0]
