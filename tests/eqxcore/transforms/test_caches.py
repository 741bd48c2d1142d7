"""Clearing what is remembered of jitted functions."""

import gc
import weakref

import jax
import jax.numpy as jnp
import pytest

import eqxcore

X = jnp.arange(3.0)


def test_what_is_compiled_stays_until_jax_forgets_it():
    traced = []
    f = eqxcore.filter_jit(lambda x, n: (traced.append(n), x * n)[1])
    g = eqxcore.filter_jit(
        lambda x, n: (traced.append(n), x * n)[1], donate="all", keep_unused=True
    )
    for _ in range(2):
        f(X, 2)
        g(X + 0, 3)
        assert eqxcore.clear_caches() is None
    assert traced == [2, 3]
    jax.clear_caches()
    f(X, 2)
    g(X + 0, 3)
    assert traced == [2, 3, 2, 3]


@pytest.mark.full
def test_caches_of_jax_may_be_cleared_alone_or_too():
    traced = []
    f = eqxcore.filter_jit(lambda x: (traced.append(x), x + 1)[1])
    for clear in (jax.clear_caches, eqxcore.clear_caches):
        f(X)
        clear()
    f(X)
    assert len(traced) == 2


def test_clearing_lets_go_of_what_was_closed_over():
    class Held:
        pass

    held = Held()
    f = eqxcore.filter_jit(lambda x, static: x)
    f(X, held)
    gone = weakref.ref(held)
    del held
    eqxcore.clear_caches()
    jax.clear_caches()
    gc.collect()
    assert gone() is None
