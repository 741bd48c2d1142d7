"""The comparison itself: what it must see and what it must not mind."""

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from tests.parity.outcome import differences, observe, value_differences


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 2),
        (1, 1.0),
        ([1], [1, 2]),
        ([1], (1,)),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (jnp.ones(2), jnp.zeros(2)),
        (jnp.ones(2), jnp.ones(3)),
        (jnp.ones(2), jnp.ones(2, int)),
        (jnp.ones(2), np.ones(2, np.float32)),
        (jnp.array(1.0), jnp.ones(())),
        (jax.random.key(0), jax.random.key(1)),
        (jnp.sin, jnp.cos),
        (int, float),
        (float("nan"), 1.0),
        (jax.tree_util.tree_structure([1]), jax.tree_util.tree_structure([1, 2])),
        (jax.ShapeDtypeStruct((2,), int), jax.ShapeDtypeStruct((3,), int)),
        (eqxcore.nn.Dropout(0.5), eqxcore.nn.Dropout(0.6)),
        (eqxcore.nn.Dropout(0.5), eqxcore.nn.Identity()),
    ],
)
def test_different_values_are_told_apart(left: object, right: object) -> None:
    assert list(value_differences(left, right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1),
        ({"a": [1, (None, "x")]}, {"a": [1, (None, "x")]}),
        (jnp.ones(2), jnp.ones(2) * (1 + 1e-7)),
        (jnp.array([jnp.nan]), jnp.array([jnp.nan])),
        (float("nan"), float("nan")),
        (jax.random.key(0), jax.random.key(0)),
        (equinox.nn.Dropout(0.5), eqxcore.nn.Dropout(0.5)),
        (equinox.nn.Dropout, eqxcore.nn.Dropout),
        (equinox.is_array, eqxcore.is_array),
        (equinox, eqxcore),
        (ValueError("a"), ValueError("b")),
    ],
)
def test_values_that_mean_the_same_are_the_same(left: object, right: object) -> None:
    assert not list(value_differences(left, right))


def test_an_outcome_holds_print_warning_and_error() -> None:
    def program(eqx: object) -> None:
        print("hello")
        eqxcore.nn.Dropout(deterministic=True)
        raise KeyError("x")

    outcome = observe(program, eqxcore)
    assert outcome.printed == "hello\n"
    assert [category for category, _ in outcome.warnings] == ["UserWarning"]
    assert isinstance(outcome.error, KeyError)


@pytest.mark.parametrize("which", ["printed", "warnings", "error"])
def test_outcomes_that_differ_in_one_thing_only_are_told_apart(which: str) -> None:
    def quiet(eqx: object) -> None:
        pass

    def loud(eqx: object) -> None:
        if which == "printed":
            print("hello")
        elif which == "warnings":
            eqxcore.nn.Dropout(deterministic=True)
        else:
            raise KeyError("x")

    found = differences(observe(quiet, eqxcore), observe(loud, eqxcore))
    assert [line.partition(":")[0] for line in found] == [which]
