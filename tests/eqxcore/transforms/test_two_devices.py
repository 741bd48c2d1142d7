"""Transformations where there are two devices."""

import warnings

import jax
import jax.numpy as jnp
import pytest

import eqxcore
from tests.two_devices import with_two_devices


@pytest.mark.parametrize("donate", ["all", "all-except-first"])
@with_two_devices
def test_donation_is_silent_where_only_the_device_changes(donate):
    f = eqxcore.filter_jit(lambda x, y: x.sum() + y.sum(), donate=donate)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for device in jax.devices():
            assert f(*jax.device_put([jnp.ones(3)] * 2, device)) == 6.0
    loud = eqxcore.filter_jit(lambda x, y: x.sum() + y.sum(), donate="warn")
    with pytest.warns(UserWarning, match="donated buffers"):
        loud(jnp.ones(3), jnp.ones(3))


@with_two_devices
def test_too_many_slices_are_counted_against_the_devices():
    with pytest.raises(ValueError, match=r"size 3.*only 2.*filter_vmap"):
        eqxcore.filter_pmap(lambda x: x)(jnp.ones(3))


@with_two_devices
def test_a_device_may_stand_in_a_tree_of_shardings():
    first, second = jax.devices()
    moved = eqxcore.filter_shard({"a": jnp.ones(2), "b": "text"}, {"a": second, "b": first})
    assert moved["a"].devices() == {second}
    assert moved["b"] == "text"


@with_two_devices
def test_shardings_that_do_not_fit_the_tree_are_shown():
    with pytest.raises(ValueError, match=r"device_or_shardings.*a tuple of 2.*a tuple of 1"):
        eqxcore.filter_shard((jnp.ones(2),), tuple(jax.devices()))


@with_two_devices
def test_pmap_says_what_is_wrong_with_its_arguments():
    with pytest.raises(RuntimeError, match=r"`filter_pmap`: \['x'\]"):
        eqxcore.filter_pmap(lambda x: x)(x=jnp.ones(2))
    with pytest.raises(ValueError, match=r"donate='some'.*'all', 'warn', 'none'"):
        eqxcore.filter_pmap(lambda x: x, donate="some")
    with pytest.raises(TypeError, match="unknown"):
        eqxcore.filter_pmap(lambda x: x, unknown=1)


@with_two_devices
def test_pmap_compiles_once():
    traced = []
    f = eqxcore.filter_pmap(lambda x, n: (traced.append(n), x * n)[1])
    for n in (1, 2, 1, 2):
        f(jnp.ones(2), n)
    assert traced == [1, 2]
