"""Abstract methods and attributes."""

import abc
import dataclasses
import sys
import types
from typing import Any, ClassVar

import jax.tree_util as jtu
import pytest

import eqxcore


def abstract_class(eqx):
    class Abstract(eqx.Module):
        v: eqx.AbstractVar[int]
        w: eqx.AbstractClassVar[int]

    return Abstract


def test_abstract_methods_must_be_provided(eqx):
    class A(eqx.Module):
        x: int

        @abc.abstractmethod
        def f(self):
            raise NotImplementedError

    class B(A):
        def f(self):
            return self.x

    with pytest.raises(TypeError, match="Can't instantiate abstract class A"):
        A(1)
    assert B(1).f() == 1


def test_abstract_properties_must_be_provided(eqx):
    class A(eqx.Module):
        @property
        @abc.abstractmethod
        def p(self):
            raise NotImplementedError

    class B(A):
        p: int

    with pytest.raises(TypeError, match="abstract class A"):
        A()
    assert A.__abstractmethods__ == frozenset({"p"})
    assert issubclass(B, A)


def test_abstract_attributes_must_be_provided(eqx):
    base = abstract_class(eqx)

    class OnlyV(base):
        v: int

    for make in (base, lambda: OnlyV(1)):
        with pytest.raises(TypeError, match=r"with abstract class attributes {'w'}"):
            make()

    class OnlyW(base):
        w: ClassVar[int] = 3

    with pytest.raises(TypeError, match=r"with abstract attributes {'v'}"):
        OnlyW()


def test_abstract_attributes_are_no_fields(eqx):
    class A(eqx.Module):
        a: eqx.AbstractVar[bool]

    class B(A):
        b: str
        a: bool

    assert dataclasses.fields(A) == ()
    assert [f.name for f in dataclasses.fields(B)] == ["b", "a"]
    assert jtu.tree_leaves(B("x", True)) == ["x", True]


def test_abstract_attributes_are_provided_in_any_of_the_documented_ways(eqx):
    base = abstract_class(eqx)

    class ByField(base):
        v: int
        w: ClassVar[int] = 3

    class ByProperty(base):
        w: ClassVar[int] = 3

        @property
        def v(self):
            return 4

    class ByValue(base):
        v = 3
        w = 4

    class ByDefault(base):
        v: int = 3
        w: ClassVar[int] = 4

    class ByFields(base):
        v: int
        w: int

    class ByMethod(base):
        w: ClassVar[int] = 3

        def v(self):
            pass

    assert ByField(1).v == 1
    assert ByProperty().v == 4
    assert (ByValue().v, ByValue().w) == (3, 4)
    assert ByDefault().v == 3
    assert ByFields(1, 2).w == 2
    assert callable(ByMethod().v)


def test_a_bare_class_variable_provides_no_instance_attribute(eqx):
    class A(eqx.Module):
        v: eqx.AbstractVar[int]

    class B(A):
        v: ClassVar[int]

    with pytest.raises(TypeError, match=r"abstract attributes {'v'}"):
        B()


def test_bases_that_come_first_provide_and_later_ones_do_not(eqx):
    base = abstract_class(eqx)

    class Mixin:
        v = 3
        w = 4

    class First(Mixin, base):
        pass

    class Last(base, Mixin):
        pass

    assert (First().v, First().w) == (3, 4)
    with pytest.raises(TypeError, match="abstract"):
        Last()


def test_attributes_can_be_made_abstract_again(eqx):
    class A(eqx.Module):
        v: int

    class B(A):
        v: eqx.AbstractVar[int]

    with pytest.raises(TypeError, match=r"abstract attributes {'v'}"):
        B(1)


def test_an_abstract_attribute_cannot_have_a_value(eqx):
    with pytest.raises(TypeError, match="Abstract attribute v cannot have value"):

        class M(eqx.Module):
            v: eqx.AbstractVar[int] = 3


def test_annotations_written_as_text_are_understood():
    module = types.ModuleType("text_annotations")
    sys.modules[module.__name__] = module
    try:
        source = (
            "from __future__ import annotations\n"
            "import eqxcore as eqx\n"
            "from typing import ClassVar\n"
            "class A(eqx.Module):\n"
            "    v: eqx.AbstractVar[int]\n"
            "    w: eqx.AbstractClassVar[int]\n"
            "    x: int\n"
            "class B(A):\n"
            "    w: ClassVar[int] = 3\n"
            "    v: int\n"
        )
        exec(source, vars(module))
    finally:
        del sys.modules[module.__name__]
    names: Any = vars(module)
    with pytest.raises(TypeError, match=r"class attributes {'w'} and abstract attributes {'v'}"):
        names["A"](1)
    assert [f.name for f in dataclasses.fields(names["B"])] == ["x", "v"]
    assert names["B"](1, 2).v == 2


def test_strict_is_accepted_and_can_forbid_instances(eqx):
    class Plain(eqx.Module, strict=True):
        x: int

    class AbstractBase(eqx.Module, strict=eqx.StrictConfig(force_abstact=True)):
        x: int

    class Concrete(AbstractBase):
        pass

    assert Plain(1).x == 1
    assert Concrete(1).x == 1
    with pytest.raises(TypeError, match="Cannot instantiate abstract"):
        AbstractBase(1)
    assert eqx.StrictConfig() is False
    assert eqx.StrictConfig(allow_method_override=True) is False


def test_unknown_class_keywords_are_refused(eqx):
    with pytest.raises(TypeError, match="takes no keyword arguments"):

        class M(eqx.Module, frozen=True):
            pass


def test_class_keywords_reach_init_subclass(eqx):
    class A(eqx.Module):
        def __init_subclass__(cls, tag, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.tag = tag

    class B(A, tag="t"):
        x: int

    assert B.tag == "t"
    assert B(1).x == 1


def test_the_error_for_abstract_attributes_says_what_to_do():
    with pytest.raises(TypeError, match="Provide them in a subclass"):
        abstract_class(eqxcore)()
