"""Functions mapped over axes that are not there, or do not fit."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong


@wrong(ValueError, where=("x", "y"), value=("3", "4"), fix="in_axes")
def batches_of_two_sizes(eqx):
    eqx.filter_vmap(lambda x, y: x + y)(jnp.ones((3, 2)), jnp.ones((4, 2)))


@wrong(ValueError, where="weight", value=("3", "2"), fix="`None` in `in_axes`")
def a_model_mapped_with_its_data(eqx):
    linear = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    eqx.filter_vmap(lambda model, x: model(x))(linear, jnp.ones((3, 2)))


@wrong(ValueError, where="`x`", value="()", fix="`None` in `in_axes`")
def a_scalar_mapped(eqx):
    eqx.filter_vmap(lambda x: x, in_axes=0)(jnp.array(1.0))


@wrong(ValueError, where="x", value="()", fix="None")
def a_scalar_mapped_by_default(eqx):
    eqx.filter_vmap(lambda x, y: x * y)(jnp.ones(3), jnp.array(2.0))


@wrong(ValueError, where="in_axes", value="2", fix="Give an axis it has")
def an_axis_too_far(eqx):
    eqx.filter_vmap(lambda x: x, in_axes=2)(jnp.ones((3, 2)))


@wrong(ValueError, where="in_axes", value="3", fix="for each argument")
def more_axes_than_arguments(eqx):
    eqx.filter_vmap(lambda x, y: x + y, in_axes=(0, 0, None))(jnp.ones(3), jnp.ones(3))


@wrong(ValueError, where="in_axes", value="a list of 2", fix="Give a tuple")
def axes_in_a_list(eqx):
    eqx.filter_vmap(lambda x, y: x + y, in_axes=[0, None])(jnp.ones(3), jnp.ones(2))


@wrong(ValueError, where="in_axes", value="'z'", fix="'x'")
def axes_of_an_unknown_argument(eqx):
    def add(x, y):
        return x + y

    eqx.filter_vmap(add, in_axes={"z": 0})(jnp.ones(3), jnp.ones(3))


@wrong(ValueError, where="in_axes[1]", value="'batch'", fix="int")
def an_axis_by_name(eqx):
    eqx.filter_vmap(lambda x, y: x + y, in_axes=(0, "batch"))(jnp.ones(3), jnp.ones(3))


@wrong(TypeError, where="model.activation", value="the function relu", fix="`if_array(0)`")
def axis_zero_of_a_model_with_functions(eqx):
    model = eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))
    eqx.filter_vmap(lambda model, x: x, in_axes=(0, 0))(model, jnp.ones((4, 2)))


@wrong(ValueError, where="in_axes=None", value="out_axes=if_array(axis=0)", fix="Give `axis_size`")
def nothing_mapped(eqx):
    eqx.filter_vmap(lambda x: x, in_axes=None)(jnp.ones(3))


@wrong(ValueError, where="axis_size", value=("3", "5"), fix="axis_size")
def another_axis_size(eqx):
    eqx.filter_vmap(lambda x: x, axis_size=5)(jnp.ones(3))


@wrong(ValueError, where="out_axes", value="2", fix="axes 0 to 1")
def a_result_axis_too_far(eqx):
    eqx.filter_vmap(lambda x: x, out_axes=2)(jnp.ones((3, 2)))


@wrong(ValueError, where="out_axes", value="`None`", fix="Give the axis")
def a_mapped_result_not_mapped(eqx):
    eqx.filter_vmap(lambda x: x, out_axes=None)(jnp.ones((3, 2)))


@wrong(ValueError, where="out_axes", value="3", fix="the structure of what the function returns")
def more_result_axes_than_results(eqx):
    eqx.filter_vmap(lambda x: (x, x), out_axes=(0, 0, 0))(jnp.ones(3))


@wrong(TypeError, where="out_axes", value="str", fix="None")
def a_word_mapped(eqx):
    eqx.filter_vmap(lambda x: "word", out_axes=0)(jnp.ones(3))


@wrong(RuntimeError, where="'y'", value="filter_vmap", fix="Pass them by position")
def a_keyword_given_to_a_mapped_function(eqx):
    eqx.filter_vmap(lambda x, y: x + y)(jnp.ones(3), y=jnp.ones(3))


@wrong(NameError, where="axis name: batch", value="unbound", fix="axis_name='batch'")
def a_collective_without_its_axis(eqx):
    eqx.filter_vmap(lambda x: jax.lax.psum(x, "batch"))(jnp.ones(3))


@wrong(TypeError, where="in_axes", value="'0'", fix="must return an int")
def if_array_of_a_word(eqx):
    eqx.filter_vmap(lambda x: x, in_axes=eqx.if_array("0"))(jnp.ones(3))


@wrong(ValueError, where="donate", value="'all-except-first'", fix="'none'")
def a_donation_that_pmap_does_not_know(eqx):
    eqx.filter_pmap(lambda x: x, donate="all-except-first")


@wrong(ValueError, where="filter_pmap", value="size 64", fix="Split the axis")
def more_examples_than_devices(eqx):
    eqx.filter_pmap(lambda x: x)(jnp.ones((64, 2)))
