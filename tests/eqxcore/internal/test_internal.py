"""What other libraries of this kind are built with, where it promises more than parity."""

import jax
import jax.numpy as jnp
import pytest

import eqxcore.internal as eqxi


def test_the_seed_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("EQX_GETKEY_SEED", "42")
    assert eqxi.GetKey().seed == 42
    assert eqxi.GetKey(3).seed == 3
    monkeypatch.setenv("EQX_GETKEY_SEED", "many")
    with pytest.raises(ValueError, match=r"EQX_GETKEY_SEED is 'many'.*whole number"):
        eqxi.GetKey()


def test_keys_differ_and_come_again_for_the_same_seed():
    first, second = eqxi.GetKey(5), eqxi.GetKey(5)
    keys = [first().tolist() for _ in range(3)]
    assert keys == [second().tolist() for _ in range(3)]
    assert len(set(map(tuple, keys))) == 3
    assert "seed=5, call=3" in repr(first)


def test_differentiating_what_cannot_be_names_it():
    def f(x: jax.Array) -> jax.Array:
        return eqxi.nondifferentiable(x, name="the step size")

    with pytest.raises(RuntimeError, match="the step size is not differentiable"):
        jax.grad(f)(1.0)
    with pytest.raises(RuntimeError, match=r"\Amine\b"):
        jax.jvp(lambda x: eqxi.nondifferentiable(x, msg="mine"), (1.0,), (1.0,))


def test_operands_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"PyTree structures must match(.|\n)*\[\*, \*\]"):
        eqxi.ω([1]) + eqxi.ω([1, 2])
    with pytest.raises(ValueError, match="`is_leaf` must match: it is None of one operand"):
        eqxi.ω([1]) + eqxi.ω([1], is_leaf=lambda node: False)


def test_omega_is_exported_under_its_own_name():
    assert (jnp.ones(2) ** eqxi.ω + 1).ω.tolist() == [2, 2]


def test_reductions_reduce_a_batch_of_a_batch():
    x = jnp.arange(6).reshape(2, 3)
    assert jax.vmap(jax.vmap(eqxi.unvmap_max))(x).tolist() == [[5] * 3] * 2
    assert jax.vmap(jax.vmap(eqxi.unvmap_max, out_axes=None), out_axes=None)(x) == 5
