"""Filter specifications and trees that do not fit together."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong


def _mlp(eqx):
    return eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))


@wrong(ValueError, where="filter_spec", value="3", fix="prefix")
def a_specification_longer_than_the_tree(eqx):
    eqx.filter([jnp.ones(2), jnp.ones(2)], [True, True, False])


@wrong(ValueError, where="filter_spec['w']", value="tuple", fix="prefix")
def a_specification_deeper_than_the_tree(eqx):
    eqx.filter({"w": jnp.ones(2)}, {"w": (True, False)})


@wrong(ValueError, where="filter_spec", value="'bias'", fix="prefix")
def a_specification_with_other_keys(eqx):
    eqx.partition({"w": jnp.ones(2), "b": 1.0}, {"w": True, "bias": False})


@wrong(ValueError, where="filter_spec", value="Linear", fix="prefix")
def a_specification_made_of_another_model(eqx):
    linear = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    eqx.partition(_mlp(eqx), jax.tree.map(eqx.is_array, linear))


@wrong(ValueError, where="filter_spec[1]", value="'trainable'", fix="bool")
def a_specification_of_words(eqx):
    eqx.partition([jnp.ones(2), jnp.ones(2)], [True, "trainable"])


@wrong(ValueError, where="filter_spec", value="1", fix="bool")
def a_specification_of_numbers(eqx):
    eqx.filter([jnp.ones(2), jnp.ones(2)], [1, 0])


@wrong(ValueError, where="filter_spec.layers[0].weight", value="None", fix="False")
def a_specification_with_none_for_false(eqx):
    model = _mlp(eqx)
    spec = jax.tree.map(eqx.is_array, model)
    spec = eqx.tree_at(lambda m: m.layers[0].weight, spec, None)
    eqx.partition(model, spec)


@wrong(ValueError, where="[0]", value="float32[2]", fix="bool")
def a_filter_that_returns_an_array(eqx):
    eqx.filter([jnp.ones(2)], lambda x: x > 0)


@wrong(ValueError, where="['w']", value="None", fix="return")
def a_filter_without_return(eqx):
    def trainable(x):
        eqx.is_array(x)

    eqx.partition({"w": jnp.ones(2)}, trainable)


@wrong(ValueError, where="filter_spec", value="bool[]", fix="bool")
def a_specification_of_traced_values(eqx):
    eqx.filter_jit(lambda x, flag: eqx.filter([x], [flag]))(jnp.ones(2), jnp.array(True))


@wrong(ValueError, where="pytrees[1]", value="dict", fix="`partition`")
def trees_of_other_kinds_combined(eqx):
    eqx.combine([jnp.ones(2), None], {"w": None})


@wrong(ValueError, where="pytrees[1]", value="a list of 3", fix="`partition`")
def trees_of_other_lengths_combined(eqx):
    eqx.combine([jnp.ones(2), None], [None, 1, 2])


@wrong(ValueError, where="pytrees[1]", value="depth=2", fix="`partition`")
def parts_of_two_models_combined(eqx):
    params, _ = eqx.partition(_mlp(eqx), eqx.is_array)
    other = eqx.nn.MLP(2, 2, 4, 2, key=jax.random.key(0))
    _, static = eqx.partition(other, eqx.is_array)
    eqx.combine(params, static)
