"""Short texts that run nothing of a user's."""

import collections
import dataclasses
import enum

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.analysis.short_text import own_text


class Bad:
    def __init__(self):
        self.width = 3

    def __repr__(self):
        raise AssertionError("it was run")


class BadList(list):
    __repr__ = Bad.__repr__


class BadError(ValueError):
    __repr__ = Bad.__repr__


class Name(str):
    pass


class Kind(enum.Enum):
    A = 1


@dataclasses.dataclass
class Config:
    rate: float
    inner: Bad


State = collections.namedtuple("State", ["count", "mu"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Bad(), "Bad(width=3)"),
        ([Bad(), {"a": Bad()}], "[Bad(width=3), {'a': Bad(width=3)}]"),
        (BadList([1, 2]), "BadList of 2"),
        (BadError("no", Bad()), "BadError('no', Bad(width=3))"),
        (collections.deque([Bad()]), "deque of 1"),
        (Config(0.1, Bad()), "Config(rate=0.1, inner=Bad(width=3))"),
        (State(jnp.zeros((), jnp.int32), jnp.ones(3)), "State(count=i32[] 0, mu=f32[3])"),
        (Name("adam"), "'adam'"),
        (Kind.A, "<Kind.A: 1>"),
        (np.float32(3), "np.float32(3.0)"),
        (np.array(2), "i64[] 2"),
        (jnp.float32(2), "f32[] 2.0"),
        (jnp.ones((8, 3)), "f32[8,3]"),
        (jax.random.key(1), "key<fry>[]"),
        (jax, "<module jax>"),
        (range(3), "range(0, 3)"),
        (object(), "<object>"),
    ],
)
def test_a_value_is_told_by_its_class_and_what_it_holds(value: object, text: str):
    assert own_text(value) == text


def test_a_module_of_the_users_own_repr_is_told_as_others():
    class Own(eqxcore.Module):
        weight: jax.Array

        def __repr__(self):
            raise AssertionError("it was run")

    assert own_text(Own(jnp.ones(2))) == "Own(weight=f32[2])"


def test_an_array_that_is_gone_or_traced_is_told_as_such():
    array = jnp.ones(3)
    array.delete()
    assert own_text(array) == "f32[3] deleted"
    texts: list[str] = []
    jax.jit(lambda x: texts.append(own_text(x)))(jnp.ones(2))
    assert texts == ["f32[2] traced"]
