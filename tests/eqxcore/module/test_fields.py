"""Declaring fields: static ones, converters, defaults, order."""

import dataclasses
import inspect
import warnings
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest

import eqxcore


def test_static_fields_are_structure_and_the_others_are_children(eqx):
    class M(eqx.Module):
        x: Any
        n: int = eqx.field(static=True)

    leaves, structure = jtu.tree_flatten(M(1.0, 3))
    assert leaves == [1.0]
    assert structure == jtu.tree_structure(M(2.0, 3))
    assert structure != jtu.tree_structure(M(1.0, 4))
    assert jtu.tree_unflatten(structure, [5.0]).n == 3


def test_field_keeps_other_metadata(eqx):
    made = eqx.field(static=True, metadata={"unit": "m"})
    assert dict(made.metadata) == {"unit": "m", "static": True}
    assert dict(eqx.field().metadata) == {}


@pytest.mark.parametrize("name", ["static", "converter"])
def test_field_refuses_metadata_that_uses_its_own_names(eqx, name):
    arguments = {"static": {"static": True}, "converter": {"converter": int}}[name]
    with pytest.raises(ValueError, match=f"Cannot use metadata with `{name}` already set"):
        eqx.field(metadata={name: 1}, **arguments)


def test_static_field_is_deprecated():
    with pytest.warns(UserWarning, match=r"field\(static=True\)"):
        made = eqxcore.static_field(default=2)
    assert made.default == 2
    assert made.metadata["static"] is True


def test_converter_runs_on_arguments_defaults_and_what_init_sets(eqx):
    class Generated(eqx.Module):
        x: Any = eqx.field(converter=jnp.asarray, default=2.0)

    class Custom(eqx.Module):
        x: Any = eqx.field(converter=jnp.asarray)

        def __init__(self):
            self.x = 3.0

    for module, value in ((Generated(1.0), 1.0), (Generated(), 2.0), (Custom(), 3.0)):
        assert isinstance(module.x, jax.Array)
        assert module.x == value


def test_converter_runs_once_after_the_whole_initialisation(eqx):
    seen = []

    class Base(eqx.Module):
        x: Any = eqx.field(converter=lambda value: seen.append(value) or value + 1)

    class Derived(Base):
        def __init__(self):
            super().__init__(10)
            seen.append(f"after super: {self.x}")

    assert Derived().x == 11
    assert seen == ["after super: 10", 10]


def test_converter_runs_after_post_init(eqx):
    class M(eqx.Module):
        x: Any = eqx.field(converter=str)

        def __post_init__(self):
            self.x = self.x * 2

    assert M(4).x == "8"


def test_converter_errors_reach_the_caller(eqx):
    class M(eqx.Module):
        x: Any = eqx.field(converter=int)

    with pytest.raises(ValueError, match="invalid literal for int"):
        M("abc")


def test_fields_of_several_bases_come_in_dataclass_order(eqx):
    class A(eqx.Module):
        a: int

    class B(eqx.Module):
        b: int

    class C(A, B):
        c: int

    module = C(1, 2, 3)
    assert (module.b, module.a, module.c) == (1, 2, 3)
    assert jtu.tree_leaves(module) == [1, 2, 3]


def test_subclass_can_make_an_inherited_field_static(eqx):
    class A(eqx.Module):
        x: int
        y: int = 2

    class B(A):
        y: int = eqx.field(static=True, default=5)

    assert jtu.tree_leaves(B(1)) == [1]
    assert [f.name for f in dataclasses.fields(B)] == ["x", "y"]


def test_a_default_that_init_leaves_to_the_class_is_no_leaf(eqx):
    class M(eqx.Module):
        x: int
        y: int = 3

        def __init__(self):
            self.x = 1

    module = M()
    assert jtu.tree_leaves(module) == [1]
    doubled = jtu.tree_map(lambda leaf: 2 * leaf, module)
    assert (doubled.x, doubled.y) == (2, 3)


def test_keyword_only_fields_and_pseudo_fields(eqx):
    class M(eqx.Module):
        a: int = eqx.field(kw_only=True)
        b: int
        c: ClassVar[int] = 7
        start: dataclasses.InitVar[int] = 0

        def __post_init__(self, start):
            self.b = self.b + start

    module = M(1, 5, a=2)
    assert (module.a, module.b, M.c) == (2, 6, 7)
    assert jtu.tree_leaves(module) == [2, 6]

    class Marked(eqx.Module):
        _: dataclasses.KW_ONLY
        x: int = 1

    assert Marked(x=2).x == 2


def test_mutable_and_array_defaults_are_refused(eqx):
    for default in ([], jnp.array(1.0), np.array(1.0)):
        with pytest.raises(ValueError, match="mutable default"):
            type("M", (eqx.Module,), {"__annotations__": {"x": Any}, "x": default})


def test_default_factory_and_init_false(eqx):
    class M(eqx.Module):
        x: list = dataclasses.field(default_factory=list)
        y: int = eqx.field(init=False)

        def __post_init__(self):
            self.y = 3

    assert M().x == []
    assert M().x is not M().x
    assert M().y == 3


def test_function_default_stays_a_value(eqx):
    class M(eqx.Module):
        activation: Any = jax.nn.relu
        other: Any = lambda x: x

    assert M().activation is jax.nn.relu
    assert M().other is M.other


@pytest.mark.parametrize("make", [lambda a: a, lambda a: [a], lambda a: {"k": (a, 1)}])
@pytest.mark.parametrize("array", [jnp.array(1.0), np.array([1, 2])])
def test_arrays_in_static_fields_warn(eqx, make, array):
    class M(eqx.Module):
        x: Any = eqx.field(static=True)

    with pytest.warns(UserWarning, match="A JAX array is being set as static!") as caught:
        M(make(array))
    assert caught[0].filename == __file__


def test_the_warning_about_static_arrays_names_the_field_and_the_fix():
    class M(eqxcore.Module):
        table: Any = eqxcore.field(static=True)

    with pytest.warns(UserWarning, match=r"M.table` is static, and `table` is float32\[2\].*Drop"):
        M(jnp.ones(2))


def test_jax_transformed_modules_as_attributes_warn(eqx):
    class Inner(eqx.Module):
        w: Any

        def __call__(self, x):
            return self.w * x

    class M(eqx.Module):
        f: Any

    for transform in (jax.jit, jax.vmap, jax.grad, lambda f: jax.jit(jax.vmap(f)), jax.checkpoint):
        for hide in (lambda f: f, lambda f: [f], lambda f: {"a": (f,)}):
            with pytest.warns(UserWarning, match="Possibly assigning a JAX-transformed callable"):
                M(hide(transform(Inner(jnp.ones(2)))))


def test_harmless_callables_as_attributes_do_not_warn(eqx):
    class Inner(eqx.Module):
        w: Any

        def __call__(self, x):
            return self.w * x

    class M(eqx.Module):
        f: Any

    class Named(eqx.Module):
        name: str

        def __call__(self, x):
            return x

    inner = Inner(jnp.ones(2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for f in (
            jax.jit(lambda x: x),
            jax.vmap(Named("holds nothing to train")),
            jax.nn.relu,
            jnp.sin,
            inner,
            eqx.filter_jit(inner),
            eqx.filter_vmap(inner),
            eqx.Partial(inner, 1),
        ):
            M(f)


def test_a_jitted_method_of_the_module_itself_warns_without_printing_it():
    class M(eqxcore.Module):
        w: Any
        f: Any

        def __init__(self):
            self.w = jnp.ones(2)
            self.f = jax.jit(self.method)

        def method(self):
            return self.w

    with pytest.warns(UserWarning, match="holds a `PjitFunction` around a `BoundMethod`"):
        M()


def test_an_argument_that_is_converted_is_annotated_as_what_the_converter_takes(eqx):
    def double(value: int) -> float:
        return 2.0 * value

    class Generated(eqx.Module):
        x: float = eqx.field(converter=double)
        y: jax.Array = eqx.field(converter=jnp.asarray)
        z: int = 0

    class Written(eqx.Module):
        x: float = eqx.field(converter=double)

        def __init__(self, x: str, other: bytes):
            self.x = len(x)

    assert str(inspect.signature(Generated)).startswith("(x: int, y: Any, z: int = 0)")
    assert Written.__init__.__annotations__ == {"x": int, "other": bytes}
    assert Generated.__annotations__["x"] is float
