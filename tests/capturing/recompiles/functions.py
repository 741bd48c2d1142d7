"""Recompiles because the function is a new object each time, though its code is the same."""

import functools

import jax
import jax.numpy as jnp

from eqxviz.records import CauseKind

from .program import ALL, FILTERED, JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

NEW, VALUE, DONATION = CauseKind.NEW_FUNCTION, CauseKind.STATIC_VALUE, CauseKind.DONATION
ITSELF = Why(NEW, "", None, None)


@program("A function that is jitted in a loop is new each time", ITSELF, ITSELF)
def _(jit, eqx):
    for _step in range(3):

        @jit
        def step(x):
            return 2 * x

        step(jnp.ones(3))


@program("A lambda that is jitted in a loop is new each time", ITSELF, function="<lambda>")
def _(jit, eqx):
    for _step in range(2):
        jit(lambda x: 2 * x)(jnp.ones(3))


@program("A closure over another number is a new function", ITSELF, ITSELF)
def _(jit, eqx):
    def made(scale):
        @jit
        def step(x):
            return scale * x

        return step

    for scale in (1, 2, 3):
        made(scale)(jnp.ones(3))


@program("A partial that is made anew for each call is a new function", ITSELF, by=(JAX,))
def _(jit, eqx):
    def step(scale, x):
        return scale * x

    for _step in range(2):
        jit(functools.partial(step, 2))(jnp.ones(3))


@program(
    "A lambda that is passed as a static argument is new each time",
    Why(NEW, "activation", None, None),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnums=0)
    def step(activation, x):
        return activation(x)

    for _step in range(2):
        step(lambda x: 2 * x, jnp.ones(3))


@program(
    "A lambda that is passed as a leaf is new each time",
    Why(NEW, "activation", None, None),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, activation):
        return activation(x)

    for _step in range(2):
        step(jnp.ones(3), lambda x: 2 * x)


@program(
    "A lambda that a model is made with is new for each model",
    Why(NEW, "model.activation", None, None),
    by=FILTERED,
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        activation: object

    @jit
    def step(model, x):
        return model.activation(model.weight * x)

    for _step in range(2):
        step(Model(jnp.ones(3), lambda x: 2 * x), jnp.ones(3))


@program(
    "A lambda in a static field is new for each model", Why(NEW, "model.activation", None, None)
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        activation: object = eqx.field(static=True)

    @jit
    def step(model, x):
        return model.activation(model.weight * x)

    for _step in range(2):
        step(Model(jnp.ones(3), lambda x: 2 * x), jnp.ones(3))


@program(
    "A partial that is passed as a static argument is new each time",
    Why(NEW, "loss", None, None),
    by=(JAX,),
)
def _(jit, eqx):
    def scaled(scale, x):
        return scale * x.sum()

    @functools.partial(jit, static_argnames="loss")
    def step(x, loss):
        return loss(x)

    for _step in range(2):
        step(jnp.ones(3), loss=functools.partial(scaled, 2))


@program("The bound method of a fresh instance is a new function", ITSELF, by=(JAX,))
def _(jit, eqx):
    class Trainer:
        def step(self, x):
            return 2 * x

    for _step in range(2):
        jit(Trainer().step)(jnp.ones(3))


@program(
    "A fresh instance as the static self of a method is another value",
    Why(VALUE, "self", None, None),
    by=(JAX,),
)
def _(jit, eqx):
    class Trainer:
        @functools.partial(jit, static_argnums=0)
        def step(self, x):
            return 2 * x

    trainers = [Trainer(), Trainer()]
    for trainer in trainers:
        trainer.step(jnp.ones(3))


@program("A function that is defined anew by a call, and jitted there", ITSELF)
def _(jit, eqx):
    def train(n):
        @jit
        def step(x):
            return x + 1

        x = jnp.ones(3)
        for _step in range(n):
            x = step(x)
        return x

    train(3)
    train(3)


@program(
    "A vmapped lambda that is jitted in a loop is new each time",
    ITSELF,
    function="<lambda>",
    by=ALL,
)
def _(jit, eqx):
    for _step in range(2):
        jit(jax.vmap(lambda x: 2 * x))(jnp.ones(3))


@program(
    "A function that is jitted once more to donate its argument",
    Why(DONATION, "donate_argnums", "not given", "0"),
    by=(JAX,),
)
def _(jit, eqx):
    def step(x):
        return 2 * x

    jit(step)(jnp.ones(3))
    jit(step, donate_argnums=0)(jnp.ones(3))


@program(
    "A function that is jitted once more to donate everything",
    Why(DONATION, "donate", "not given", "'all'"),
    by=FILTERED,
)
def _(jit, eqx):
    def step(x):
        return 2 * x

    jit(step)(jnp.ones(3))
    jit(step, donate="all")(jnp.ones(3))
