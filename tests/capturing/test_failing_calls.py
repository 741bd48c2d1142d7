"""Calls that raise: they are counted, and what they compiled is told."""

from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore

from .conftest import Seen


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
def test_a_first_call_in_which_an_error_is_found_has_compiled(seen: Seen, library: Any):
    @library.filter_jit
    def step(x):
        return library.error_if(x, x.sum() > 5, "too large") * 2

    with pytest.raises(RuntimeError, match="too large"):
        step(9 * jnp.ones(3))
    step(jnp.ones(3))
    (event,) = seen.compiles
    assert event.call == 1
    assert event.compile_seconds > 0
    assert event.file == __file__
    assert seen.calls("step") == 2


def test_nans_that_are_looked_for_do_not_hide_the_compilation(seen: Seen):
    step = jax.jit(lambda x: jnp.log(x))
    with jax.debug_nans(True), pytest.raises(FloatingPointError, match="nan"):
        step(-jnp.ones(3))
    assert [event.call for event in seen.compiles] == [1]


def test_a_call_that_cannot_be_traced_is_counted_and_compiles_nothing(seen: Seen):
    @jax.jit
    def step(x):
        if x.shape[0] == 3:
            raise ValueError(f"three: {jnp.arange(7.0).sum()}")
        return 2 * x

    for n in (3, 2, 3):
        if n == 3:
            with pytest.raises(ValueError, match="three"):
                step(jnp.ones(n))
        else:
            step(jnp.ones(n))
    assert seen.calls("step") == 3
    assert [event.call for event in seen.compiles] == [2]
    assert seen.compiles[0].causes == ()
