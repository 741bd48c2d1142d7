"""Methods of Modules: bound, wrapped, inherited, abstract."""

import abc
import functools as ft
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}

_program = adder(PROGRAMS)


@_program
def methods_are_pytrees(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

        def f(self, y: Any) -> Any:
            return self.x + y

    m = M(jnp.ones(2))
    return [
        jtu.tree_leaves(m.f),
        m.f(1),
        jax.jit(lambda f: f(2))(m.f),
        m.f.__name__,
        m.f.__self__ is m,
        M.f(m, 1),
    ]


@_program
def kinds_of_methods(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = 3

        @classmethod
        def make(cls) -> Any:
            return cls(4)

        @staticmethod
        def double(y: Any) -> Any:
            return 2 * y

        @property
        def half(self) -> Any:
            return self.x / 2

        def __getitem__(self, i: Any) -> Any:
            return self.x + i

        def __call__(self) -> Any:
            return self.x

    return M.make(), M.double(2), M().double(3), M().half, M()[2], M()()


@_program
def wrapped_methods(eqx: ModuleType) -> Any:
    def twice(f: Any) -> Any:
        @ft.wraps(f)
        def wrapper(self: Any, *args: Any) -> Any:
            return f(self, *args), f(self, *args)

        return wrapper

    class M(eqx.Module):
        x: Any = 3

        @twice
        def f(self, y: Any) -> Any:
            return self.x + y

        @eqx.filter_jit
        def g(self, y: Any) -> Any:
            return self.x + y

        @jax.jit
        def h(self, y: Any) -> Any:
            return self.x + y

    m = M(jnp.ones(2))
    return m.f(1), m.g(1), m.h(1)


@_program
def super_calls(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: Any

        def f(self) -> Any:
            return self.x

    class B(A):
        def f(self) -> Any:
            return super().f() + 1

    return B(1).f()


@_program
def abstract_methods(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        @abc.abstractmethod
        def f(self) -> Any: ...

    class B(A):
        def f(self) -> Any:
            return 1

    return B().f(), A()


@_program
def abstract_variables(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: eqx.AbstractVar[int]

    class B(A):
        x: int

    class C(A):
        @property
        def x(self) -> int:
            return 5

    return B(1), C().x, A()


@_program
def abstract_class_variables(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: eqx.AbstractClassVar[int]

    class B(A):
        x = 3

    return B().x, A()


@_program
def strict_needs_an_abstract_or_final_class(eqx: ModuleType) -> Any:
    class A(eqx.Module, strict=True):
        x: Any

    class B(A, strict=True):
        y: Any

    return B


DIFFERENT: dict[str, tuple[Program, Any, str]] = {}
