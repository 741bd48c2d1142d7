"""Classes of Modules: fields, making, equality, copies."""

import copy
import dataclasses
import pickle
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}

_T = TypeVar("_T")

_program = adder(PROGRAMS)


@_program
def plain_fields(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any = 2

    m = M(jnp.ones(2))
    leaves, structure = jtu.tree_flatten(m)
    return m, leaves, structure, jtu.tree_unflatten(structure, [1, 2]), jtu.tree_map(str, M(1, 2))


@_program
def key_paths(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(static=True, default=2)

    return [jtu.keystr(path) for path, _ in jtu.tree_leaves_with_path(M({"a": [1, 2]}))]


@_program
def own_init(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any

        def __init__(self, x: Any):
            self.y = x + 1
            self.x = x

    return M(1)


@_program
def own_init_calls_the_base(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: Any

        def __init__(self, x: Any):
            self.x = x

    class B(A):
        y: Any

        def __init__(self, x: Any, y: Any):
            super().__init__(x)
            self.y = y

    return B(1, 2)


@_program
def inherited_fields(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: Any
        y: Any = 2

    class B(A):
        z: Any = 3
        y: Any = 4

    return B(1), B(1, 2, 3), jtu.tree_leaves(B(1))


@_program
def several_bases(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: Any = 1

        def f(self) -> Any:
            return self.x

    class B(eqx.Module):
        y: Any = 2

    class C(A, B):
        z: Any = 3

    return C(), C().f(), [each.__name__ for each in C.__mro__][:3]


@_program
def generic_module(eqx: ModuleType) -> Any:
    class M(eqx.Module, Generic[_T]):
        x: _T

    return M(1), M[int](2)


@_program
def post_init(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            self.y = self.x + 1

    return M(1)


@_program
def check_init(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: Any

        def __check_init__(self) -> None:
            print("A", self.x)

    class B(A):
        def __check_init__(self) -> None:
            print("B", self.x)
            if self.x < 0:
                raise ValueError("negative")

    return B(1), B(-1)


@_program
def check_init_may_not_set(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

        def __check_init__(self) -> None:
            self.x = 3

    return M(1)


@_program
def converters(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.field(converter=jnp.asarray)
        y: Any = eqx.field(converter=str, default=3)

    return M(1.0), M(np.ones(2), 4)


@_program
def converter_with_own_init(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.field(converter=str)

        def __init__(self) -> None:
            self.x = 5

    return M().x


@_program
def converter_of_a_base(eqx: ModuleType) -> Any:
    class A(eqx.Module):
        x: Any = eqx.field(converter=str)

    class B(A):
        y: Any = eqx.field(converter=float, default=1)

    return B(1, 2)


@_program
def static_fields(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(static=True, default="s")

    same = jtu.tree_structure(M(1)) == jtu.tree_structure(M(2))
    other = jtu.tree_structure(M(1, "t")) == jtu.tree_structure(M(1, "s"))
    return jtu.tree_leaves(M(1)), same, other


@_program
def static_field_is_deprecated(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.static_field(default=1)

    return M()


@_program
def array_in_a_static_field(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.field(static=True)

    return M(jnp.ones(2)).x


@_program
def numpy_array_in_a_static_field(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.field(static=True)

    return M(np.ones(2)).x


@_program
def field_options(eqx: ModuleType) -> Any:
    made = eqx.field(static=True, default=1, repr=False, metadata={"a": 1})
    return made.default, made.repr, dict(made.metadata)


@_program
def field_with_static_metadata(eqx: ModuleType) -> Any:
    return eqx.field(static=True, metadata={"static": True})


@_program
def field_with_converter_metadata(eqx: ModuleType) -> Any:
    return eqx.field(converter=str, metadata={"converter": 1})


@_program
def keyword_only_fields(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.field(kw_only=True, default=1)
        y: Any

    return M(2), M(2, x=3)


@_program
def class_variables(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        shared: ClassVar[int] = 7

    return M(1), M(1).shared, jtu.tree_leaves(M(1))


@_program
def setting_after_init(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    m = M(1)
    m.x = 2


@_program
def setting_another_name_in_init(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

        def __init__(self) -> None:
            self.x = 1
            self.y = 2

    return M()


@_program
def field_left_unset(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any

        def __init__(self) -> None:
            self.x = 1

    return M()


@_program
def too_few_arguments(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    return M()


@_program
def too_many_arguments(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    return M(1, 2)


@_program
def equality_and_hash(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    array = jnp.ones(2)
    return [
        M(1) == M(1),
        M(1) == M(2),
        M(1) == 1,
        hash(M(1)) == hash(M(1)),
        M(array) == M(array),
        len({M(1), M(1), M(2)}),
    ]


@_program
def hash_with_an_array(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    return hash(M(jnp.ones(2)))


@_program
def hash_with_a_list(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    return hash(M((1, M(2)))) == hash(M((1, M(2)))), hash(M([1]))


@_program
def hash_with_a_static_list(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = eqx.field(static=True)

    return hash(M([1]))


@_program
def dataclass_functions(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        y: Any = eqx.field(static=True, default=2)

    m = M([1])
    return [
        dataclasses.replace(m, x=3),
        dataclasses.asdict(m),
        dataclasses.is_dataclass(M),
        [each.name for each in dataclasses.fields(m)],
    ]


@_program
def copies(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    m = M([1, jnp.ones(2)])
    return copy.copy(m), copy.deepcopy(m), copy.copy(m).x is m.x


@_program
def pickled_layers(eqx: ModuleType) -> Any:
    return pickle.loads(pickle.dumps(eqx.nn.Dropout(0.3)))


@_program
def jitted_function_as_a_field(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        f: Any

    return M(jax.jit(lambda x: x + 1)).f(1)


@_program
def jitted_method_as_a_field(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any
        f: Any

        def __init__(self) -> None:
            self.x = 1
            self.f = jax.jit(self.g)

        def g(self) -> Any:
            return self.x

    return jtu.tree_leaves(M())[:1]


@_program
def partial(eqx: ModuleType) -> Any:
    p = eqx.Partial(lambda *args, **kwargs: (args, kwargs), 1, jnp.ones(2), a=3)
    return p(4, b=5), p(a=6), p.args, p.keywords, jtu.tree_leaves(eqx.Partial(1, 2, a=3))


@_program
def update_wrapper(eqx: ModuleType) -> Any:
    class Wrapper(eqx.Module):
        fn: Any

        def __call__(self, *args: Any) -> Any:
            return self.fn(*args)

        @property
        def __wrapped__(self) -> Any:
            return self.fn

    def f(x: int) -> int:
        """Documented."""
        return x

    w = eqx.module_update_wrapper(Wrapper(f))
    return w(3), w.__name__, w.__doc__, w.__qualname__


@_program
def vmap_over_models(eqx: ModuleType) -> Any:
    keys = jax.random.split(jax.random.key(0), 3)
    models = eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 2, 4, 1, key=key))(keys)
    return models, eqx.filter_vmap(lambda m, x: m(x), in_axes=(eqx.if_array(0), None))(
        models, jnp.ones(2)
    )


@_program
def unset_attribute(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    return M(1).y


@_program
def none_and_functions_as_leaves(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any = None
        f: Any = jnp.sin

    return M(), jtu.tree_leaves(M())


@_program
def scan_over_layers(eqx: ModuleType) -> Any:
    layers = jax.vmap(lambda key: eqx.nn.Linear(3, 3, key=key))(
        jax.random.split(jax.random.key(0), 4)
    )
    arrays, rest = eqx.partition(layers, eqx.is_array)
    return jax.lax.scan(lambda x, a: (eqx.combine(a, rest)(x), None), jnp.ones(3), arrays)


def _deleting(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

    m = M(1)
    del m.x


# Where eqxcore is meant to do otherwise: what it does (an error where it is a type), and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "deleting a field": (
        _deleting,
        dataclasses.FrozenInstanceError,
        "a Module is frozen; Equinox lets the field go, and fails when the Module is next used",
    ),
}
