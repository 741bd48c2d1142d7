"""Initialising modules: what must be set, what may be, what is checked, and freezing."""

import dataclasses
import threading
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import pytest

import eqxcore


def test_init_is_generated_from_the_fields(eqx):
    class M(eqx.Module):
        x: int
        y: int = 3

    assert (M(1).x, M(1).y, M(1, y=2).y) == (1, 3, 2)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        M()


def test_custom_init_is_kept_and_inherited(eqx):
    class A(eqx.Module):
        x: int

        def __init__(self):
            self.x = 1

    class B(A):
        y: int = 3

    class C(A):
        pass

    assert B().y == 3
    assert C().x == 1
    with pytest.raises(TypeError, match="positional argument"):
        B(1, 2)


def test_generated_init_of_a_subclass_takes_all_fields(eqx):
    class A(eqx.Module):
        x: int

        def __post_init__(self):
            self.x = self.x + 1

    class B(A):
        y: int

    assert (B(1, 5).x, B(1, 5).y) == (2, 5)


def test_super_init_may_be_the_generated_one(eqx):
    class A(eqx.Module):
        x: int

    class B(A):
        y: int

        def __init__(self, y):
            super().__init__(5)
            self.y = y

    assert (B(2).x, B(2).y) == (5, 2)


def test_init_of_a_plain_base_counts_if_it_comes_first(eqx):
    class Plain:
        def __init__(self, v):
            self.v = v

    class First(Plain, eqx.Module):
        x: int = 3

    class Last(eqx.Module, Plain):
        x: int = 3

    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'v'"):
        First(1)
    assert Last(1).x == 1


def test_fields_left_unset_raise_with_their_names(eqx):
    class M(eqx.Module):
        x: int
        y: int

        def __init__(self):
            self.x = 1

    with pytest.raises(TypeError, match="Field 'y' was not initialized"):
        M()


def test_the_error_for_unset_fields_lists_them_and_says_what_to_do():
    class M(eqxcore.Module):
        x: int
        y: int

        def __init__(self):
            pass

    with pytest.raises(TypeError, match=r"Fields 'x', 'y' were not.*`.*M\.x`.*Assign `self.x"):
        M()


def test_init_may_reset_delete_and_use_methods_that_set(eqx):
    class M(eqx.Module):
        x: int

        def __init__(self):
            self.x = 1
            self.x = 2
            del self.x
            self.set_it()

        def set_it(self):
            self.x = 7

    assert M().x == 7


def test_init_sees_the_instance_as_it_will_be(eqx):
    seen = []

    class M(eqx.Module):
        x: int
        y: int

        def __init__(self):
            self.x = 1
            seen.append((self, type(self) is M, jtu.tree_leaves(self)))
            self.y = 2

    module = M()
    assert seen[0][0] is module
    assert seen[0][1]
    assert seen[0][2] == [1]


def test_a_half_made_instance_goes_through_a_tree_map():
    copies = []

    class M(eqxcore.Module):
        x: int
        n: int = eqxcore.field(static=True)
        y: int = 0

        def __init__(self):
            self.x = 1
            copies.append(jtu.tree_map(lambda leaf: leaf + 1, self))
            copies.append(jtu.tree_flatten_with_path(self)[0])
            self.n = 3
            self.y = 2

    M()
    assert vars(copies[0]) == {"x": 2}
    assert copies[1] == [((jtu.GetAttrKey("x"),), 1)]


def test_undeclared_attributes_are_refused_in_init(eqx):
    class M(eqx.Module):
        x: int

        def __init__(self):
            self.x = 1
            self.other = 2

    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'other'"):
        M()


def test_modules_are_frozen_after_init(eqx):
    class M(eqx.Module):
        x: int

    module = M(1)
    for name in ("x", "new"):
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field"):
            setattr(module, name, 2)
    assert module.x == 1


def test_fields_cannot_be_deleted_after_init():
    class M(eqxcore.Module):
        x: int

    module = M(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del module.x
    assert module.x == 1


def test_the_error_for_assignment_names_class_and_remedy():
    class M(eqxcore.Module):
        x: int

    with pytest.raises(
        dataclasses.FrozenInstanceError, match=r"`.*M\.x` \(to become 2\) is frozen.*tree_at"
    ):
        M(1).x = 2


def test_a_failed_init_does_not_leave_the_next_instance_open(eqx):
    class M(eqx.Module):
        x: int

        def __init__(self, fail):
            self.x = 1
            if fail:
                raise RuntimeError("on purpose")

    for _ in range(3):
        with pytest.raises(RuntimeError, match="on purpose"):
            M(True)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        M(False).x = 2


def test_calling_init_again_does_not_thaw(eqx):
    class M(eqx.Module):
        x: int

    module = M(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        module.__init__(2)


def test_own_methods_cannot_be_assigned_in_init(eqx):
    class M(eqx.Module):
        f: Any

        def __init__(self):
            self.f = self.method

        def method(self):
            pass

    with pytest.raises(ValueError, match="Cannot assign methods in __init__"):
        M()


def test_methods_of_others_can_be_assigned(eqx):
    class A(eqx.Module):
        x: int

        def method(self):
            return self.x

    class B(eqx.Module):
        f: Any

    assert B(A(3).method).f() == 3


def test_check_init_runs_along_the_hierarchy_from_the_class_itself(eqx):
    seen = []

    class A(eqx.Module):
        x: Any = eqx.field(converter=str)

        def __check_init__(self):
            seen.append(("A", self.x))

    class B(A):
        def __init__(self):
            self.x = 1

    class C(B):
        def __check_init__(self):
            seen.append(("C", self.x))

    C()
    assert seen == [("C", "1"), ("A", "1")]


def test_check_init_can_refuse_and_cannot_set(eqx):
    class Refuses(eqx.Module):
        x: int

        def __check_init__(self):
            if self.x < 0:
                raise ValueError("x must not be negative")

    class Sets(eqx.Module):
        x: int

        def __check_init__(self):
            self.x = 5

    assert Refuses(1).x == 1
    with pytest.raises(ValueError, match="must not be negative"):
        Refuses(-1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        Sets(1)


def test_check_init_is_not_reached_if_fields_are_missing(eqx):
    class M(eqx.Module):
        x: int

        def __init__(self):
            pass

        def __check_init__(self):
            raise AssertionError("reached")

    with pytest.raises(TypeError, match="not initialized"):
        M()


def test_replace_and_unflatten_run_checks_as_they_should(eqx):
    seen = []

    class M(eqx.Module):
        x: Any = eqx.field(converter=lambda v: seen.append("convert") or v)

        def __check_init__(self):
            seen.append("check")

    module = M(1)
    del seen[:]
    assert dataclasses.replace(module, x=2).x == 2
    assert seen == ["convert", "check"]
    del seen[:]
    jtu.tree_map(lambda leaf: leaf, module)
    assert seen == []


def test_post_init_beside_a_custom_init_warns(eqx):
    with pytest.warns(UserWarning, match="has both an `__init__` method and a\\s`__post_init__`"):

        class M(eqx.Module):
            x: int

            def __init__(self):
                self.x = 1

            def __post_init__(self):
                raise AssertionError("run")

    assert M().x == 1

    class Custom(eqx.Module):
        x: int

        def __init__(self):
            self.x = 1

    with pytest.warns(UserWarning, match="__post_init__"):

        class Late(Custom):
            def __post_init__(self):
                pass


def test_own_setattr_is_respected(eqx):
    class M(eqx.Module):
        x: int

        def __setattr__(self, name, value):
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        M(1)


def test_own_new_may_return_what_it_likes():
    class M(eqxcore.Module):
        x: int

        def __new__(cls, x):
            return x if x < 0 else super().__new__(cls)

    assert M(-1) == -1
    assert M(1).x == 1


def test_modules_are_made_under_a_trace(eqx):
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(converter=jnp.asarray)

    made = jax.jit(lambda x: M(2 * x, 1.0))(jnp.ones(2))
    assert made.x.tolist() == [2.0, 2.0]


def test_modules_are_made_in_many_threads():
    class M(eqxcore.Module):
        x: int
        y: int

        def __init__(self, x):
            self.x = x
            self.y = 2 * x

    made: list[Any] = []
    frozen: list[bool] = []

    def work(start):
        for i in range(start, start + 200):
            module = M(i)
            made.append((module.x, module.y))
            try:
                module.x = 0
            except dataclasses.FrozenInstanceError:
                frozen.append(True)

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(frozen) == 800
    assert all(y == 2 * x for x, y in made)
