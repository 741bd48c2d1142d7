"""Cells of a tile, computed on the device where the array lives."""

import functools
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.cells import Cells, as_matrix
from eqxviz.analysis.device_statistics import as_real

# JAX is annotated in part only.
_jax: Any = jax
jnp, lax = _jax.numpy, _jax.lax


class Cut(NamedTuple):
    """How a window is cut out of an array and divided into blocks."""

    sizes: tuple[int, ...]  # of the window, along each axis of the array
    row_axis: int  # -1 for none
    column_axis: int
    block: tuple[int, int]
    offset: tuple[int, int]  # elements of the first block that lie before the window


def read_cells(data: Any, starts: tuple[int, ...], cut: Cut) -> Cells:
    """Return the cells of the window of `data`, on one device, that begins at `starts`."""
    with compat.own_settings(x64=True):
        found = _program(cut)(data, tuple(np.int64(start) for start in starts))
        return Cells(*(np.asarray(column) for column in found))


@functools.lru_cache(maxsize=128)
def _program(cut: Cut) -> Any:
    down, across = cut.block

    def cells(data: Any, starts: Any) -> tuple[Any, ...]:
        window = as_real(lax.dynamic_slice(data, starts, cut.sizes))
        matrix = as_matrix(window, cut.row_axis, cut.column_axis)
        room = [
            (before, -(before + n) % side)
            for before, n, side in zip(cut.offset, matrix.shape, cut.block, strict=True)
        ]

        def blocks(values: Any, beside: Any) -> Any:
            padded = jnp.pad(values, room, constant_values=beside)
            rows, columns = padded.shape
            return padded.reshape(rows // down, down, columns // across, across)

        finite = jnp.isfinite(matrix)
        zero = jnp.where(finite, matrix, 0).astype(jnp.float64)
        return (
            blocks(zero, 0).sum((1, 3)),
            blocks(finite, False).sum((1, 3)),
            blocks(jnp.where(finite, matrix, jnp.inf), jnp.inf).min((1, 3)),
            blocks(jnp.where(finite, matrix, -jnp.inf), -jnp.inf).max((1, 3)),
            blocks(jnp.isnan(matrix), False).sum((1, 3)),
            blocks(jnp.isinf(matrix), False).sum((1, 3)),
        )

    return _jax.jit(cells)
