"""Calls that differ, and yet do not compile again."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.records import CauseKind

from .program import FILTERED, JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

SHAPE = CauseKind.SHAPE


@program("Two shapes in turn compile once each", Why(SHAPE, "x", "f32[3]", "f32[4]"))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    for n in (3, 4, 3, 4, 3):
        step(jnp.ones(n))


@program("An array of NumPy's is as good as one of JAX's")
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(np.ones(3, np.float32))
    step(jnp.ones(3))
    step(np.ones(3))


@program("Numbers of the same type do not compile again where they are traced", by=(JAX,))
def _(jit, eqx):
    @jit
    def step(x, rate):
        return x * rate

    for rate in (0.1, 0.2, 0.3):
        step(jnp.ones(3), rate)


@program("A dict whose keys were put in another order is the same")
def _(jit, eqx):
    @jit
    def step(batch):
        return batch["x"] + batch["y"]

    step({"x": jnp.ones(3), "y": jnp.ones(3)})
    step({"y": jnp.ones(3), "x": jnp.ones(3)})


@program("A function that is jitted twice is compiled once")
def _(jit, eqx):
    def step(x):
        return 2 * x

    for _step in range(3):
        jit(step)(jnp.ones(3))


@program("A fresh model of the same form is the same")
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        n: int = eqx.field(static=True)

    @jit
    def step(model, x):
        return model.weight * x**model.n

    for scale in (1.0, 2.0):
        step(Model(scale * jnp.ones(3), 2), jnp.ones(3))


@program("A static value that is equal, though another object, is the same", by=(JAX,))
def _(jit, eqx):
    @dataclasses.dataclass(frozen=True)
    class Config:
        steps: int

    @functools.partial(jit, static_argnums=0)
    def step(config, x):
        return x * config.steps

    for _step in range(2):
        step(Config(10), jnp.ones(3))


@program("The same function as a leaf of two models is the same", by=FILTERED)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        activation: object

    @jit
    def step(model, x):
        return model.activation(model.weight * x)

    for scale in (1.0, 2.0):
        step(Model(scale * jnp.ones(3), jax.nn.relu), jnp.ones(3))


@program("An argument that is named is the same as one that is not", by=FILTERED)
def _(jit, eqx):
    @jit
    def step(x, y):
        return x + y

    step(jnp.ones(3), jnp.ones(3))
    step(jnp.ones(3), y=jnp.ones(3))


@program("A bound method that is jitted once is compiled once", function="forward")
def _(jit, eqx):
    class Trainer:
        def __init__(self):
            self.step = jit(self.forward)

        def forward(self, x):
            return 2 * x

    trainer = Trainer()
    for _step in range(3):
        trainer.step(jnp.ones(3))


@program("What the library clears is no compiled function", by=FILTERED)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    for _step in range(3):
        step(jnp.ones(3))
        eqx.clear_caches()
