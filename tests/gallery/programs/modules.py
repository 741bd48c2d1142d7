"""Modules that are defined, built or changed in a wrong way."""

import abc
import dataclasses

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong


def _linear(eqx):
    return eqx.nn.Linear(2, 2, key=jax.random.key(0))


@wrong(AttributeError, where="Linear.weight", value="float32[2,2]", fix="`tree_at(")
def a_weight_assigned_after_init(eqx):
    _linear(eqx).weight = jnp.zeros((2, 2))


@wrong(AttributeError, where="Counter.count", value="to become 1", fix="`nn.State`")
def a_counter_counted_up_in_call(eqx):
    class Counter(eqx.Module):
        count: int = 0

        def __call__(self, x):
            self.count += 1
            return x

    Counter()(jnp.ones(2))


@wrong(AttributeError, where="Model.cache", value="float32[2]", fix="Return the value")
def an_undeclared_attribute_set_in_call(eqx):
    class Model(eqx.Module):
        def __call__(self, x):
            self.cache = x
            return x

    Model()(jnp.ones(2))


@wrong(
    AttributeError,
    where="Linear.bias",
    value="'bias'",
    fix="`tree_at(",
    allowed="it lets fields be deleted, and complains when the instance is next used",
)
def a_field_deleted(eqx):
    del _linear(eqx).bias


@wrong(AttributeError, where="Model.hidden", value="Linear", fix="hidden: ")
def a_field_not_declared(eqx):
    class Model(eqx.Module):
        out: object

        def __init__(self):
            self.hidden = _linear(eqx)
            self.out = _linear(eqx)

    Model()


@wrong(AttributeError, where="Model.wieght", value="float32[2]", fix="`self.weight`")
def a_field_misspelt(eqx):
    class Model(eqx.Module):
        weight: jax.Array

        def __init__(self):
            self.wieght = jnp.ones(2)

    Model()


@wrong(TypeError, where="Model.bias", value="__init__", fix="self.bias = ")
def a_field_left_unset(eqx):
    class Model(eqx.Module):
        weight: jax.Array
        bias: jax.Array

        def __init__(self):
            self.weight = jnp.ones(2)

    Model()


@wrong(TypeError, where="Model.scale", value="__init__", fix="super().__init__")
def a_parents_init_not_called(eqx):
    class Base(eqx.Module):
        scale: float

        def __init__(self, scale):
            self.scale = scale

    class Model(Base):
        size: int

        def __init__(self):
            self.size = 3

    Model()


@wrong(TypeError, where="'bias'", value="Affine", fix="Affine(weight, bias)")
def an_argument_of_a_dataclass_missing(eqx):
    class Affine(eqx.Module):
        weight: jax.Array
        bias: jax.Array

    Affine(jnp.ones(2))


@wrong(TypeError, where="'shift'", value="Affine", fix="Affine(weight, bias)")
def an_unknown_argument_of_a_dataclass(eqx):
    class Affine(eqx.Module):
        weight: jax.Array
        bias: jax.Array

    Affine(jnp.ones(2), shift=jnp.ones(2))


@wrong(TypeError, where="'key'", value="Linear", fix="*, key)")
def a_layer_without_key(eqx):
    eqx.nn.Linear(2, 2)


@wrong(TypeError, where="'key'", value="MLP", fix=", key)")
def a_perceptron_without_key(eqx):
    eqx.nn.MLP(2, 2, 4, 1)


@wrong(AttributeError, where="Model.forward", value="lambda", fix="another name")
def a_method_assigned_in_init(eqx):
    class Model(eqx.Module):
        def __init__(self):
            self.forward = lambda x: x

        def forward(self, x):
            return x

    Model()


@wrong(ValueError, where="`self.step = self.run`", value="method", fix="def step")
def a_method_of_itself_assigned_in_init(eqx):
    class Model(eqx.Module):
        step: object

        def __init__(self):
            self.step = self.run

        def run(self, x):
            return x

    Model()


@wrong(TypeError, where="Model.size", value="'three'", fix="what it can convert")
def a_converter_that_fails(eqx):
    class Model(eqx.Module):
        size: int = eqx.field(converter=lambda text: text + 1)

    Model("three")


@wrong(TypeError, where="converter", value="'int'", fix="callable")
def a_converter_that_is_no_function(eqx):
    class Model(eqx.Module):
        size: int = eqx.field(converter="int")

    Model(3)


@wrong(ValueError, where="Model.weight", value="a list of 2", fix="what it can convert")
def a_converter_of_arrays_given_a_list_of_lists(eqx):
    class Model(eqx.Module):
        weight: jax.Array = eqx.field(converter=jnp.asarray)

    Model([[1.0, 2.0], [3.0]])


@wrong(ValueError, where="heads", value="4 and 3", fix="must divide size")
def a_check_of_ones_own_that_fails(eqx):
    class Model(eqx.Module):
        size: int
        heads: int

        def __check_init__(self):
            if self.size % self.heads:
                raise ValueError(f"heads must divide size; got {self.size} and {self.heads}")

    Model(4, 3)


@wrong(AttributeError, where="Model.size", value="to become 4", fix="`tree_at(")
def a_check_that_assigns(eqx):
    class Model(eqx.Module):
        size: int

        def __check_init__(self):
            self.size = 4

    Model(3)


@wrong(TypeError, where="Solver.step", value="Solver", fix="def step")
def an_abstract_class_instantiated(eqx):
    class Solver(eqx.Module):
        @abc.abstractmethod
        def step(self, x): ...

    Solver()


@wrong(TypeError, where=("step", "order"), value="Euler", fix="write `def order")
def an_abstract_method_not_implemented(eqx):
    class Solver(eqx.Module):
        @abc.abstractmethod
        def step(self, x): ...

        @abc.abstractmethod
        def order(self): ...

    class Euler(Solver):
        def stepp(self, x):
            return x

    Euler()


@wrong(TypeError, where="size", value="Layer", fix="size: ")
def an_abstract_field_not_given(eqx):
    class Base(eqx.Module):
        size: eqx.AbstractVar[int]

    class Layer(Base):
        weight: float

    Layer(1.0)


@wrong(TypeError, where="order", value="Euler", fix="order: ")
def an_abstract_class_field_not_given(eqx):
    class Solver(eqx.Module):
        order: eqx.AbstractClassVar[int]

    class Euler(Solver):
        pass

    Euler()


@wrong(TypeError, where="size", value="AbstractVar", fix="AbstractVar[")
def an_abstract_field_without_type(eqx):
    class Base(eqx.Module):
        size: eqx.AbstractVar

    Base()


@wrong(TypeError, where="size", value="3", fix="AbstractVar")
def an_abstract_field_with_a_value(eqx):
    class Base(eqx.Module):
        size: eqx.AbstractVar[int] = 3

    Base()


@wrong(ValueError, where="`static`", value="True", fix="static=True")
def a_static_field_declared_twice_over(eqx):
    class Model(eqx.Module):
        size: int = eqx.field(static=True, metadata={"static": True})

    Model(3)


@wrong(ValueError, where=("Model", "layers"), value="list", fix="default_factory")
def a_mutable_default(eqx):
    class Model(eqx.Module):
        layers: list = []  # noqa: RUF012  (that is the mistake)


@wrong(TypeError, where="Model", value="'bias'", fix="kw_only=True")
def a_field_without_default_after_one_with(eqx):
    class Model(eqx.Module):
        weight: float = 1.0
        bias: float


@wrong(dataclasses.FrozenInstanceError, where="Linear.weight", value="None", fix="`tree_at(")
def an_assignment_caught_as_that_of_a_frozen_dataclass(eqx):
    _linear(eqx).weight = None


@wrong(ValueError, where="Wrapper", value="`function`", fix="Derive the class from `Module`")
def an_update_of_a_wrapper_that_is_no_module(eqx):
    eqx.module_update_wrapper(lambda x: x, lambda x: x)


@wrong(ValueError, where="wrapper", value="Wrapper", fix="__wrapped__")
def an_update_of_a_wrapper_without_wrapped(eqx):
    class Wrapper(eqx.Module):
        fn: object

        def __call__(self, x):
            return self.fn(x)

    eqx.module_update_wrapper(Wrapper(lambda x: x))


@wrong(TypeError, where="Linear", value="'out_features'", fix="Linear(in_features, ")
def a_class_in_place_of_an_instance(eqx):
    class Model(eqx.Module):
        layer: object

        def __call__(self, x):
            return self.layer(x)

    Model(eqx.nn.Linear)(jnp.ones(2))


@wrong(TypeError, where="Solver", value="abstract", fix="Make an instance of a subclass")
def a_class_forced_to_be_abstract_instantiated(eqx):
    class Solver(eqx.Module, strict=eqx.StrictConfig(force_abstact=True)):
        pass

    Solver()


@wrong(TypeError, where="Model.size", value="'3'", fix="what it can convert")
def a_converter_given_a_word(eqx):
    class Model(eqx.Module):
        size: jax.Array = eqx.field(converter=jnp.asarray)

    Model("3")
