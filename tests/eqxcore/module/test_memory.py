"""What instances weigh."""

import tracemalloc
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


@pytest.mark.parametrize("count", [1, 10, 100, 1000])
def test_instances_weigh_less_than_those_of_equinox(count):
    assert _weight(eqxcore, count) < _weight(equinox, count)


def test_the_first_instance_weighs_as_much_as_the_thousandth():
    # The least of several: what other threads ask for meanwhile is weighed as well.
    first = min(_weight(eqxcore, 1) for _ in range(5))
    assert abs(first - _weight(eqxcore, 1000)) < 16


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
