"""Layers with given parameters: drawing them compiles anew for each shape and dtype."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np


def waves(*shape: int, dtype: Any = jnp.float32) -> jax.Array:
    """Return an array of numbers between -1 and 1, no two of which are equal."""
    return jnp.asarray(np.sin(1 + np.arange(np.prod(shape, dtype=int)).reshape(shape)), dtype)


def filled(eqx: ModuleType, make: Callable[[jax.Array], Any]) -> Any:
    """Return what `make` makes of a key, its arrays filled with `waves`."""
    shapes = eqx.filter_eval_shape(make, jax.random.key(0))
    return jtu.tree_map(
        lambda leaf: (
            waves(*leaf.shape, dtype=leaf.dtype) if isinstance(leaf, jax.ShapeDtypeStruct) else leaf
        ),
        shapes,
    )
