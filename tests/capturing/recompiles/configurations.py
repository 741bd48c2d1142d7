"""Recompiles because JAX is set otherwise, or has forgotten what it had compiled."""

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.records import CauseKind

from .program import JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

CONFIG, DTYPE, EVICTION = CauseKind.CONFIG, CauseKind.DTYPE, CauseKind.EVICTION
SHAPE = CauseKind.SHAPE
FORGOTTEN = Why(EVICTION, "", None, None)


@program(
    "Matrix products of another precision within a `with`",
    Why(CONFIG, "jax_default_matmul_precision", "None", "'highest'"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return x @ x

    x = jnp.ones((3, 3))
    step(x)
    with jax.default_matmul_precision("highest"):
        step(x)
    step(x)


@program(
    "Matrix products of another precision from now on",
    Why(CONFIG, "jax_default_matmul_precision", "None", "'float32'"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return x @ x

    x = jnp.ones((3, 3))
    step(x)
    jax.config.update("jax_default_matmul_precision", "float32")
    try:
        step(x)
    finally:
        jax.config.update("jax_default_matmul_precision", None)


@program("Double precision that is allowed later", Why(CONFIG, "jax_enable_x64", "False", "True"))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    x = jnp.ones(3)
    step(x)
    jax.config.update("jax_enable_x64", True)
    try:
        step(x)
    finally:
        jax.config.update("jax_enable_x64", False)


@program(
    "Double precision makes other arrays of NumPy's as well",
    (
        Why(CONFIG, "jax_enable_x64", "False", "True"),
        Why(DTYPE, "x", "f32[3]", "f64[3]"),
    ),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    x = np.ones(3)
    step(x)
    jax.config.update("jax_enable_x64", True)
    try:
        step(x)
    finally:
        jax.config.update("jax_enable_x64", False)


@program(
    "A rule of promotion that is stricter",
    Why(CONFIG, "jax_numpy_dtype_promotion", "'standard'", "'strict'"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return x + x

    x = jnp.ones(3)
    step(x)
    with jax.numpy_dtype_promotion("strict"):
        step(x)


@program("All that was compiled is forgotten by JAX", FORGOTTEN)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    x = jnp.ones(3)
    step(x)
    jax.clear_caches()
    step(x)


@program("All that was compiled of one function is forgotten", FORGOTTEN, FORGOTTEN, by=(JAX,))
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    x = jnp.ones(3)
    for _step in range(3):
        step(x)
        step.clear_cache()


@program(
    "What is forgotten is no cause of a call that was never compiled",
    Why(SHAPE, "x", "f32[3]", "f32[4]"),
    by=(JAX,),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(jnp.ones(3))
    step.clear_cache()
    step(jnp.ones(4))
