"""The debugging functions, where they promise more than parity."""

import copy
import io
import pickle
import sys
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eqxcore as eqx

X = jnp.arange(3.0, dtype="float32")


def test_too_many_traces_name_the_argument_that_changed():
    @eqx.filter_jit
    @eqx.debug.assert_max_traces(max_traces=2)
    def f(x: Any, scale: float, flag: bool = True) -> Any:
        return x * scale

    f(X, 2.0)
    f(X, 3.0)
    with pytest.raises(RuntimeError, match=r"only be traced 2 times.*the 3rd time") as caught:
        f(X[:2], 3.0)
    text = str(caught.value)
    assert "`x` is now\nf32[2]\nand was before\nf32[3]" in text
    assert "scale" not in text.partition("What differs")[2]


def test_a_number_that_should_be_an_array_is_named():
    f = eqx.filter_jit(eqx.debug.assert_max_traces(lambda x, rate: x * rate, max_traces=1))
    f(X, 0.1)
    with pytest.raises(RuntimeError, match=r"`rate` is now\n0\.2\nand was before\n0\.1"):
        f(X, 0.2)


def test_a_retrace_with_equal_arguments_says_so():
    f = eqx.debug.assert_max_traces(lambda x: x, max_traces=1)
    f(X)
    with pytest.raises(RuntimeError, match="No argument differs"):
        f(X)


def test_a_limit_of_nothing_says_so():
    f = eqx.debug.assert_max_traces(lambda x: x, max_traces=0)
    with pytest.raises(
        RuntimeError, match=r"traced 0 times, and is now traced for the 1st time\.\Z"
    ):
        f(X)


def test_functions_without_a_signature_are_counted():
    f = eqx.debug.assert_max_traces(max, max_traces=1)
    assert f(1, 2) == 2
    with pytest.raises(RuntimeError, match=r"`args\[1\]` is now\n3\nand was before\n2"):
        f(1, 3)


def test_copies_share_a_count_and_pickles_do_not():
    f = eqx.debug.assert_max_traces(_double, max_traces=None)
    f(1)
    copied = copy.deepcopy(f)
    copied(1)
    assert eqx.debug.get_num_traces(f) == eqx.debug.get_num_traces(copied) == 2
    assert eqx.debug.get_num_traces(pickle.loads(pickle.dumps(f))) == 0


def _double(x: Any) -> Any:
    return x * 2


def test_arrays_of_counted_calls_are_not_kept():
    counted = eqx.filter_jit(eqx.debug.assert_max_traces(lambda x: x + 1, max_traces=1))
    with jax.checking_leaks():  # raises where a tracer outlives its trace
        assert counted(X).tolist() == (X + 1).tolist()


def test_what_is_not_counted_is_named():
    with pytest.raises(
        ValueError, match=r"function _double.*`assert_max_traces\(max_traces=None\)`"
    ):
        eqx.debug.get_num_traces(_double)


def test_a_nan_cotangent_names_the_place_that_was_watched():
    def f(x: Any) -> Any:
        y = eqx.debug.backward_nan(x, name="activations")
        return jnp.sum(y * jnp.nan)

    with pytest.raises(
        eqx.EquinoxRuntimeError, match=r"\AThere is a NaN in the cotangent of 'activations'"
    ) as caught:
        eqx.filter_jit(jax.grad(f))(X)
    assert 'y = eqx.debug.backward_nan(x, name="activations")' in str(caught.value)


def test_a_nan_cotangent_goes_the_way_of_all_checks(monkeypatch):
    monkeypatch.setenv("EQX_ON_ERROR", "off")
    out = eqx.filter_jit(jax.grad(lambda x: jnp.sum(eqx.debug.backward_nan(x) * jnp.nan)))(X)
    assert jnp.isnan(out).all()


def test_breakpoint_if_opens_a_debugger_with_the_frames_of_the_user(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("p local\nbt\nc\n"))

    @eqx.filter_jit
    def f(x: Any) -> Any:
        local = x + 1
        eqx.debug.breakpoint_if(x > 1, num_frames=1)
        return local

    assert f(X).tolist() == [1, 2, 3]
    out = capsys.readouterr().out
    assert "Array([1., 2., 3.], dtype=float32)" in out
    assert "eqx.debug.breakpoint_if(x > 1, num_frames=1)" in out
    f(X - 5)
    assert "jdb" not in capsys.readouterr().out


def test_breakpoint_if_returns_its_token(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("c\n"))
    f = eqx.filter_jit(lambda x: eqx.debug.breakpoint_if(x > 1, token=x, num_frames=1))
    for shift in (0, 5):
        out = f(X - shift)
        assert out.tolist() == (X - shift).tolist()
        assert ("jdb" in capsys.readouterr().out) is (shift == 0)


def test_keys_are_seen_to_be_computed(capsys):
    @jax.jit
    def f(key: Any) -> Any:
        return eqx.debug.store_dce(jax.random.split(key), name="keys")

    f(jax.random.key(0))
    eqx.debug.inspect_dce("keys")
    assert capsys.readouterr().out == (
        "Found 1 call to `eqxcore.debug.store_dce`.\nEntry 0:\nu32[2,2]\n"
    )


def test_arrays_in_a_differentiated_function_are_seen(capsys):
    @jax.jit
    def f(x: Any) -> Any:
        return jax.value_and_grad(lambda x: eqx.debug.store_dce((x**2, x + 1), name="g")[0])(x)

    value, gradient = f(3.0)
    assert (value, gradient) == (9, 6)
    eqx.debug.inspect_dce("g")
    assert "(f32[], <DCE'd>)" in capsys.readouterr().out


def test_the_wrong_side_of_jit_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"inside of JIT.*Call it in the function given to"):
        eqx.debug.store_dce(X)
    with pytest.raises(RuntimeError, match=r"outside of JIT.*Call it once"):
        jax.jit(lambda x: eqx.debug.inspect_dce() or x)(X)
