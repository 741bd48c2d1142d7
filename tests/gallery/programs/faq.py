"""The troubles of the frequently asked questions, in several forms."""

import jax
import jax.numpy as jnp
import optax

from tests.gallery.wrong import wrong


def _mlp(eqx):
    return eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))


def _loss(model, x):
    return jnp.mean(jax.vmap(model)(x) ** 2)


@wrong(TypeError, where="optim.init", value="custom_jvp", fix="filter(model, is_inexact_array)")
def optimiser_of_a_whole_model_in_a_jitted_step(eqx):
    optim = optax.adam(1e-3)

    @eqx.filter_jit
    def step(model, x):
        state = optim.init(model)
        grads = eqx.filter_grad(_loss)(model, x)
        updates, state = optim.update(grads, state, model)
        return eqx.apply_updates(model, updates), state

    step(_mlp(eqx), jnp.ones((3, 2)))


@wrong(TypeError, where="optim.init", value="function", fix="filter(model, is_inexact_array)")
def optimiser_of_a_whole_model_with_a_lambda(eqx):
    model = eqx.nn.MLP(2, 2, 4, 1, activation=lambda x: x, key=jax.random.key(0))
    eqx.filter_jit(optax.adam(1e-3).init)(model)


@wrong(ValueError, where="layers[1]", value="layers[0]", fix="`nn.Shared`")
def one_layer_saved_in_two_places(eqx):
    class Model(eqx.Module):
        layers: list

        def __init__(self):
            shared = eqx.nn.Linear(2, 2, key=jax.random.key(0))
            self.layers = [shared, shared]

    eqx.tree_check(Model())


@wrong(ValueError, where="['self']", value="dict", fix="contain")
def a_tree_that_contains_itself(eqx):
    tree = {"a": jnp.ones(2)}
    tree["self"] = tree
    eqx.tree_check(tree)


@wrong(TypeError, where="Linear", value="(32, 3)", fix="jax.vmap")
def a_batch_given_to_a_linear_layer(eqx):
    eqx.nn.Linear(3, 4, key=jax.random.key(0))(jnp.ones((32, 3)))


@wrong(TypeError, where="MLP", value="(32, 2)", fix="jax.vmap")
def a_batch_given_to_a_whole_model(eqx):
    _mlp(eqx)(jnp.ones((32, 2)))


@wrong(TypeError, where="Linear", value="(32, 2)", fix="jax.vmap")
def a_batch_given_to_a_model_of_ones_own(eqx):
    class Model(eqx.Module):
        linear: object

        def __call__(self, x):
            return jax.nn.relu(self.linear(x))

    model = Model(eqx.nn.Linear(2, 2, key=jax.random.key(0)))
    eqx.filter_jit(lambda model, x: model(x).sum())(model, jnp.ones((32, 2)))


@wrong(TypeError, where="model.activation", value="custom_jvp", fix="`filter_jit`")
def plain_jit_of_a_model_inside_filter_jit(eqx):
    @eqx.filter_jit
    def step(model, x):
        return jax.jit(_loss)(model, x)

    step(_mlp(eqx), jnp.ones((3, 2)))


@wrong(TypeError, where="JAX itself", value="custom_jvp", fix="`filter_grad`")
def plain_grad_of_a_model_inside_filter_jit(eqx):
    @eqx.filter_jit
    def step(model, x):
        return jax.grad(_loss)(model, x)

    step(_mlp(eqx), jnp.ones((3, 2)))


@wrong(TypeError, where="JAX itself", value="custom_jvp", fix="`filter_vmap`")
def plain_vmap_over_a_model_inside_filter_jit(eqx):
    @eqx.filter_jit
    def step(models, x):
        return jax.vmap(lambda model, x: model(x))(models, x)

    models = eqx.filter_vmap(lambda key: eqx.nn.MLP(2, 2, 4, 1, key=key))(
        jax.random.split(jax.random.key(0), 3)
    )
    step(models, jnp.ones((3, 2)))


@wrong(TypeError, where="JAX itself", value="custom_jvp", fix="`partition(model, is_array)`")
def a_model_carried_through_a_scan(eqx):
    @eqx.filter_jit
    def train(model, xs):
        return jax.lax.scan(lambda model, x: (model, model(x)), model, xs)

    train(_mlp(eqx), jnp.ones((3, 2)))


@wrong(RuntimeError, where="step", value="2", fix="jnp.asarray")
def a_step_that_is_compiled_for_each_learning_rate(eqx):
    @eqx.filter_jit
    @eqx.debug.assert_max_traces(max_traces=1)
    def step(x, learning_rate):
        return x * learning_rate

    for learning_rate in (0.1, 0.2):
        step(jnp.ones(2), learning_rate)


@wrong(UserWarning, where="Normaliser.mean", value="float32[2]", fix="jax.lax.stop_gradient")
def a_buffer_in_a_static_field(eqx):
    class Normaliser(eqx.Module):
        mean: jax.Array = eqx.field(static=True)

    Normaliser(jnp.zeros(2))


@wrong(
    UserWarning,
    where=("Model.tables", "`tables[1]`"),
    value="int32[3]",
    fix="jax.lax.stop_gradient",
)
def buffers_in_a_list_in_a_static_field(eqx):
    class Model(eqx.Module):
        tables: list = eqx.field(static=True)

        def __init__(self):
            self.tables = [1, jnp.arange(3)]

    Model()


@wrong(UserWarning, where="Layer.shape", value="int32[2]", fix="`tuple(array.tolist())`")
def a_shape_computed_by_numpy_in_a_static_field(eqx):
    import numpy as np

    class Layer(eqx.Module):
        shape: object = eqx.field(static=True)

    Layer(np.array([3, 4], dtype=np.int32))


@wrong(UserWarning, where="`layer`", value="around a `Linear`", fix="Store the module")
def a_jitted_layer_as_a_field(eqx):
    class Model(eqx.Module):
        layer: object

        def __init__(self):
            self.layer = jax.jit(eqx.nn.Linear(2, 2, key=jax.random.key(0)))

    Model()


@wrong(UserWarning, where="`layers`", value="around a `Linear`", fix="Store the module")
def vectorised_layers_as_a_field(eqx):
    class Model(eqx.Module):
        layers: list

    Model([jax.vmap(eqx.nn.Linear(2, 2, key=jax.random.key(0)))])
