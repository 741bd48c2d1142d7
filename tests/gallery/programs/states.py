"""States of layers, shared layers and sequences of layers used in a wrong way."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong

KEY = jax.random.PRNGKey(0)


def _norm(eqx, **options):
    return eqx.nn.make_with_state(eqx.nn.BatchNorm)(3, "batch", mode="batch", **options)


@wrong(TypeError, where="'state'", value="BatchNorm", fix="required positional argument")
def a_norm_called_without_state(eqx):
    norm, _ = _norm(eqx)
    jax.vmap(norm, axis_name="batch")(jnp.ones((4, 3)))


@wrong(NameError, where="axis_name", value="'batch'", fix="jax.vmap(model, axis_name='batch'")
def a_norm_outside_vmap(eqx):
    norm, state = _norm(eqx)
    norm(jnp.ones(3), state)


@wrong(NameError, where="axis_name", value="'batch'", fix="axis_name='batch'")
def a_norm_mapped_over_an_unnamed_axis(eqx):
    norm, state = _norm(eqx)
    jax.vmap(norm, in_axes=(0, None), out_axes=(0, None))(jnp.ones((4, 3)), state)


@wrong(ValueError, where="mode", value="'momentum'", fix="'batch'")
def an_unknown_mode_of_a_norm(eqx):
    eqx.nn.BatchNorm(3, "batch", mode="momentum")


@wrong(TypeError, where="BatchNorm", value="(4,)", fix="(3, ...)")
def other_channels_given_to_a_batch_norm(eqx):
    norm, state = _norm(eqx)
    jax.vmap(norm, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(
        jnp.ones((2, 4)), state
    )


@wrong(ValueError, where="state", value="old", fix="new")
def an_old_state_used_again(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    state = eqx.nn.State({"index": index})
    state.set(index, jnp.ones(2))
    state.get(index)


@wrong(ValueError, where="StateIndex", value=("f32[2]", "f32[3]"), fix="initial value")
def a_value_of_another_shape_set(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    state = eqx.nn.State({"index": index})
    state.set(index, jnp.zeros(3))


@wrong(ValueError, where="StateIndex", value=("f32[2]", "i32[2]"), fix="initial value")
def a_value_of_another_dtype_set(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    state = eqx.nn.State({"index": index})
    state.set(index, jnp.arange(2))


@wrong(KeyError, where="State", value="StateIndex", fix="`model, state = make_with_state(")
def an_index_of_another_model(eqx):
    state = eqx.nn.State({"index": eqx.nn.StateIndex(jnp.zeros(2))})
    state.get(eqx.nn.StateIndex(jnp.zeros(2)))


@wrong(ValueError, where="keys of a `State`", value="'index'", fix="StateIndex")
def a_state_asked_by_name(eqx):
    state = eqx.nn.State({"index": eqx.nn.StateIndex(jnp.zeros(2))})
    state.get("index")


@wrong(
    ValueError,
    where="BatchNorm.batch_counter",
    value="no longer in the model",
    fix="make_with_state",
)
def a_second_state_of_a_model(eqx):
    norm, _ = _norm(eqx)
    eqx.nn.State(norm)


@wrong(ValueError, where="State.update", value="dict", fix="state.substate(")
def a_state_updated_by_a_dictionary(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    eqx.nn.State({"index": index}).update({"index": jnp.ones(2)})


@wrong(
    TypeError,
    where="layers[1]",
    value="BatchNorm",
    fix="`x, state = sequential(x, state)`",
    allowed="it fails inside the layer, for want of an attribute",
)
def a_sequence_with_a_norm_without_state(eqx):
    def make(key):
        return eqx.nn.Sequential(
            [eqx.nn.Linear(3, 3, key=key), eqx.nn.BatchNorm(3, "batch", mode="batch")]
        )

    model, _ = eqx.nn.make_with_state(make)(KEY)
    jax.vmap(model, axis_name="batch")(jnp.ones((4, 3)))


@wrong(TypeError, where="layers[1]", value="'key'", fix="`nn.Lambda`")
def a_plain_function_in_a_sequence(eqx):
    eqx.nn.Sequential([eqx.nn.Linear(3, 3, key=KEY), jax.nn.relu])(jnp.ones(3))


@wrong(TypeError, where="Sequential", value="3 were given", fix="Sequential(layers)")
def a_sequence_of_layers_not_in_a_list(eqx):
    eqx.nn.Sequential(eqx.nn.Linear(3, 3, key=KEY), eqx.nn.Linear(3, 3, key=KEY))


@wrong(TypeError, where="layers[1]", value="(4,)", fix="(3,)")
def layers_of_a_sequence_that_do_not_fit(eqx):
    eqx.nn.Sequential([eqx.nn.Linear(3, 4, key=KEY), eqx.nn.Linear(3, 3, key=KEY)])(jnp.ones(3))


@wrong(ValueError, where="`where(pytree)`", value="bias=None", fix="What `get` returns")
def a_shared_layer_of_another_structure(eqx):
    class Model(eqx.Module):
        shared: object

        def __init__(self):
            parts = (eqx.nn.Linear(3, 3, key=KEY), eqx.nn.Linear(3, 4, use_bias=False, key=KEY))
            self.shared = eqx.nn.Shared(parts, lambda parts: parts[1], lambda parts: parts[0])

    Model().shared()


@wrong(ValueError, where="`where(pytree)`", value=("f32[4,3]", "f32[3,4]"), fix="`.T`")
def a_shared_weight_of_another_shape(eqx):
    embedding = eqx.nn.Embedding(4, 3, key=KEY)
    linear = eqx.nn.Linear(4, 3, key=KEY)
    eqx.nn.Shared((embedding, linear), lambda p: p[1].weight, lambda p: p[0].weight)


@wrong(AttributeError, where="weight_name", value="'wieght'", fix="`weight`")
def a_weight_norm_of_a_misspelt_weight(eqx):
    eqx.nn.WeightNorm(eqx.nn.Linear(3, 3, key=KEY), weight_name="wieght")


@wrong(ValueError, where="`bias`", value="(3,)", fix="a matrix or a kernel")
def a_spectral_norm_of_a_bias(eqx):
    eqx.nn.SpectralNorm(eqx.nn.Linear(3, 3, key=KEY), weight_name="bias", key=KEY)


@wrong(TypeError, where="make_with_state", value="a Linear", fix="Give it the class")
def a_model_in_place_of_its_class(eqx):
    eqx.nn.make_with_state(eqx.nn.Linear(3, 3, key=KEY))(3, 3, key=KEY)


@wrong(
    TypeError,
    where="`BatchNorm`",
    value="Array([0, 0]",
    fix="make_with_state(BatchNorm)",
    allowed="it fails inside the layer, for want of an attribute",
)
def a_norm_given_its_key_as_state(eqx):
    norm, _ = _norm(eqx)
    jax.vmap(norm, axis_name="batch", in_axes=(0, None))(jnp.ones((4, 3)), KEY)
