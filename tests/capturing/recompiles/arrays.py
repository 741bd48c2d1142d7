"""Recompiles because an array is another one: its shape, its dtype, its weak type."""

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.records import CauseKind

from .program import JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

SHAPE, DTYPE, WEAK = CauseKind.SHAPE, CauseKind.DTYPE, CauseKind.WEAK_TYPE


@program("A batch of another size compiles again", Why(SHAPE, "x", "f32[8,3]", "f32[7,3]"))
def _(jit, eqx):
    @jit
    def step(w, x):
        return x @ w

    for n in (8, 8, 7):
        step(jnp.ones((3, 2)), jnp.ones((n, 3)))


@program(
    "A sequence that grows by one each step compiles each time",
    Why(SHAPE, "tokens", "i32[1]", "i32[2]"),
    Why(SHAPE, "tokens", "i32[2]", "i32[3]"),
    Why(SHAPE, "tokens", "i32[3]", "i32[4]"),
)
def _(jit, eqx):
    @jit
    def step(tokens):
        return tokens.sum()

    for n in (1, 2, 3, 4):
        step(jnp.arange(n))


@program(
    "The nearest earlier call is the one that differs in one argument only",
    (Why(SHAPE, "x", "f32[3]", "f32[8]"), Why(SHAPE, "y", "f32[3]", "f32[8]")),
    Why(SHAPE, "y", "f32[3]", "f32[4]"),
)
def _(jit, eqx):
    @jit
    def step(x, y):
        return x.sum() + y.sum()

    for n, m in ((3, 3), (8, 8), (3, 4)):
        step(jnp.ones(n), jnp.ones(m))


@program("An array that gains an axis compiles again", Why(SHAPE, "x", "f32[3]", "f32[1,3]"))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(jnp.ones(3))
    step(jnp.ones((1, 3)))


@program(
    "An image in a dict that is larger than before compiles again",
    Why(SHAPE, 'batch["image"]', "f32[4,4]", "f32[6,6]"),
)
def _(jit, eqx):
    @jit
    def step(batch):
        return batch["image"].mean() - batch["label"]

    step({"image": jnp.ones((4, 4)), "label": jnp.zeros(())})
    step({"image": jnp.ones((6, 6)), "label": jnp.zeros(())})


@program(
    "The weights of one layer of a model are wider than before",
    Why(SHAPE, "model.layers[1].weight", "f32[2,3]", "f32[5,3]"),
)
def _(jit, eqx):
    class Layer(eqx.Module):
        weight: jax.Array

    class Model(eqx.Module):
        layers: list[Layer]

    @jit
    def step(model, x):
        return [layer.weight @ x for layer in model.layers]

    for n in (2, 5):
        step(Model([Layer(jnp.ones((4, 3))), Layer(jnp.ones((n, 3)))]), jnp.ones(3))


@program("Integers after floats compile again", Why(DTYPE, "x", "f32[3]", "i32[3]"))
def _(jit, eqx):
    @jit
    def step(x):
        return x + 1

    step(jnp.ones(3))
    step(jnp.arange(3))


@program(
    "Labels that NumPy made as bytes are another dtype",
    Why(DTYPE, 'batch["label"]', "i32[3]", "u8[3]"),
)
def _(jit, eqx):
    @jit
    def step(batch):
        return batch["image"] * batch["label"]

    image = jnp.ones(3)
    step({"image": image, "label": jnp.arange(3)})
    step({"image": image, "label": np.arange(3, dtype=np.uint8)})


@program(
    "A model cast to half precision compiles again for each of its weights",
    (
        Why(DTYPE, "model.weight", "f32[2,3]", "bf16[2,3]"),
        Why(DTYPE, "model.bias", "f32[2]", "bf16[2]"),
    ),
)
def _(jit, eqx):
    class Linear(eqx.Module):
        weight: jax.Array
        bias: jax.Array

    @jit
    def step(model, x):
        return model.weight @ x + model.bias

    model = Linear(jnp.ones((2, 3)), jnp.ones(2))
    step(model, jnp.ones(3))
    step(jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), model), jnp.ones(3))


@program(
    "A key of the new kind after one of the old is another shape and dtype",
    (Why(SHAPE, "key", "u32[2]", "key<fry>[]"), Why(DTYPE, "key", "u32[2]", "key<fry>[]")),
)
def _(jit, eqx):
    @jit
    def step(key):
        return jax.random.normal(key)

    step(jax.random.PRNGKey(0))
    step(jax.random.key(0))


@program(
    "A Python number in the place of a typed scalar has a weak type",
    Why(WEAK, "rate", "f32[]", "weak f32[]"),
    by=(JAX,),
)
def _(jit, eqx):
    @jit
    def step(x, rate):
        return x * rate

    step(jnp.ones(3), jnp.float32(2.0))
    step(jnp.ones(3), 2.0)


@program(
    "A scalar that was made from a Python number has a weak type",
    Why(WEAK, "rate", "weak f32[]", "f32[]"),
)
def _(jit, eqx):
    @jit
    def step(x, rate):
        return x * rate

    step(jnp.ones(3), jnp.asarray(2.0))
    step(jnp.ones(3), jnp.float32(2.0))


@program(
    "A loss that is fed back loses its weak type after the first step",
    Why(WEAK, "total", "weak f32[]", "f32[]"),
    by=(JAX,),
)
def _(jit, eqx):
    @jit
    def step(total, x):
        return total + x.sum()

    total = 0.0
    for _step in range(4):
        total = step(total, jnp.ones(3))


@program(
    "A whole number after one with a point is another dtype",
    Why(DTYPE, "rate", "weak f32[]", "weak i32[]"),
    by=(JAX,),
)
def _(jit, eqx):
    @jit
    def step(x, rate):
        return x * rate

    step(jnp.ones(3), 2.0)
    step(jnp.ones(3), 2)
