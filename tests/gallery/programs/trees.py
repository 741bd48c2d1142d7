"""Changes of trees, and comparisons, that cannot be done."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong


def _mlp(eqx, **options):
    return eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0), **options)


@wrong(TypeError, where="where", value="for *", fix="`replace_fn`")
def a_computed_value_chosen(eqx):
    model = _mlp(eqx)
    eqx.tree_at(lambda m: m.layers[0].weight * 2, model, jnp.zeros((4, 2)))


@wrong(TypeError, where="where", value="2", fix="make a new Module")
def a_static_field_chosen(eqx):
    eqx.tree_at(lambda m: m.in_size, _mlp(eqx), 3)


@wrong(ValueError, where="where", value="element 1", fix="outer node alone")
def a_layer_and_its_weight_chosen(eqx):
    eqx.tree_at(lambda m: (m.layers[0], m.layers[0].weight), _mlp(eqx), (1, 2))


@wrong(ValueError, where="where", value="None", fix="is_leaf=lambda x: x is None")
def an_absent_bias_chosen(eqx):
    model = _mlp(eqx, use_bias=False, use_final_bias=False)
    eqx.tree_at(lambda m: m.layers[0].bias, model, jnp.zeros(4))


@wrong(TypeError, where="where", value="None", fix="lack its `return`")
def a_choice_without_return(eqx):
    def where(model):
        model.layers[0].weight

    eqx.tree_at(where, _mlp(eqx), jnp.zeros((4, 2)))


@wrong(ValueError, where="replace", value=("2 nodes", "holds 3"), fix="Give as many")
def a_wrong_number_of_replacements(eqx):
    eqx.tree_at(lambda t: (t[0], t[1]), [1, 2, 3], (4, 5, 6))


@wrong(TypeError, where="replace", value=("4", "int"), fix="tuple")
def one_replacement_for_two_places(eqx):
    eqx.tree_at(lambda t: (t[0], t[1]), [1, 2, 3], 4)


@wrong(ValueError, where=("replace", "replace_fn"), value="both", fix="the new node")
def a_replacement_and_a_function(eqx):
    eqx.tree_at(lambda t: t[0], [1, 2], 3, replace_fn=lambda x: x + 1)


@wrong(ValueError, where=("replace", "replace_fn"), value="neither", fix="the new node")
def neither_a_replacement_nor_a_function(eqx):
    eqx.tree_at(lambda t: t[0], [1, 2])


@wrong(AttributeError, where="where", value="'layer'", fix="`layers`")
def a_misspelt_field_chosen(eqx):
    eqx.tree_at(lambda m: m.layer[0].weight, _mlp(eqx), jnp.zeros((4, 2)))


@wrong(IndexError, where="where", value="MLP", fix="a node that is there")
def a_layer_too_far_chosen(eqx):
    eqx.tree_at(lambda m: m.layers[2].weight, _mlp(eqx), jnp.zeros((4, 2)))


@wrong(TypeError, where="`where`, a MLP", value="the function", fix="(where, pytree, replace)")
def arguments_of_tree_at_in_a_wrong_order(eqx):
    model = _mlp(eqx)
    eqx.tree_at(model, lambda m: m.layers[0].weight, jnp.zeros((4, 2)))


@wrong(TypeError, where="where", value="placeholder", fix="may walk the nodes")
def a_choice_that_depends_on_the_value(eqx):
    def where(tree):
        return tree["a"] if tree["a"] > 0 else tree["b"]

    eqx.tree_at(where, {"a": 1.0, "b": 2.0}, 3.0)


@wrong(TypeError, where="where", value="'weight'", fix="lambda")
def a_path_in_place_of_a_choice(eqx):
    eqx.tree_at("weight", eqx.nn.Linear(2, 2, key=jax.random.key(0)), 3.0)


@wrong(jax.errors.TracerBoolConversionError, where="`old[0]`", value="bool[]", fix="jnp.where")
def a_comparison_of_traced_trees_in_an_if(eqx):
    @eqx.filter_jit
    def step(old, new):
        if eqx.tree_equal(old, new):
            return old
        return new

    step([jnp.ones(2)], [jnp.zeros(2)])


@wrong(ValueError, where="updates", value="a tuple of 2", fix="`None` for what is not changed")
def updates_of_another_kind(eqx):
    model = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    eqx.apply_updates(model, (jnp.ones((2, 2)), jnp.ones(2)))


@wrong(ValueError, where="updates", value="depth=2", fix="`None` for what is not changed")
def updates_of_another_model(eqx):
    small = _mlp(eqx)
    large = eqx.nn.MLP(2, 2, 4, 2, key=jax.random.key(0))
    eqx.apply_updates(small, eqx.filter(large, eqx.is_array))


@wrong(TypeError, where="updates.weight", value=("[2,2]", "[3,3]"), fix="the model's shapes")
def updates_of_another_shape(eqx):
    model = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    gradient = eqx.tree_at(lambda m: m.weight, model, jnp.ones((3, 3)))
    eqx.apply_updates(model, gradient)


@wrong(
    TypeError, where="updates.activation", value="custom_jvp", fix="filter(model, is_inexact_array)"
)
def updates_that_hold_functions(eqx):
    model = _mlp(eqx)
    eqx.apply_updates(model, model)


@wrong(ValueError, where="updates", value="tuple", fix="the first of the two")
def updates_with_the_state_of_the_optimiser(eqx):
    import optax

    model = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    optim = optax.sgd(0.1)
    updates = optim.update(model, optim.init(model), model)
    eqx.apply_updates(model, updates)


@wrong(ValueError, where="immediately", value="list", fix="take the reference out")
def one_level_of_a_list_that_contains_itself(eqx):
    loop = []
    loop.append(loop)
    eqx.tree_flatten_one_level(loop)
