"""States of layers, shared layers and sequences of layers used in a wrong way."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong

KEY = jax.random.PRNGKey(0)


def _norm(eqx, **options):
    return eqx.nn.make_with_state(eqx.nn.BatchNorm)(3, "batch", mode="batch", **options)


@wrong(TypeError, where="state", value="BatchNorm", fix="eqx.nn.make_with_state")
def a_norm_called_without_state(eqx):
    norm, _ = _norm(eqx)
    jax.vmap(norm, axis_name="batch")(jnp.ones((4, 3)))


@wrong(NameError, where="axis_name", value="'batch'", fix="jax.vmap(")
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


@wrong(ValueError, where="BatchNorm", value="(4,)", fix="(3,")
def other_channels_given_to_a_batch_norm(eqx):
    norm, state = _norm(eqx)
    jax.vmap(norm, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(
        jnp.ones((2, 4)), state
    )


@wrong(ValueError, where="state", value="old", fix="new")
def an_old_state_used_again(eqx):
    norm, state = _norm(eqx)
    call = jax.vmap(norm, axis_name="batch", in_axes=(0, None), out_axes=(0, None))
    call(jnp.ones((4, 3)), state)
    call(jnp.ones((4, 3)), state)


@wrong(ValueError, where="value", value=("(3,)", "(2,)"), fix="shape")
def a_value_of_another_shape_set(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    state = eqx.nn.State({"index": index})
    state.set(index, jnp.zeros(3))


@wrong(ValueError, where="value", value=("float32", "int32"), fix="dtype")
def a_value_of_another_dtype_set(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    state = eqx.nn.State({"index": index})
    state.set(index, jnp.arange(2))


@wrong(ValueError, where="item", value="StateIndex", fix="eqx.nn.State(model)")
def an_index_of_another_model(eqx):
    state = eqx.nn.State({"index": eqx.nn.StateIndex(jnp.zeros(2))})
    state.get(eqx.nn.StateIndex(jnp.zeros(2)))


@wrong(ValueError, where="item", value="'index'", fix="StateIndex")
def a_state_asked_by_name(eqx):
    state = eqx.nn.State({"index": eqx.nn.StateIndex(jnp.zeros(2))})
    state.get("index")


@wrong(ValueError, where="model", value="deleted", fix="make_with_state")
def a_second_state_of_a_model(eqx):
    norm, _ = _norm(eqx)
    eqx.nn.State(norm)


@wrong(TypeError, where="state", value="dict", fix="State")
def a_state_updated_by_a_dictionary(eqx):
    index = eqx.nn.StateIndex(jnp.zeros(2))
    eqx.nn.State({"index": index}).update({"index": jnp.ones(2)})


@wrong(ValueError, where="state", value="layers[1]", fix="state")
def a_sequence_with_a_norm_without_state(eqx):
    def make(key):
        return eqx.nn.Sequential(
            [eqx.nn.Linear(3, 3, key=key), eqx.nn.BatchNorm(3, "batch", mode="batch")]
        )

    model, _ = eqx.nn.make_with_state(make)(KEY)
    jax.vmap(model, axis_name="batch")(jnp.ones((4, 3)))


@wrong(TypeError, where="layers[1]", value="function", fix="eqx.nn.Lambda")
def a_plain_function_in_a_sequence(eqx):
    eqx.nn.Sequential([eqx.nn.Linear(3, 3, key=KEY), jax.nn.relu])(jnp.ones(3))


@wrong(TypeError, where="layers", value="Linear", fix="[")
def a_sequence_of_layers_not_in_a_list(eqx):
    eqx.nn.Sequential(eqx.nn.Linear(3, 3, key=KEY), eqx.nn.Linear(3, 3, key=KEY))


@wrong(ValueError, where="layers[1]", value="(4,)", fix="(3,)")
def layers_of_a_sequence_that_do_not_fit(eqx):
    eqx.nn.Sequential([eqx.nn.Linear(3, 4, key=KEY), eqx.nn.Linear(3, 3, key=KEY)])(jnp.ones(3))


@wrong(IndexError, where="Sequential", value="5", fix="2")
def a_layer_of_a_sequence_that_is_not_there(eqx):
    eqx.nn.Sequential([eqx.nn.Identity(), eqx.nn.Identity()])[5]


@wrong(ValueError, where="where", value="structure", fix="get")
def a_shared_layer_of_another_structure(eqx):
    class Model(eqx.Module):
        shared: object

        def __init__(self):
            parts = (eqx.nn.Linear(3, 3, key=KEY), eqx.nn.Linear(3, 4, use_bias=False, key=KEY))
            self.shared = eqx.nn.Shared(parts, lambda parts: parts[1], lambda parts: parts[0])

    Model().shared()


@wrong(ValueError, where="where", value=("(4, 3)", "(3, 4)"), fix="transpose")
def a_shared_weight_of_another_shape(eqx):
    embedding = eqx.nn.Embedding(4, 3, key=KEY)
    linear = eqx.nn.Linear(4, 3, key=KEY)
    eqx.nn.Shared((embedding, linear), lambda p: p[1].weight, lambda p: p[0].weight)


@wrong(ValueError, where="weight_name", value="'wieght'", fix="'weight'")
def a_weight_norm_of_a_misspelt_weight(eqx):
    eqx.nn.WeightNorm(eqx.nn.Linear(3, 3, key=KEY), weight_name="wieght")


@wrong(ValueError, where="weight_name", value="'bias'", fix="dimensions")
def a_spectral_norm_of_a_bias(eqx):
    eqx.nn.SpectralNorm(eqx.nn.Linear(3, 3, key=KEY), weight_name="bias", key=KEY)
