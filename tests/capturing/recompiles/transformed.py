"""Recompiles of a jitted function that is itself called within `grad`, `vmap` or `jvp`."""

import jax
import jax.numpy as jnp

from eqxviz.records import CauseKind

from .program import Gallery, Why

gallery = Gallery()
program = gallery.program

TRANSFORMATION, SHAPE = CauseKind.TRANSFORMATION, CauseKind.SHAPE
DTYPE = CauseKind.DTYPE


def within(old: str, new: str) -> Why:
    """A call that is made within `new`, and was within `old`."""
    return Why(TRANSFORMATION, "", old, new)


@program(
    "A gradient is another program than the value, and is reused", within("none", "grad"),
    n_backward=1,
)  # fmt: skip
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(x**2)

    for _step in range(2):
        step(jnp.ones(3))
        jax.grad(step)(jnp.ones(3))


@program(
    "A mapped call has the shape of one element, as the function sees it", within("none", "vmap")
)
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(x**2)

    step(jnp.ones(3))
    jax.vmap(step)(jnp.ones((2, 3)))


@program("A mapped call compiles again for another batch", Why(SHAPE, "x", "f32[2,3]", "f32[4,3]"))
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(x**2)

    for n in (2, 4, 2):
        jax.vmap(step)(jnp.ones((n, 3)))


@program(
    "A call of another shape within another transformation is told of both",
    (within("none", "vmap"), Why(SHAPE, "x", "f32[3]", "f32[5]")),
)
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(x**2)

    step(jnp.ones(3))
    jax.vmap(step)(jnp.ones((2, 5)))


@program(
    "Derivatives forward and backward, and of each other, are four programs",
    within("grad", "jvp"), within("jvp", "vmap of jvp"), within("vmap of jvp", "vmap of grad"),
    n_backward=2,
)  # fmt: skip
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(jnp.sin(x))

    x = jnp.ones(3)
    jax.grad(step)(x)
    jax.jvp(step, (x,), (x,))
    jax.jacfwd(step)(x)
    jax.vmap(jax.grad(step))(jnp.ones((2, 3)))


@program(
    "A gradient by another argument is told by both arguments",
    (Why(TRANSFORMATION, "x", "grad", "none"), Why(TRANSFORMATION, "y", "none", "grad")),
    n_backward=2,
)
def _(jit, eqx):
    @jit
    def step(x, y):
        return jnp.sum(x * y**2)

    for argument in (0, 1):
        jax.grad(step, argument)(jnp.ones(3), jnp.ones(3))


@program(
    "An array that is mapped over another axis is told by the axis",
    Why(TRANSFORMATION, "x", "vmap", "vmap over axis 1"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(x**2)

    for axis in (0, 1):
        jax.vmap(step, axis)(jnp.ones((3, 3)))


@program(
    "The gradient of a model of the filtering library is another program than its value",
    within("none", "grad"),
    n_backward=1,
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array

    @jit
    def step(model, x):
        return jnp.sum(model.weight * x)

    model = Model(jnp.ones(3))
    step(model, jnp.ones(3))
    eqx.filter_grad(step)(model, jnp.ones(3))


@program(
    "A gradient compiles again for weights of another dtype",
    Why(DTYPE, "x", "f32[3]", "f16[3]"),
    n_backward=2,
)
def _(jit, eqx):
    @jit
    def step(x):
        return jnp.sum(x**2)

    for dtype in (jnp.float32, jnp.float16):
        jax.grad(step)(jnp.ones(3, dtype))
