"""Recompiles because an array lies elsewhere. They need two devices."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from eqxviz.records import CauseKind

from .program import JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

DEVICE, COMMITTED, SHARDING = CauseKind.DEVICE, CauseKind.COMMITTED, CauseKind.SHARDING
SHAPE, CONFIG = CauseKind.SHAPE, CauseKind.CONFIG


def _on(device, n=4):
    return jax.device_put(jnp.ones(n), jax.devices()[device])


def _over(*names, n=4):
    mesh = Mesh(np.array(jax.devices()[:2]), ("d",))
    return jax.device_put(jnp.ones(n), NamedSharding(mesh, P(*names)))


@program(
    "An array that is put on its device is committed to it",
    Why(COMMITTED, "x", "uncommitted", "committed"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(jnp.ones(4))
    step(_on(0))


@program("An array that lies on the other device", Why(DEVICE, "x", "cpu:0", "cpu:1"))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(_on(0))
    step(_on(1))


@program(
    "Arrays that all lie on the other device are all named",
    (Why(DEVICE, "x", "cpu:0", "cpu:1"), Why(DEVICE, 'rest["y"]', "cpu:0", "cpu:1")),
)
def _(jit, eqx):
    @jit
    def step(x, rest):
        return x * rest["y"]

    for device in (0, 1):
        step(_on(device), {"y": _on(device)})


@program(
    "An array that is put on the other device lies elsewhere and is committed",
    (Why(DEVICE, "x", "cpu:0", "cpu:1"), Why(COMMITTED, "x", "uncommitted", "committed")),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(jnp.ones(4))
    step(_on(1))


@program(
    "A larger array on its device differs in shape and in being committed",
    (Why(SHAPE, "x", "f32[4]", "f32[6]"), Why(COMMITTED, "x", "uncommitted", "committed")),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(jnp.ones(4))
    step(_on(0, n=6))


@program("An array that is spread over the devices", Why(SHARDING, "x", None, None))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(_on(0))
    step(_over("d"))


@program("An array that is on all devices, and then spread", Why(SHARDING, "x", None, None))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(_over())
    step(_over("d"))


@program(
    "The weights of a model that are spread over the devices",
    Why(SHARDING, "model.weight", None, None),
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        n: int = eqx.field(static=True)

    @jit
    def step(model):
        return model.weight * model.n

    step(Model(_over(), 2))
    step(Model(_over("d"), 2))


@program(
    "A spread array that is longer differs in shape only",
    Why(SHAPE, "x", "f32[4]", "f32[8]"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(_over("d"))
    step(_over("d", n=8))


@program(
    "A function that is jitted once more with a sharding of its argument",
    Why(SHARDING, "in_shardings", None, None),
    by=(JAX,),
)
def _(jit, eqx):
    def step(x):
        return 2 * x

    x = np.ones(4, np.float32)
    mesh = Mesh(np.array(jax.devices()[:2]), ("d",))
    jit(step)(x)
    jit(step, in_shardings=NamedSharding(mesh, P("d")))(x)


@program(
    "Another default device within a `with`",
    Why(CONFIG, "jax_default_device", "None", "cpu:1"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    x = np.ones(4, np.float32)
    step(x)
    with jax.default_device(jax.devices()[1]):
        step(x)
