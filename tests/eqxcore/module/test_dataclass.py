"""What dataclasses and objects can do, modules can do."""

import copy
import dataclasses
import gc
import inspect
import pickle
import weakref
from typing import Any, Generic, TypeVar, get_args

import jax.numpy as jnp
import jax.tree_util as jtu
import pytest

import eqxcore

T = TypeVar("T")


class Point(eqxcore.Module):
    x: Any
    y: Any = 0
    name: str = eqxcore.field(static=True, default="p")


class Box(eqxcore.Module, Generic[T]):
    content: T

    def get(self) -> T:
        return self.content


class IntBox(Box[int]):
    size: int = 1


def test_instances_can_be_copied_and_pickled():
    point = Point(1, [2], name="q")
    again = pickle.loads(pickle.dumps(point))
    assert again == point
    assert again.name == "q"
    shallow, deep = copy.copy(point), copy.deepcopy(point)
    assert shallow == point
    assert shallow is not point
    assert shallow.y is point.y
    assert deep == point
    assert deep.y is not point.y
    for copied in (again, shallow, deep):
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
            copied.x = 2


def test_arrays_survive_pickling():
    again = pickle.loads(pickle.dumps(Point(jnp.arange(3))))
    assert again.x.tolist() == [0, 1, 2]


def test_replace_makes_a_changed_copy(eqx):
    class M(eqx.Module):
        x: int
        y: int = 2

    module = M(1)
    assert vars(dataclasses.replace(module, x=5))["x"] == 5
    assert module.x == 1

    class Custom(eqx.Module):
        x: int

        def __init__(self, z):
            self.x = z

    with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
        dataclasses.replace(Custom(1), x=2)


def test_dataclass_functions_work(eqx):
    class M(eqx.Module):
        x: Any
        y: int = eqx.field(static=True, default=3)

    assert dataclasses.is_dataclass(M)
    assert [f.name for f in dataclasses.fields(M)] == ["x", "y"]
    assert dataclasses.asdict(M(M(1))) == {"x": {"x": 1, "y": 3}, "y": 3}
    assert dataclasses.astuple(M(M(1))) == ((1, 3), 3)
    assert M.__match_args__ == ("x", "y")
    match M(1):
        case M(x=1, y=y):
            assert y == 3
        case _:
            pytest.fail("did not match")


def test_signature_and_documentation_are_those_of_init(eqx):
    class M(eqx.Module):
        x: int
        y: int = 3

    class Custom(eqx.Module):
        x: int

        def __init__(self, z, *, k=1):
            self.x = z

    class Documented(eqx.Module):
        """Mine."""

        x: int

    assert str(inspect.signature(M)) == "(x: int, y: int = 3) -> None"
    assert str(inspect.signature(Custom)) == "(z, *, k=1)"
    assert M.__doc__.endswith("M(x: int, y: int = 3)")
    assert Documented.__doc__ == "Mine."


def test_generic_classes_can_be_parametrised():
    assert Box[int](3).get() == 3
    assert IntBox(3).size == 1
    assert isinstance(Box(1).get, eqxcore.Module)
    assert jtu.tree_leaves(IntBox(3)) == [3, 1]


def test_generic_modules_as_the_oracle_has_them(eqx):
    class G(eqx.Module, Generic[T]):
        x: T

    class H(G[int]):
        y: int

    assert (G[int](1).x, H(1, 2).y) == (1, 2)
    assert type(G[int](1)) is G


def test_weak_references_and_collection():
    point = Point(1)
    reference = weakref.ref(point)
    assert reference() is point
    del point
    gc.collect()
    assert reference() is None


def test_class_attributes_and_defaults_can_be_read_from_the_class(eqx):
    class M(eqx.Module):
        x: int = 3
        activation: Any = jnp.sin

    assert (M.x, M.activation) == (3, jnp.sin)


def test_mixing_with_plain_dataclasses(eqx):
    @dataclasses.dataclass
    class Plain:
        z: int

    class M(eqx.Module, Plain):
        x: int

    module = M(1, 2)
    assert (module.z, module.x) == (1, 2)
    assert jtu.tree_leaves(module) == [1, 2]


def test_diamonds(eqx):
    class A(eqx.Module):
        a: int

    class B(A):
        b: int = 2

    class C(A):
        c: int = 3

    class D(B, C):
        d: int = 4

    module = D(1)
    assert (module.a, module.b, module.c, module.d) == (1, 2, 3, 4)
    assert jtu.tree_map(lambda leaf: leaf * 2, module) == D(a=2, b=4, c=6, d=8)
    assert jtu.tree_leaves(module) == [1, 3, 2, 4]


def test_a_parametrised_class_is_known_to_its_instances():
    box = Box[int](1)
    assert get_args(box.__orig_class__) == (int,)
    assert jtu.tree_leaves(box) == [1]
