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


@wrong(RuntimeError, where="on_error", value="'ignore'", fix="'off'")
def an_unknown_reaction_to_errors(eqx):
    eqx.error_if(jnp.ones(2), True, "wrong", on_error="ignore")


@wrong(ValueError, where="`x`", value="no array", fix="an array that the result depends on")
def an_error_tied_to_no_array(eqx):
    eqx.error_if("word", jnp.array(True), "wrong")
    eqx.filter_jit(lambda pred: eqx.error_if("word", pred, "wrong"))(jnp.array(True))


@wrong(TypeError, where="pred", value="'yes'", fix="bool")
def a_condition_that_is_a_word(eqx):
    eqx.error_if(jnp.ones(2), "yes", "wrong")


@wrong(IndexError, where="`index`", value="5", fix="must be less")
def an_index_of_no_message(eqx):
    eqx.branched_error_if(jnp.ones(2), True, 5, ["too small", "too large"])


def _results(eqx):
    class Results(eqx.Enumeration):
        success = "all is well"
        failure = "did not converge"

    return Results


@wrong(AttributeError, where="Results", value="'sucess'", fix="success")
def a_misspelt_item(eqx):
    return _results(eqx).sucess


@wrong(TypeError, where="Results", value="no instances", fix="Results.name")
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


@wrong(
    TypeError,
    where="Results.success",
    value="3",
    fix="give the message",
    allowed="it takes the value for a string, and fails at what that can do",
)
def an_item_that_is_a_number(eqx):
    class Results(eqx.Enumeration):
        success = 3


@wrong(RuntimeError, where="step", value="2", fix="jnp.asarray")
def a_function_traced_for_each_shape(eqx):
    @eqx.filter_jit
    @eqx.debug.assert_max_traces(max_traces=1)
    def step(x):
        return x

    step(jnp.ones(2))
    step(jnp.ones(3))
