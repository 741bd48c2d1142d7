"""Donating arguments."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eqxcore

MODES = {
    "none": (False, False, False),
    "all": (True, True, True),
    "warn": (True, True, True),
    "all-except-first": (False, True, True),
    "warn-except-first": (False, True, True),
}
UNUSED = "Some donated buffers were not usable"


def arrays(n: int) -> list[jax.Array]:
    return [jnp.arange(3.0) + i for i in range(n)]


def deleted(*values: jax.Array) -> tuple[bool, ...]:
    return tuple(value.is_deleted() for value in values)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("by_name", [False, True])
def test_each_mode_donates_what_it_says(eqx, mode, by_name):
    f = eqx.filter_jit(lambda a, b, *, c: (a + 1, b + 1, c + 1, "static"), donate=mode)
    a, b, c = arrays(3)
    if by_name:
        f(c=c, b=b, a=a)
    else:
        f(a, b, c=c)
    assert deleted(a, b, c) == MODES[mode]


@pytest.mark.parametrize("mode", MODES)
def test_unused_donations_warn_if_asked(eqx, mode):
    f = eqx.filter_jit(lambda a, b: a.sum() + b.sum(), donate=mode)
    if mode.startswith("warn"):
        with pytest.warns(UserWarning, match=UNUSED):
            f(*arrays(2))
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            f(*arrays(2))
            f(*[jnp.ones(4)] * 2)  # another shape is compiled anew


def test_silence_ends_with_the_call():
    f = eqxcore.filter_jit(lambda a: a.sum(), donate="all")
    before = list(warnings.filters)
    f(jnp.ones(3))
    assert warnings.filters == before
    with pytest.raises(RuntimeError, match="on purpose"):
        eqxcore.filter_jit(_fail, donate="all")(jnp.ones(3))
    assert warnings.filters == before


def _fail(_: Any) -> None:
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("mode", ["all", "all-except-first"])
def test_methods_count_the_module_as_first_argument(eqx, mode):
    class M(eqx.Module):
        w: Any

        @eqx.filter_jit(donate=mode)
        def __call__(self, v):
            return self.w + 1, v + 1

    w, v = arrays(2)
    M(w)(v)
    assert deleted(w, v) == (mode == "all", True)


@pytest.mark.parametrize("mode", ["all", "all-except-first"])
def test_arrays_of_the_function_itself_come_after_the_arguments(eqx, mode):
    class M(eqx.Module):
        w: Any

        def f(self, v):
            return self.w + 1, v + 1

    w, v = arrays(2)
    eqx.filter_jit(M(w).f, donate=mode)(v)
    assert deleted(w, v) == (True, mode == "all")


def test_a_donated_array_cannot_be_used_again(eqx):
    f = eqx.filter_jit(lambda a: a + 1, donate="all")
    [a] = arrays(1)
    f(a)
    with pytest.raises((RuntimeError, ValueError), match=r"deleted|donated"):
        f(a)


def test_unknown_modes_are_refused(eqx):
    with pytest.raises(ValueError, match="must be one of 'all', 'all-except-first'"):
        eqx.filter_jit(lambda x: x, donate="some")


def test_a_train_loop_with_donation(eqx):
    @eqx.filter_jit(donate="all")
    def step(state):
        model, n = state
        return {k: v - 0.1 for k, v in model.items()}, n

    state = {"w": jnp.ones(3), "b": jnp.zeros(())}, "name"
    for _ in range(3):
        state = step(state)
    assert state[0]["b"] == pytest.approx(-0.3)


def test_lowering_is_silent_too():
    f = eqxcore.filter_jit(lambda a: a.sum(), donate="all")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            assert f.lower(jnp.ones(3)).compile()(jnp.ones(3)) == 3.0
