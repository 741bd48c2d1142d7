"""Compiled functions: traced values, static arguments, donated arrays, compiled ahead of time."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.gallery.wrong import wrong


@wrong(jax.errors.TracerBoolConversionError, where="`x`", value="bool[]", fix="jnp.where")
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


@wrong(
    jax.errors.UnexpectedTracerError,
    where="a_traced_value_kept_in_a_list.<locals>.step",
    value="float32[2]",
    fix="return it",
)
def a_traced_value_kept_in_a_list(eqx):
    kept = []

    @eqx.filter_jit
    def step(x):
        kept.append(x * 2)
        return x

    step(jnp.ones(2))
    eqx.filter_jit(lambda x: x + kept[0])(jnp.ones(2))


@wrong(
    jax.errors.UnexpectedTracerError, where="Model.__call__", value="float32[2]", fix="return it"
)
def a_traced_value_forced_into_a_module(eqx):
    class Model(eqx.Module):
        last: object = None

        def __call__(self, x):
            object.__setattr__(self, "last", x * 2)
            return x

    model = Model()
    eqx.filter_jit(lambda x: model(x))(jnp.ones(2))
    eqx.filter_jit(lambda model, x: model.last + x)(model, jnp.ones(2))


@wrong((RuntimeError, ValueError), where="`x`", value="float32[4]", fix="what that call returned")
def a_donated_array_used_again(eqx):
    step = eqx.filter_jit(lambda x: x + 1, donate="all")
    x = jnp.ones(4)
    step(x)
    step(x)


@wrong(
    (RuntimeError, ValueError),
    where="`model.weight`",
    value="float32[2,2]",
    fix="what that call returned",
)
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


@wrong(ValueError, where="static_argnums", value="1", fix="jnp.asarray")
def static_argnums_given_to_filter_jit(eqx):
    eqx.filter_jit(lambda x, n: x * n, static_argnums=1)(jnp.ones(2), 3)


@wrong(ValueError, where="static_argnames", value="'n'", fix="jnp.asarray")
def static_argnames_given_to_filter_jit(eqx):
    eqx.filter_jit(lambda x, n: x * n, static_argnames="n")(jnp.ones(2), n=3)


@wrong(ValueError, where="donate_argnums", value="0", fix="donate=")
def donate_argnums_given_to_filter_jit(eqx):
    eqx.filter_jit(lambda x: x + 1, donate_argnums=0)(jnp.ones(2))


@wrong(TypeError, where="filter_jit", value="Array([1., 1.]", fix="Give a function")
def the_arguments_given_in_place_of_the_function(eqx):
    eqx.filter_jit(jnp.ones(2))(jnp.ones(2))


@wrong(ValueError, where="`options`", value="Unhashable", fix="hashable value")
def a_static_argument_that_has_no_hash(eqx):
    class Unhashable:
        __hash__ = None

    eqx.filter_jit(lambda x, options: x)(jnp.ones(2), options=Unhashable())


@wrong(ValueError, where="`sizes`", value="{1, 2}", fix="frozenset")
def a_set_as_a_static_argument(eqx):
    eqx.filter_jit(lambda x, sizes: x)(jnp.ones(2), {1, 2})


@wrong(TypeError, where="'x'", value="step", fix="x")
def an_argument_of_a_compiled_function_missing(eqx):
    @eqx.filter_jit
    def step(model, x):
        return x

    step(jnp.ones(2))


@wrong(TypeError, where="`x`", value=("float32[2]", "float32[3]"), fix="compile for these")
def a_compiled_function_given_another_shape(eqx):
    compiled = eqx.filter_jit(lambda x: x + 1).lower(jnp.ones(2)).compile()
    compiled(jnp.ones(3))


@wrong(TypeError, where="`x`", value=("float32[2]", "int32[2]"), fix="compile for these")
def a_compiled_function_given_another_dtype(eqx):
    compiled = eqx.filter_jit(lambda x: x + 1).lower(jnp.ones(2)).compile()
    compiled(jnp.arange(2))


@wrong(
    TypeError,
    where="`x`",
    value="[*]",
    fix="those given to `lower`",
    allowed="it takes the arrays in their order, whatever they are in",
)
def a_compiled_function_given_another_structure(eqx):
    compiled = eqx.filter_jit(lambda x: x[0] + 1).lower((jnp.ones(2),)).compile()
    compiled([jnp.ones(2)])


@wrong(ValueError, where="Closure-converted", value="f32[3]", fix="convert it once more")
def a_converted_closure_called_with_another_shape(eqx):
    y = jnp.ones(2)
    eqx.filter_closure_convert(lambda x: x + y, jnp.ones(2))(jnp.ones(3))


@wrong(ValueError, where="Closure-converted", value="[f32[2], f32[2]]", fix="convert it once more")
def a_converted_closure_called_with_another_structure(eqx):
    convert = eqx.filter_closure_convert(lambda x: x[0] + x[1], (jnp.ones(2), jnp.ones(2)))
    convert([jnp.ones(2), jnp.ones(2)])


@wrong(TypeError, where="policy", value="'dots'", fix="jax.checkpoint_policies")
def a_checkpoint_policy_that_is_a_name(eqx):
    eqx.filter_grad(eqx.filter_checkpoint(lambda x: jnp.sin(x).sum(), policy="dots"))(jnp.ones(2))


@wrong(
    TypeError,
    where="result_shape_dtypes",
    value="filter_pure_callback",
    fix="required keyword-only argument",
)
def a_callback_without_result(eqx):
    eqx.filter_pure_callback(np.sin, jnp.ones(2))


@wrong(TypeError, where="`device_or_shardings`", value="'cpu'", fix="`jax.devices()[0]`")
def a_device_given_by_name(eqx):
    eqx.filter_shard(jnp.ones(2), "cpu")
