"""Recompiles because of another value of what is no array: a static leaf, argument or field."""

import dataclasses
import enum
import functools

import jax
import jax.numpy as jnp

from eqxviz.records import CauseKind

from .program import EQUINOX, FILTERED, JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

VALUE, FIELD = CauseKind.STATIC_VALUE, CauseKind.STATIC_FIELD


class Mode(enum.Enum):
    """How a step is made."""

    FAST = 1
    EXACT = 2


@program(
    "A step number that is a static leaf compiles every step",
    Why(VALUE, "i", "0", "1"),
    Why(VALUE, "i", "1", "2"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, i):
        return x + i

    for i in range(3):
        step(jnp.ones(3), i)


@program(
    "A learning rate that decays in Python compiles every step",
    Why(VALUE, "rate", "0.5", "0.25"),
    Why(VALUE, "rate", "0.25", "0.125"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, rate):
        return x * rate

    for rate in (0.5, 0.25, 0.125):
        step(jnp.ones(3), rate)


@program(
    "A flag that is a static leaf is told by its values",
    Why(VALUE, "training", "True", "False"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, training):
        return x if training else -x

    step(jnp.ones(3), True)
    step(jnp.ones(3), False)


@program(
    "A name in a dict of options is a static leaf",
    Why(VALUE, 'options["reduction"]', "'mean'", "'sum'"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, options):
        return getattr(jnp, options["reduction"])(x)

    step(jnp.ones(3), {"reduction": "mean", "scale": 2})
    step(jnp.ones(3), {"reduction": "sum", "scale": 2})


@program(
    "An activation function that is a static leaf is told by its name",
    Why(VALUE, "activation", "<function relu>", "<function tanh>"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, activation):
        return activation(x)

    step(jnp.ones(3), jax.nn.relu)
    step(jnp.ones(3), jnp.tanh)


@program(
    "A function in a list within a model is a static leaf",
    Why(VALUE, "model.layers[1]", "<function relu>", "<function tanh>"),
    by=FILTERED,
)
def _(jit, eqx):
    class Model(eqx.Module):
        layers: list

    @jit
    def step(model, x):
        return model.layers[1](model.layers[0] * x)

    for activation in (jax.nn.relu, jnp.tanh):
        step(Model([jnp.ones(3), activation]), jnp.ones(3))


@program(
    "A member of an enum is a static leaf",
    Why(VALUE, "mode", "<Mode.FAST: 1>", "<Mode.EXACT: 2>"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, mode):
        return x if mode is Mode.FAST else x.sum()

    step(jnp.ones(3), Mode.FAST)
    step(jnp.ones(3), Mode.EXACT)


@program(
    "A number that became an array is no longer static",
    Why(VALUE, "rate", "2.0", "f32[]"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, rate):
        return x * rate

    step(jnp.ones(3), 2.0)
    step(jnp.ones(3), jnp.float32(2.0))


@program(
    "A number that is not a field marked static is a leaf of the model all the same",
    Why(VALUE, "model.scale", "2", "3"),
    by=FILTERED,
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        scale: int

    @jit
    def step(model, x):
        return model.scale * model.weight * x

    for scale in (2, 3):
        step(Model(jnp.ones(3), scale), jnp.ones(3))


@program(
    "A static argument by its number is told by its name", Why(VALUE, "n", "2", "3"), by=(JAX,)
)
def _(jit, eqx):
    @functools.partial(jit, static_argnums=1)
    def step(x, n):
        return x**n

    for n in (2, 2, 3):
        step(jnp.ones(3), n)


@program(
    "A static argument by its name is told by its values",
    Why(VALUE, "reduction", "'mean'", "'sum'"),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames=("reduction",))
    def step(x, *, reduction):
        return getattr(jnp, reduction)(x)

    for reduction in ("mean", "sum", "mean"):
        step(jnp.ones(3), reduction=reduction)


@program(
    "A static function is told by its name",
    Why(VALUE, "activation", "<function relu>", "<function tanh>"),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnums=0)
    def step(activation, x):
        return activation(x)

    step(jax.nn.relu, jnp.ones(3))
    step(jnp.tanh, jnp.ones(3))


@program(
    "Of a static tuple the entry that differs is named",
    Why(VALUE, "window[1]", "2", "3"),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames="window")
    def step(x, window):
        return x.reshape(-1, window[0] * window[1])

    step(jnp.ones(6), window=(1, 2))
    step(jnp.ones(6), window=(1, 3))


@program(
    "Of a static configuration the field that differs is named",
    Why(VALUE, "config.steps", "10", "20"),
    by=(JAX,),
)
def _(jit, eqx):
    @dataclasses.dataclass(frozen=True)
    class Config:
        steps: int
        rate: float = 0.1

    @functools.partial(jit, static_argnums=0)
    def step(config, x):
        return x * config.rate * config.steps

    step(Config(10), jnp.ones(3))
    step(Config(20), jnp.ones(3))


@program(
    "A static argument that was None is told as None", Why(VALUE, "limit", "None", "3"), by=(JAX,)
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames="limit")
    def step(x, limit):
        return x if limit is None else x.clip(0, limit)

    step(jnp.ones(3), limit=None)
    step(jnp.ones(3), limit=3)


@program("A static field of a Module is part of its structure", Why(FIELD, "model.n", "2", "3"))
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        n: int = eqx.field(static=True)

    @jit
    def step(model, x):
        return model.weight * x**model.n

    for n in (2, 3):
        step(Model(jnp.ones(3), n), jnp.ones(3))


@program(
    "A static field deep in a list of layers is named by its path",
    Why(FIELD, "model.layers[2].n", "2", "3"),
)
def _(jit, eqx):
    class Power(eqx.Module):
        weight: jax.Array
        n: int = eqx.field(static=True)

    class Model(eqx.Module):
        layers: list[Power]

    @jit
    def step(model, x):
        for layer in model.layers:
            x = layer.weight * x**layer.n
        return x

    for last in (2, 3):
        step(Model([Power(jnp.ones(3), n) for n in (1, 1, last)]), jnp.ones(3))


@program(
    "Several static fields that differ are all named",
    (Why(FIELD, "config.steps", "10", "20"), Why(FIELD, "config.method", "'euler'", "'heun'")),
)
def _(jit, eqx):
    class Config(eqx.Module):
        steps: int = eqx.field(static=True)
        method: str = eqx.field(static=True)
        seed: int = eqx.field(static=True, default=0)

    @jit
    def step(config, x):
        return x * config.steps

    step(Config(10, "euler"), jnp.ones(3))
    step(Config(20, "heun"), jnp.ones(3))


@program(
    "A layer of the library that is made with another option has another static field",
    Why(FIELD, "model.use_bias", "True", "False"),
    by=(EQUINOX,),
)
def _(jit, eqx):
    class Linear(eqx.Module):
        weight: jax.Array
        use_bias: bool = eqx.field(static=True)

    @jit
    def step(model, x):
        return model.weight @ x + (1 if model.use_bias else 0)

    for use_bias in (True, False):
        step(Linear(jnp.ones((2, 3)), use_bias), jnp.ones(3))


@program(
    "Dropout that is switched off for inference is a static leaf of the model",
    Why(VALUE, "model.dropout.inference", "False", "True"),
    by=FILTERED,
)
def _(jit, eqx):
    class Model(eqx.Module):
        dropout: object

    @jit
    def step(model, x, key):
        return model.dropout(x, key=key)

    model, key = Model(eqx.nn.Dropout(0.5)), jax.random.key(0)
    step(model, jnp.ones(3), key)
    step(eqx.nn.inference_mode(model), jnp.ones(3), key)
