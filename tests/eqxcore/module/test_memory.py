"""What instances weigh."""

import sys
import tracemalloc
from types import FunctionType
from typing import Any

import equinox
import pytest

import eqxcore


def _weight(eqx: Any, count: int) -> float:
    """Return the bytes of an instance, if there are `count` of their class."""

    class Point(eqx.Module):
        x: Any
        y: Any
        name: str = eqx.field(static=True)

    kept: list[Any] = [None] * count
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for i in range(count):
        kept[i] = Point(1.0, 2.0, "a")
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count


def _first_weight() -> float:
    """Return the bytes of the first instance, but for what the interpreter notes of functions.

    The least of several: what other threads ask for meanwhile is weighed as well.
    """
    weight = min(_weight(eqxcore, 1) for _ in range(5))
    return weight - min(_noted_of_a_function() for _ in range(5))


def _noted_of_a_function() -> int:
    """Return the bytes that the interpreter takes for a function as it is first called.

    From Python 3.12 on they are some where a profiler, or a debugger, has ever been at work.
    """
    new = FunctionType((lambda: None).__code__.replace(), {})
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    new()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


@pytest.mark.parametrize("count", [1, 10, 100, 1000])
def test_instances_weigh_less_than_those_of_equinox(count):
    assert _weight(eqxcore, count) < _weight(equinox, count)


def test_the_first_instance_weighs_as_much_as_the_thousandth():
    assert abs(_first_weight() - _weight(eqxcore, 1000)) < 16


def test_the_first_instance_weighs_the_same_after_a_profiler_was_at_work():
    before = _first_weight()
    sys.setprofile(lambda *_: None)
    sys.setprofile(None)
    after = _first_weight()
    assert after == before


def test_no_instance_is_ended_before_one_is_made():
    ended = []

    class Watched(eqxcore.Module):
        x: Any

        def __del__(self):
            ended.append(self.x)

    assert ended == []
    Watched(1)
    assert ended == [1]


def test_a_property_may_stand_in_for_a_field_of_a_base():
    class Base(eqxcore.Module):
        x: eqxcore.AbstractVar[int]

    class Derived(Base):
        y: int

        @property
        def x(self) -> int:
            return self.y + 1

    assert Derived(1).x == 2
