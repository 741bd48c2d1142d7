"""Recompiles because a tree has another form: keys, types of nodes, numbers of children."""

import collections
from typing import NamedTuple

import jax
import jax.numpy as jnp

from eqxviz.records import CauseKind

from .program import Gallery, Why

gallery = Gallery()
program = gallery.program

KEYS, NODE, STRUCTURE = CauseKind.DICT_KEYS, CauseKind.NODE_TYPE, CauseKind.STRUCTURE


class Point(NamedTuple):
    """A place in the plane."""

    x: jax.Array
    y: jax.Array


@program("A key that is added to a dict compiles again", Why(KEYS, "batch", "", "'mask'"))
def _(jit, eqx):
    @jit
    def step(batch):
        return sum(batch.values())

    step({"image": jnp.ones(3), "label": jnp.ones(3)})
    step({"image": jnp.ones(3), "label": jnp.ones(3), "mask": jnp.ones(3)})


@program(
    "Keys that are left out of a dict compile again", Why(KEYS, "batch", "'label', 'mask'", "")
)
def _(jit, eqx):
    @jit
    def step(batch):
        return sum(batch.values())

    step({"image": jnp.ones(3), "label": jnp.ones(3), "mask": jnp.ones(3)})
    step({"image": jnp.ones(3)})


@program("A key that is called otherwise compiles again", Why(KEYS, "batch", "'label'", "'target'"))
def _(jit, eqx):
    @jit
    def step(batch):
        return sum(batch.values())

    step({"image": jnp.ones(3), "label": jnp.ones(3)})
    step({"image": jnp.ones(3), "target": jnp.ones(3)})


@program(
    "A key of a dict in a dict is told at its own place", Why(KEYS, 'batch["meta"]', "", "'index'")
)
def _(jit, eqx):
    @jit
    def step(batch):
        return batch["image"] + sum(batch["meta"].values())

    step({"image": jnp.ones(3), "meta": {"weight": jnp.ones(3)}})
    step({"image": jnp.ones(3), "meta": {"weight": jnp.ones(3), "index": jnp.ones(3)}})


@program("None that became an array is another node", Why(NODE, "mask", "None", "f32[3]"))
def _(jit, eqx):
    @jit
    def step(x, mask):
        return x if mask is None else x * mask

    step(jnp.ones(3), None)
    step(jnp.ones(3), jnp.ones(3))


@program("A layer without its bias is another node", Why(NODE, "layer.bias", "f32[2]", "None"))
def _(jit, eqx):
    class Layer(eqx.Module):
        weight: jax.Array
        bias: jax.Array | None

    @jit
    def step(layer, x):
        y = layer.weight @ x
        return y if layer.bias is None else y + layer.bias

    step(Layer(jnp.ones((2, 3)), jnp.ones(2)), jnp.ones(3))
    step(Layer(jnp.ones((2, 3)), None), jnp.ones(3))


@program("A tuple where a list was is another node", Why(NODE, "xs", "list", "tuple"))
def _(jit, eqx):
    @jit
    def step(xs):
        return xs[0] + xs[1]

    step([jnp.ones(3), jnp.ones(3)])
    step((jnp.ones(3), jnp.ones(3)))


@program(
    "A tuple where a namedtuple was is another node", Why(NODE, 'batch["at"]', "Point", "tuple")
)
def _(jit, eqx):
    @jit
    def step(batch):
        x, y = batch["at"]
        return x + y

    step({"at": Point(jnp.ones(3), jnp.ones(3))})
    step({"at": (jnp.ones(3), jnp.ones(3))})


@program(
    "An ordered dict where a dict was is another node", Why(NODE, "batch", "dict", "OrderedDict")
)
def _(jit, eqx):
    @jit
    def step(batch):
        return batch["x"]

    step({"x": jnp.ones(3)})
    step(collections.OrderedDict(x=jnp.ones(3)))


@program("A list of arrays where an array was is another node", Why(NODE, "x", "f32[2]", "list"))
def _(jit, eqx):
    @jit
    def step(x):
        return x[0] + x[1]

    step(jnp.ones(2))
    step([jnp.ones(()), jnp.ones(())])


@program("A layer of another class is another node", Why(NODE, "model.layer", "Linear", "Scale"))
def _(jit, eqx):
    class Linear(eqx.Module):
        weight: jax.Array

        def __call__(self, x):
            return self.weight @ x

    class Scale(eqx.Module):
        weight: jax.Array

        def __call__(self, x):
            return self.weight * x

    class Model(eqx.Module):
        layer: eqx.Module

    @jit
    def step(model, x):
        return model.layer(x)

    step(Model(Linear(jnp.ones(3))), jnp.ones(3))
    step(Model(Scale(jnp.ones(3))), jnp.ones(3))


@program(
    "A model with one layer more has another structure",
    Why(STRUCTURE, "model.layers", "list of 2", "list of 3"),
)
def _(jit, eqx):
    class Model(eqx.Module):
        layers: list[jax.Array]

    @jit
    def step(model, x):
        for weight in model.layers:
            x = weight @ x
        return x

    for n in (2, 3):
        step(Model([jnp.ones((3, 3)) for _ in range(n)]), jnp.ones(3))


@program(
    "A list that grows in a loop compiles every step",
    Why(STRUCTURE, "history", "list of 1", "list of 2"),
    Why(STRUCTURE, "history", "list of 2", "list of 3"),
)
def _(jit, eqx):
    @jit
    def step(history):
        return sum(history)

    history = [jnp.ones(3)]
    for _step in range(3):
        history.append(step(list(history)))


@program(
    "A tuple within a dict that is shorter has another structure",
    Why(STRUCTURE, 'state["hidden"]', "tuple of 2", "tuple of 1"),
)
def _(jit, eqx):
    @jit
    def step(state):
        return sum(state["hidden"])

    step({"hidden": (jnp.ones(3), jnp.ones(3))})
    step({"hidden": (jnp.ones(3),)})
