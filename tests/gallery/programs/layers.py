"""Layers built with, or given, what they cannot work with."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong

KEY = jax.random.PRNGKey(0)


@wrong(TypeError, where="Linear", value="(4,)", fix="(3,)")
def a_vector_of_another_size(eqx):
    eqx.nn.Linear(3, 4, key=KEY)(jnp.ones(4))


@wrong(ValueError, where="Linear", value="()", fix="of shape `(3,)`")
def a_number_given_to_a_linear_layer(eqx):
    eqx.nn.Linear(3, 4, key=KEY)(jnp.array(1.0))


@wrong(ValueError, where="x must have", value="(1,)", fix="Pass one number")
def a_vector_given_to_a_layer_of_scalars(eqx):
    eqx.nn.Linear("scalar", 4, key=KEY)(jnp.ones(1))


@wrong(TypeError, where="Linear", value="list", fix="jnp.asarray")
def a_list_given_to_a_linear_layer(eqx):
    eqx.nn.Linear(3, 4, key=KEY)([1.0, 2.0, 3.0])


@wrong(TypeError, where="in_features", value="3.0", fix="int")
def a_size_that_is_no_whole_number(eqx):
    eqx.nn.Linear(3.0, 4, key=KEY)


@wrong(
    ValueError,
    where="out_features",
    value="-4",
    fix="at least 0",
    allowed="the compiler refuses to make an array of that size",
)
def a_negative_size(eqx):
    eqx.nn.Linear(3, -4, key=KEY)


@wrong(TypeError, where="key", value="0", fix="jax.random.key(0)")
def a_seed_in_place_of_a_key(eqx):
    eqx.nn.Linear(3, 4, key=0)


@wrong(ValueError, where="key", value="(3, 2)", fix="jax.vmap")
def keys_in_place_of_a_key(eqx):
    eqx.nn.Linear(3, 4, key=jax.random.split(KEY, 3))


@wrong(RuntimeError, where="Dropout", value="non-deterministic mode", fix="`inference_mode(model)`")
def dropout_without_key(eqx):
    eqx.nn.Dropout(0.5)(jnp.ones(3))


@wrong(RuntimeError, where="`layers[1]`", value="non-deterministic mode", fix="`key=...`")
def dropout_without_key_in_a_model(eqx):
    model = eqx.nn.Sequential([eqx.nn.Linear(3, 3, key=KEY), eqx.nn.Dropout(0.5)])
    eqx.filter_jit(model)(jnp.ones(3))


@wrong(
    ValueError,
    where="depth",
    value="-1",
    fix="at least 0",
    allowed="it finds no key for the first layer",
)
def a_perceptron_of_negative_depth(eqx):
    eqx.nn.MLP(2, 2, 4, -1, key=KEY)


@wrong(TypeError, where="activation", value="'relu'", fix="jax.nn.relu")
def an_activation_by_name(eqx):
    eqx.nn.MLP(2, 2, 4, 1, activation="relu", key=KEY)(jnp.ones(2))


@wrong(ValueError, where="Conv2d", value="(28, 28)", fix="[None]")
def an_image_without_channels(eqx):
    eqx.nn.Conv2d(1, 4, 3, key=KEY)(jnp.ones((28, 28)))


@wrong(ValueError, where="Conv2d", value="(8, 3, 28, 28)", fix="jax.vmap")
def a_batch_of_images(eqx):
    eqx.nn.Conv2d(3, 4, 3, key=KEY)(jnp.ones((8, 3, 28, 28)))


@wrong(ValueError, where="Conv2d", value="(28, 28, 3)", fix="`jnp.moveaxis(x, -1, 0)`")
def an_image_with_channels_last(eqx):
    eqx.nn.Conv2d(3, 4, 3, key=KEY)(jnp.ones((28, 28, 3)))


@wrong(ValueError, where="groups", value="2", fix="divisible by")
def groups_that_do_not_divide_the_channels(eqx):
    eqx.nn.Conv2d(3, 4, 3, groups=2, key=KEY)


@wrong(ValueError, where="kernel_size", value="(3, 3, 3)", fix="2")
def a_kernel_of_three_sizes_for_two_dimensions(eqx):
    eqx.nn.Conv2d(3, 4, (3, 3, 3), key=KEY)


@wrong(ValueError, where="padding", value="'SOME'", fix="'SAME'")
def an_unknown_padding(eqx):
    eqx.nn.Conv2d(3, 4, 3, padding="SOME", key=KEY)


@wrong(ValueError, where="padding_mode", value="'MIRROR'", fix="'REFLECT'")
def an_unknown_padding_mode(eqx):
    eqx.nn.Conv2d(3, 4, 3, padding_mode="MIRROR", key=KEY)


@wrong(ValueError, where="ConvTranspose2d", value="(8, 3, 7, 7)", fix="jax.vmap")
def a_batch_given_to_a_transposed_convolution(eqx):
    eqx.nn.ConvTranspose2d(3, 4, 3, key=KEY)(jnp.ones((8, 3, 7, 7)))


@wrong(AssertionError, where="MaxPool2d", value="(8, 3, 28, 28)", fix="jax.vmap")
def a_batch_given_to_a_pool(eqx):
    eqx.nn.MaxPool2d(2, 2)(jnp.ones((8, 3, 28, 28)))


@wrong(ValueError, where="AdaptiveAvgPool2d", value="(3, 8)", fix="`x[None]`")
def an_image_without_channels_given_to_an_adaptive_pool(eqx):
    eqx.nn.AdaptiveAvgPool2d(4)(jnp.ones((3, 8)))


@wrong(TypeError, where="Embedding", value="float32", fix="int")
def an_embedding_of_a_float(eqx):
    eqx.nn.Embedding(10, 4, key=KEY)(jnp.array(3.0))


@wrong(ValueError, where="Embedding", value="(5,)", fix="jax.vmap")
def an_embedding_of_a_sentence(eqx):
    eqx.nn.Embedding(10, 4, key=KEY)(jnp.arange(5))


@wrong(ValueError, where="num_embeddings", value="-1", fix="at least 0")
def an_embedding_of_negative_size(eqx):
    eqx.nn.Embedding(-1, 4, key=KEY)


@wrong(ValueError, where="MultiheadAttention", value="(8, 5, 4)", fix="jax.vmap")
def a_batch_given_to_attention(eqx):
    x = jnp.ones((8, 5, 4))
    eqx.nn.MultiheadAttention(2, 4, key=KEY)(x, x, x)


@wrong(ValueError, where="mask", value="(4, 4)", fix="(5, 5)")
def a_mask_of_another_length(eqx):
    x = jnp.ones((5, 4))
    eqx.nn.MultiheadAttention(2, 4, key=KEY)(x, x, x, mask=jnp.ones((4, 4), bool))


@wrong(ValueError, where="mask", value="(5,)", fix="(5, 5)")
def a_mask_of_one_dimension(eqx):
    x = jnp.ones((5, 4))
    eqx.nn.MultiheadAttention(2, 4, key=KEY)(x, x, x, mask=jnp.ones(5, bool))


@wrong(ValueError, where="mask", value="(3, 5, 5)", fix="num_heads")
def a_mask_for_another_number_of_heads(eqx):
    x = jnp.ones((5, 4))
    eqx.nn.MultiheadAttention(2, 4, key=KEY)(x, x, x, mask=jnp.ones((3, 5, 5), bool))


@wrong(RuntimeError, where="Dropout", value="non-deterministic mode", fix="`key=...`")
def attention_with_dropout_without_key(eqx):
    x = jnp.ones((5, 4))
    eqx.nn.MultiheadAttention(2, 4, dropout_p=0.1, key=KEY)(x, x, x)


@wrong(ValueError, where="`value`", value="(6, 4)", fix="equal length")
def keys_and_values_of_other_lengths(eqx):
    x = jnp.ones((5, 4))
    eqx.nn.MultiheadAttention(2, 4, key=KEY)(x, x, jnp.ones((6, 4)))


@wrong(ValueError, where="RotaryPositionalEmbedding", value="3", fix="even")
def a_rotary_embedding_of_odd_size(eqx):
    eqx.nn.RotaryPositionalEmbedding(3)


@wrong(ValueError, where="RotaryPositionalEmbedding", value="(7, 6)", fix="4")
def a_rotary_embedding_of_another_size(eqx):
    eqx.nn.RotaryPositionalEmbedding(4)(jnp.ones((7, 6)))


@wrong(TypeError, where="GRUCell", value="(10, 3)", fix="jax.lax.scan")
def a_sequence_given_to_a_cell(eqx):
    eqx.nn.GRUCell(3, 4, key=KEY)(jnp.ones((10, 3)), jnp.zeros(4))


@wrong(TypeError, where="`hidden`", value="(3,)", fix="(4,)")
def a_hidden_state_of_another_size(eqx):
    eqx.nn.GRUCell(3, 4, key=KEY)(jnp.ones(3), jnp.zeros(3))


@wrong(ValueError, where="`hidden`", value="(4,)", fix="a pair of arrays")
def one_hidden_state_given_to_an_lstm(eqx):
    eqx.nn.LSTMCell(3, 4, key=KEY)(jnp.ones(3), jnp.zeros(4))


@wrong(ValueError, where="LayerNorm", value="(8, 3)", fix="jax.vmap")
def a_batch_given_to_a_norm(eqx):
    eqx.nn.LayerNorm(3)(jnp.ones((8, 3)))


@wrong(ValueError, where="RMSNorm", value="(4,)", fix="(3,)")
def a_vector_of_another_size_given_to_a_norm(eqx):
    eqx.nn.RMSNorm(3)(jnp.ones(4))


@wrong(ValueError, where="groups", value="3", fix="divide")
def groups_of_a_norm_that_do_not_divide(eqx):
    eqx.nn.GroupNorm(3, 4)


@wrong(ValueError, where="GroupNorm", value="(6, 3)", fix="channels")
def other_channels_given_to_a_group_norm(eqx):
    eqx.nn.GroupNorm(2, 4)(jnp.ones((6, 3)))


@wrong(ValueError, where="channelwise_affine", value="True", fix="`GroupNorm(2, channels)`")
def an_affine_group_norm_without_channels(eqx):
    eqx.nn.GroupNorm(2)


@wrong(ValueError, where="Linear", value="(3, 32)", fix="`jax.vmap(layer)(x.T)`")
def a_transposed_batch(eqx):
    eqx.nn.Linear(3, 4, key=KEY)(jnp.ones((3, 32)))


@wrong(TypeError, where="`key_`", value="(5, 6)", fix="make the layer for this one")
def keys_of_another_size_given_to_attention(eqx):
    x = jnp.ones((5, 4))
    eqx.nn.MultiheadAttention(2, 4, key=KEY)(x, jnp.ones((5, 6)), x)


@wrong(ValueError, where="Conv1d", value="(3, 8, 8)", fix="the axes of each example")
def an_image_given_to_a_convolution_of_one_dimension(eqx):
    eqx.nn.Conv1d(3, 4, 3, key=KEY)(jnp.ones((3, 8, 8)))


@wrong(TypeError, where="Lambda", value="'relu'", fix="`nn.Lambda(jax.nn.relu)`")
def a_lambda_layer_of_a_name(eqx):
    eqx.nn.Lambda("relu")(jnp.ones(3))


@wrong(TypeError, where="negative_slope", value="(2,)", fix="one slope")
def slopes_of_another_number(eqx):
    eqx.nn.PReLU(jnp.ones(2))(jnp.ones(3))
