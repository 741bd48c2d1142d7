"""Compiled functions: traced values, static arguments, donated arrays, compiled ahead of time."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.gallery.wrong import wrong


@wrong(jax.errors.TracerBoolConversionError, where="float32[]", value="traced", fix="jnp.where")
def a_traced_value_in_an_if(eqx):
    @eqx.filter_jit
    def step(x):
        if x > 0:
            return x
        return -x

    step(jnp.array(1.0))


@wrong(jax.errors.ConcretizationTypeError, where="x", value="float32[]", fix="static")
def a_traced_value_made_a_float(eqx):
    eqx.filter_jit(lambda x: float(x) + 1)(jnp.array(1.0))


@wrong(jax.errors.TracerIntegerConversionError, where="n", value="int32[]", fix="int")
def a_traced_number_of_steps(eqx):
    @eqx.filter_jit
    def steps(x, n):
        for _ in range(n):
            x = x + 1
        return x

    steps(jnp.ones(2), jnp.array(3))


@wrong(jax.errors.TracerArrayConversionError, where="x", value="float32[2]", fix="jax.numpy")
def numpy_on_a_traced_value(eqx):
    eqx.filter_jit(lambda x: np.sin(np.asarray(x)))(jnp.ones(2))


@wrong(jax.errors.UnexpectedTracerError, where="leaked", value="float32[2]", fix="return")
def a_traced_value_kept_in_a_list(eqx):
    kept = []

    @eqx.filter_jit
    def step(x):
        kept.append(x * 2)
        return x

    step(jnp.ones(2))
    eqx.filter_jit(lambda x: x + kept[0])(jnp.ones(2))


@wrong(jax.errors.UnexpectedTracerError, where=".last", value="float32[2]", fix="return")
def a_traced_value_forced_into_a_module(eqx):
    class Model(eqx.Module):
        last: object = None

        def __call__(self, x):
            object.__setattr__(self, "last", x * 2)
            return x

    model = Model()
    eqx.filter_jit(lambda x: model(x))(jnp.ones(2))
    eqx.filter_jit(lambda model, x: model.last + x)(model, jnp.ones(2))


@wrong(RuntimeError, where="x", value="float32[4]", fix="donate")
def a_donated_array_used_again(eqx):
    step = eqx.filter_jit(lambda x: x + 1, donate="all")
    x = jnp.ones(4)
    step(x)
    step(x)


@wrong(RuntimeError, where="model.weight", value="float32[2,2]", fix="donate")
def a_donated_model_used_again(eqx):
    @eqx.filter_jit(donate="all")
    def step(model, x):
        return jax.tree.map(lambda leaf: leaf + 1, model)

    model = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    step(model, jnp.ones(2))
    step(model, jnp.ones(2))


@wrong(ValueError, where="donate", value="'everything'", fix="'all-except-first'")
def an_unknown_donation(eqx):
    eqx.filter_jit(lambda x: x, donate="everything")


@wrong(ValueError, where="donate", value="True", fix="'all-except-first'")
def a_donation_that_is_a_bool(eqx):
    eqx.filter_jit(lambda x: x, donate=True)


@wrong(ValueError, where="static_argnums", value="filter_jit", fix="jnp.asarray")
def static_argnums_given_to_filter_jit(eqx):
    eqx.filter_jit(lambda x, n: x * n, static_argnums=1)(jnp.ones(2), 3)


@wrong(ValueError, where="static_argnames", value="filter_jit", fix="jnp.asarray")
def static_argnames_given_to_filter_jit(eqx):
    eqx.filter_jit(lambda x, n: x * n, static_argnames="n")(jnp.ones(2), n=3)


@wrong(ValueError, where="donate_argnums", value="filter_jit", fix="donate=")
def donate_argnums_given_to_filter_jit(eqx):
    eqx.filter_jit(lambda x: x + 1, donate_argnums=0)(jnp.ones(2))


@wrong(TypeError, where="fun", value="float32[2]", fix="filter_jit(fun)")
def the_arguments_given_in_place_of_the_function(eqx):
    eqx.filter_jit(jnp.ones(2))(jnp.ones(2))


@wrong(TypeError, where="options", value="Unhashable", fix="__hash__")
def a_static_argument_that_has_no_hash(eqx):
    class Unhashable:
        __hash__ = None

    eqx.filter_jit(lambda x, options: x)(jnp.ones(2), options=Unhashable())


@wrong(TypeError, where="sizes", value="set", fix="frozenset")
def a_set_as_a_static_argument(eqx):
    eqx.filter_jit(lambda x, sizes: x)(jnp.ones(2), {1, 2})


@wrong(TypeError, where="model.config", value="bytearray", fix="tuple")
def a_field_that_has_no_hash(eqx):
    class Model(eqx.Module):
        config: object = eqx.field(static=True)

        def __call__(self, x):
            return x

    eqx.filter_jit(lambda model, x: model(x))(Model(bytearray(b"a")), jnp.ones(2))


@wrong(TypeError, where="model.table", value="ndarray", fix="tuple")
def a_static_field_that_holds_an_array_jitted(eqx):
    class Model(eqx.Module):
        table: object = eqx.field(static=True)

        def __call__(self, x):
            return x

    eqx.filter_jit(lambda model, x: model(x))(Model({"a": {1, 2}}), jnp.ones(2))


@wrong(TypeError, where="'x'", value="step", fix="x")
def an_argument_of_a_compiled_function_missing(eqx):
    @eqx.filter_jit
    def step(model, x):
        return x

    step(jnp.ones(2))


@wrong(TypeError, where="x", value="(3,)", fix="(2,)")
def a_compiled_function_given_another_shape(eqx):
    compiled = eqx.filter_jit(lambda x: x + 1).lower(jnp.ones(2)).compile()
    compiled(jnp.ones(3))


@wrong(TypeError, where="x", value="int32", fix="float32")
def a_compiled_function_given_another_dtype(eqx):
    compiled = eqx.filter_jit(lambda x: x + 1).lower(jnp.ones(2)).compile()
    compiled(jnp.arange(2))


@wrong(TypeError, where="n", value="4", fix="3")
def a_compiled_function_given_another_static_value(eqx):
    compiled = eqx.filter_jit(lambda x, n: x + n).lower(jnp.ones(2), 3).compile()
    compiled(jnp.ones(2), 4)


@wrong(TypeError, where="x", value="list", fix="structure")
def a_compiled_function_given_another_structure(eqx):
    compiled = eqx.filter_jit(lambda x: x[0] + 1).lower((jnp.ones(2),)).compile()
    compiled([jnp.ones(2)])


@wrong(TypeError, where="x", value="float32[2]", fix="jax.ShapeDtypeStruct")
def a_description_given_to_a_compiled_function(eqx):
    eqx.filter_jit(lambda x: x + 1)(jax.ShapeDtypeStruct((2,), jnp.float32))


@wrong(TypeError, where="closure_convert", value="(3,)", fix="(2,)")
def a_converted_closure_called_with_another_shape(eqx):
    y = jnp.ones(2)
    eqx.filter_closure_convert(lambda x: x + y, jnp.ones(2))(jnp.ones(3))


@wrong(TypeError, where="closure_convert", value="list", fix="tuple")
def a_converted_closure_called_with_another_structure(eqx):
    convert = eqx.filter_closure_convert(lambda x: x[0] + x[1], (jnp.ones(2), jnp.ones(2)))
    convert([jnp.ones(2), jnp.ones(2)])


@wrong(TypeError, where="x", value="'abc'", fix="filter_eval_shape")
def shapes_of_a_function_that_cannot_be_traced(eqx):
    eqx.filter_eval_shape(lambda x: jnp.ones(2) + x, "abc")


@wrong(TypeError, where="policy", value="'dots'", fix="jax.checkpoint_policies")
def a_checkpoint_policy_that_is_a_name(eqx):
    eqx.filter_grad(eqx.filter_checkpoint(lambda x: jnp.sin(x).sum(), policy="dots"))(jnp.ones(2))


@wrong(TypeError, where="result_shape_dtypes", value="filter_pure_callback", fix="ShapeDtypeStruct")
def a_callback_without_result(eqx):
    eqx.filter_pure_callback(np.sin, jnp.ones(2))


@wrong(TypeError, where="device_or_shardings", value="'cpu'", fix="jax.devices")
def a_device_given_by_name(eqx):
    eqx.filter_shard(jnp.ones(2), "cpu")
