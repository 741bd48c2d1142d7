"""Methods of modules, bound and unbound, decorated, borrowed from other classes."""

import copy
import functools
import inspect
import pickle
import types
from typing import Any

import beartype
import beartype.roar
import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import pytest

import eqxcore


class Scale(eqxcore.Module):
    """At the top of the file, so that it can be pickled."""

    w: Any

    def apply(self, x: float) -> Any:
        """Scale."""
        return self.w * x


def make_class(eqx):
    class M(eqx.Module):
        w: Any

        def f(self, x: int) -> Any:
            """Do it."""
            return self.w * x

        def __call__(self, x):
            return self.w + x

        @classmethod
        def of(cls, w):
            return cls(w)

        @staticmethod
        def three():
            return 3

        @property
        def twice(self):
            return 2 * self.w

    return M


def test_bound_methods_are_pytrees_holding_the_module(eqx):
    module = make_class(eqx)(jnp.array(2.0))
    method = module.f
    assert isinstance(method, eqx.Module)
    assert [leaf.item() for leaf in jtu.tree_leaves(method)] == [2.0]
    paths = [jtu.keystr(path) for path, _ in jtu.tree_flatten_with_path(method)[0]]
    assert paths == [".__self__.w"]
    assert jtu.tree_map(lambda leaf: leaf + 1, method)(2) == 6.0


def test_bound_methods_go_through_transformations(eqx):
    module = make_class(eqx)(jnp.array(2.0))
    assert jax.jit(lambda method, x: method(x))(module.f, 3.0) == 6.0
    gradient = jax.grad(lambda method: method(3.0))(module.f)
    assert gradient.__self__.w == 3.0


def test_bound_methods_look_like_methods(eqx):
    cls = make_class(eqx)
    module = cls(1)
    method = module.f
    assert method.__self__ is module
    assert method.__func__ is cls.f
    assert (method.__name__, method.__doc__, method.__module__) == ("f", "Do it.", __name__)
    assert method.__qualname__.endswith("M.f")
    assert method.__annotations__ == {"x": int, "return": Any}
    assert isinstance(method.__wrapped__, types.MethodType)
    assert list(inspect.signature(method).parameters) == ["x"]
    assert "return self.w * x" in inspect.getsource(method)


def test_bound_methods_are_equal_if_module_and_function_are(eqx):
    cls = make_class(eqx)
    assert cls(1).f == cls(1).f
    assert hash(cls(1).f) == hash(cls(1).f)
    assert cls(1).f != cls(2).f
    assert cls(1).f != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(cls(jnp.ones(2)).f)


def test_special_methods_stay_as_python_has_them(eqx):
    module = make_class(eqx)(1)
    assert type(module.__call__) is types.MethodType
    assert module(2) == 3


def test_through_the_class_there_are_plain_functions(eqx):
    cls = make_class(eqx)
    assert isinstance(cls.f, types.FunctionType)
    assert cls.f(cls(2), 3) == 6
    assert (cls.of(1).w, cls(1).of(5).w, cls(1).three(), cls(2).twice) == (1, 5, 3, 4)


def test_the_dictionary_of_the_class_has_functions_as_they_were_written(eqx):
    class Plain:
        def hello(self):
            return "plain"

    class M(make_class(eqx), Plain):
        def g(self):
            return self.w

    assert isinstance(M.__dict__["g"], types.FunctionType)
    assert isinstance(vars(M)["g"], types.FunctionType)
    assert "hello" not in vars(M)
    assert "f" not in vars(M)


def test_decorators_of_classes_find_and_replace_methods(eqx):
    @beartype.beartype
    class M(eqx.Module):
        w: int

        def f(self, x: int) -> int:
            return self.w + x

    assert M(1).f(2) == 3
    assert isinstance(M(1).f, eqx.Module)
    with pytest.raises(beartype.roar.BeartypeCallHintParamViolation):
        M(1).f("a")
    with pytest.raises(beartype.roar.BeartypeCallHintParamViolation):
        M("a")


def test_super_finds_methods_of_bases(eqx):
    cls = make_class(eqx)

    class Sub(cls):
        def f(self, x):
            return super().f(x) + 1

        def __call__(self, x):
            return super().__call__(x) + 100

    assert Sub(2).f(3) == 7
    assert Sub(2)(3) == 105


def test_functions_assigned_to_the_class_become_methods(eqx):
    cls = make_class(eqx)
    cls.g = lambda self: self.w
    assert isinstance(cls(1).g, eqx.Module)
    assert cls(1).g() == 1


@pytest.mark.parametrize(
    "decorate", [jax.jit, functools.lru_cache, lambda f: functools.wraps(f)(lambda *a: f(*a))]
)
def test_decorated_methods_are_bound_as_pytrees(eqx, decorate):
    class M(eqx.Module):
        w: Any

        @decorate
        def f(self):
            return self.w

    assert isinstance(M(1).f, eqx.Module)
    assert M(1).f() == 1


def test_filter_transformations_bind_as_methods(eqx):
    class M(eqx.Module):
        w: Any

        @eqx.filter_jit
        def jitted(self, x):
            return self.w * x

        @eqx.filter_grad
        def gradient(self, x):
            return jnp.sum(self.w * x)

        @eqx.filter_vmap(in_axes=(None, 0))
        def mapped(self, x):
            return self.w * x

        @eqx.filter_jit
        def __call__(self, x):
            return self.w + x

        @classmethod
        @eqx.filter_jit
        def of(cls, w):
            return w

        @staticmethod
        @eqx.filter_jit
        def double(x):
            return 2 * x

        @property
        @eqx.filter_jit
        def prop(self):
            return self.w

    module = M(jnp.array(2.0))
    assert module.jitted(3) == 6.0
    assert M.jitted(module, 3) == 6.0
    assert module.gradient(jnp.array(5.0)).w == 5.0
    assert module.mapped(jnp.arange(2.0)).tolist() == [0.0, 2.0]
    assert module(3) == 5.0
    assert (M.of(jnp.array(1)), module.of(jnp.array(1)), module.double(jnp.array(2))) == (1, 1, 4)
    assert module.prop == 2.0
    assert jtu.tree_leaves(module.jitted)[-1] is module.w


def test_methods_of_plain_bases_are_bound_as_pytrees(eqx):
    class Plain:
        def hello(self):
            return "plain"

        class_value = 4

    class M(eqx.Module, Plain):
        x: int

    class N(Plain, eqx.Module):
        x: int

    for cls in (M, N):
        assert cls(1).hello() == "plain"
        assert isinstance(cls(1).hello, eqx.Module)
        assert cls(1).class_value == 4


def test_a_borrowed_method_does_not_hide_one_that_comes_before_it(eqx):
    class Plain:
        def hello(self):
            return "plain"

    class Better(Plain):
        def hello(self):
            return "better " + super().hello()

    class M(eqx.Module, Plain):
        x: int

    class N(M, Better):
        pass

    assert M(1).hello() == "plain"
    assert N(1).hello() == "better plain"


# Python 3.13 announces that a later one will bind a partial.
@pytest.mark.filterwarnings("ignore:functools.partial will be a method:FutureWarning")
def test_custom_functions_keep_their_own_binding(eqx):
    class M(eqx.Module):
        w: Any
        partial = functools.partial(lambda *args: args, 1)

        @jax.custom_jvp
        def f(x):  # noqa: N805 - not bound, so there is no `self`
            return x

        @functools.cached_property
        def cached(self):
            return [self.w]

    module = M(1)
    assert isinstance(module.f, jax.custom_jvp)
    assert module.partial(2) == (1, 2)
    assert module.cached is module.cached


def test_bound_methods_can_be_copied_and_pickled():
    method = Scale(2).apply
    for again in (pickle.loads(pickle.dumps(method)), copy.copy(method), copy.deepcopy(method)):
        assert again == method
        assert again(3) == 6


def test_a_static_field_may_hold_a_bound_method(eqx):
    cls = make_class(eqx)

    class M(eqx.Module):
        f: Any = eqx.field(static=True)

    assert jtu.tree_leaves(M(cls(1).f)) == []
    assert M(cls(1).f) == M(cls(1).f)


def test_abstract_methods_with_a_body_can_be_called_by_super(eqx):
    import abc

    class A(eqx.Module):
        @abc.abstractmethod
        def f(self):
            return 1

    class B(A):
        def f(self):
            return super().f() + 1

    assert B().f() == 2
