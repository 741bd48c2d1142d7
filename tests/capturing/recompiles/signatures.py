"""Recompiles because a call gives its arguments otherwise."""

import functools

import jax.numpy as jnp

from eqxviz.records import CauseKind

from .program import FILTERED, JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

STRUCTURE, KEYS = CauseKind.STRUCTURE, CauseKind.DICT_KEYS


@program(
    "One more of the starred arguments compiles again",
    Why(STRUCTURE, "xs", "tuple of 1", "tuple of 2"),
)
def _(jit, eqx):
    @jit
    def step(*xs):
        return sum(xs)

    step(jnp.ones(3))
    step(jnp.ones(3), jnp.ones(3))


@program(
    "An array argument that is given, and was left to its default",
    Why(STRUCTURE, "mask", "not given", "f32[3]"),
)
def _(jit, eqx):
    @jit
    def step(x, mask=None):
        return x if mask is None else x * mask

    step(jnp.ones(3))
    step(jnp.ones(3), mask=jnp.ones(3))


@program(
    "A static leaf that is left to its default, and was given",
    Why(STRUCTURE, "scale", "3", "not given"),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, scale=2):
        return x * scale

    step(jnp.ones(3), 3)
    step(jnp.ones(3))


@program(
    "A static argument that is given, and was left to its default",
    Why(STRUCTURE, "n", "not given", "3"),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames="n")
    def step(x, n=2):
        return x**n

    step(jnp.ones(3))
    step(jnp.ones(3), n=3)


@program(
    "An argument that is named compiles apart from one that is not",
    Why(STRUCTURE, "y", "by position", "by keyword"),
    by=(JAX,),
)
def _(jit, eqx):
    @jit
    def step(x, y):
        return x + y

    step(jnp.ones(3), jnp.ones(3))
    step(jnp.ones(3), y=jnp.ones(3))


@program(
    "An option among starred keywords is a key of their dict", Why(KEYS, "options", "", "'scale'")
)
def _(jit, eqx):
    @jit
    def step(x, **options):
        return x * options.get("scale", 1)

    step(jnp.ones(3))
    step(jnp.ones(3), scale=jnp.ones(3))
