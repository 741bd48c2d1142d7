"""Errors raised while a compiled function runs, enumerations, and the tools that find faults."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong


@wrong(RuntimeError, where="step", value="must be positive", fix="EQX_ON_ERROR")
def an_error_at_run_time(eqx):
    @eqx.filter_jit
    def step(x):
        return eqx.error_if(x, jnp.any(x < 0), "x must be positive")

    jax.block_until_ready(step(-jnp.ones(2)))


@wrong(RuntimeError, where="x", value="must be positive", fix="positive")
def an_error_outside_jit(eqx):
    eqx.error_if(-jnp.ones(2), True, "x must be positive")


@wrong(RuntimeError, where="step", value="too large", fix="EQX_ON_ERROR")
def one_of_several_errors(eqx):
    @eqx.filter_jit
    def step(x):
        return eqx.branched_error_if(x, jnp.any(x > 0), 1, ["too small", "too large"])

    jax.block_until_ready(step(jnp.ones(2)))


@wrong(ValueError, where="on_error", value="'ignore'", fix="'off'")
def an_unknown_reaction_to_errors(eqx):
    eqx.error_if(jnp.ones(2), True, "wrong", on_error="ignore")


@wrong(ValueError, where="x", value="0", fix="array")
def an_error_tied_to_no_array(eqx):
    eqx.error_if("word", jnp.array(True), "wrong")
    eqx.filter_jit(lambda pred: eqx.error_if("word", pred, "wrong"))(jnp.array(True))


@wrong(TypeError, where="pred", value="'yes'", fix="bool")
def a_condition_that_is_a_word(eqx):
    eqx.error_if(jnp.ones(2), "yes", "wrong")


@wrong(ValueError, where="pred", value="float32", fix="bool")
def a_condition_of_floats(eqx):
    eqx.error_if(jnp.ones(2), jnp.ones(2), "wrong")


@wrong(ValueError, where="index", value="5", fix="msgs")
def an_index_of_no_message(eqx):
    eqx.branched_error_if(jnp.ones(2), True, 5, ["too small", "too large"])


@wrong(TypeError, where="msgs", value="str", fix="[")
def one_message_in_place_of_several(eqx):
    eqx.branched_error_if(jnp.ones(2), True, 0, "too small")


def _results(eqx):
    class Results(eqx.Enumeration):
        success = "all is well"
        failure = "did not converge"

    return Results


@wrong(AttributeError, where="Results", value="'sucess'", fix="success")
def a_misspelt_item(eqx):
    return _results(eqx).sucess


@wrong(ValueError, where="Results", value="'success'", fix="Results.success")
def an_enumeration_made_of_a_name(eqx):
    _results(eqx)("success")


@wrong(ValueError, where="Results", value="Others", fix="promote")
def items_of_two_enumerations_compared(eqx):
    class Others(eqx.Enumeration):
        success = "fine"

    return _results(eqx).success == Others.success


@wrong(ValueError, where="Results", value="Others", fix="promote")
def items_of_two_enumerations_in_a_choice(eqx):
    class Others(eqx.Enumeration):
        success = "fine"

    results = _results(eqx)
    results.where(jnp.array(True), results.success, Others.success)


@wrong(ValueError, where="Results", value="3", fix="str")
def an_item_that_is_a_number(eqx):
    class Results(eqx.Enumeration):
        success = 3


@wrong(RuntimeError, where="error", value="success", fix="error_if")
def an_enumeration_error_of_success(eqx):
    results = _results(eqx)
    x = results.failure.error_if(jnp.ones(2), jnp.array(True))
    jax.block_until_ready(x)


@wrong(TypeError, where="max_traces", value="'once'", fix="int")
def a_number_of_traces_that_is_a_word(eqx):
    eqx.debug.assert_max_traces(lambda x: x, max_traces="once")(1)


@wrong(RuntimeError, where="step", value="2", fix="jnp.asarray")
def a_function_traced_for_each_shape(eqx):
    @eqx.filter_jit
    @eqx.debug.assert_max_traces(max_traces=1)
    def step(x):
        return x

    step(jnp.ones(2))
    step(jnp.ones(3))


@wrong(ValueError, where="x", value="None", fix="name")
def an_array_asked_for_that_was_not_stored(eqx):
    eqx.debug.inspect_dce("never stored")


@wrong(RuntimeError, where="y", value="eliminated", fix="store_dce")
def a_value_not_eliminated(eqx):
    @jax.jit
    def f(x):
        y = eqx.debug.store_dce(x + 1, name="y")
        return y

    f(jnp.ones(2))
    eqx.debug.inspect_dce("y")
