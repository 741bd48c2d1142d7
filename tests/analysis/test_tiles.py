"""Tiles against slices of the array."""

from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import NamedSharding, PartitionSpec

from eqxviz.analysis.array_data import Part
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.tiles import read_tile
from eqxviz.analysis.values import never
from eqxviz.records import CellFlag, ReadTile, Tile
from tests.analysis.test_statistics import set_to
from tests.two_devices import with_two_devices


def ask(shape: tuple[int, ...], row: int, column: int, **more: Any) -> ReadTile:
    everything = {"index": (0,) * len(shape), "rows": (0, 1 << 40), "columns": (0, 1 << 40)}
    return ReadTile(0, 0, row, column, **(everything | more))


def check_against_slices(values: np.ndarray, tile: Tile) -> None:
    """Compare every cell with the block of elements that it covers."""
    asked, (down, across) = tile.asked, tile.block
    at: list[Any] = list(asked.index)
    for axis, window in ((asked.row_axis, tile.rows), (asked.column_axis, tile.columns)):
        if axis >= 0:
            at[axis] = slice(*window)
    matrix = values[tuple(at)]
    if asked.row_axis > asked.column_axis >= 0:
        matrix = matrix.T
    if asked.row_axis < 0:
        matrix = np.atleast_1d(matrix)[None]
    elif asked.column_axis < 0:
        matrix = np.atleast_1d(matrix)[:, None]
    wide = np.abs(matrix.astype(np.complex128)) if matrix.dtype.kind == "c" else matrix
    wide = wide.astype(np.float64)
    for i in range(tile.mean.shape[0]):
        for j in range(tile.mean.shape[1]):
            block = wide[i * down : (i + 1) * down, j * across : (j + 1) * across]
            finite = block[np.isfinite(block)]
            assert bool(tile.flags[i, j] & CellFlag.NAN) == np.isnan(block).any()
            assert bool(tile.flags[i, j] & CellFlag.INF) == np.isinf(block).any()
            if len(finite):
                assert tile.mean[i, j] == pytest.approx(finite.mean(), rel=1e-4, abs=1e-5)
                assert tile.low[i, j] == np.float32(finite.min())
                assert tile.high[i, j] == np.float32(finite.max())
            else:
                assert np.isnan(tile.mean[i, j])


@st.composite
def windows(draw: Any) -> tuple[np.ndarray, ReadTile]:
    shape = tuple(draw(st.lists(st.integers(1, 40), min_size=1, max_size=4)))
    values = np.random.default_rng(draw(st.integers(0, 99))).normal(size=shape)
    values = values.astype(np.float32)
    if draw(st.booleans()):
        values[tuple(draw(st.integers(0, n - 1)) for n in shape)] = np.nan
        values[tuple(draw(st.integers(0, n - 1)) for n in shape)] = -np.inf
    axes = draw(st.permutations(range(len(shape))))
    row, column = (
        (axes[0], axes[1]) if len(shape) > 1 else draw(st.sampled_from([(-1, 0), (0, -1)]))
    )
    index = tuple(draw(st.integers(0, n - 1)) for n in shape)
    window = [sorted(draw(st.tuples(st.integers(-3, 50), st.integers(-3, 50)))) for _ in "ab"]
    asked = ReadTile(
        *(0, 0, row, column, index, tuple(window[0]), tuple(window[1])),
        n_cells=draw(st.integers(1, 20)),
        with_texts=draw(st.booleans()),
    )
    return values, asked


@settings(max_examples=100, deadline=None)
@given(windows())
def test_a_tile_is_made_of_the_blocks_of_its_window(case: tuple[np.ndarray, ReadTile]):
    values, asked = case
    tile = read_tile(values, asked, never)
    tile.check()
    assert max(tile.mean.shape) <= asked.n_cells
    check_against_slices(values, tile)
    if tile.texts:
        assert tile.block == (1, 1)


@pytest.mark.parametrize("is_on_host", [True, False], ids=["host", "device"])
def test_a_jax_array_is_sliced_where_it_lives(is_on_host: bool):
    values = np.random.default_rng(0).normal(size=(5, 70, 6, 110)).astype(np.float32)
    values[2, 3, 4, 5], values[2, 60, 4, 70] = np.nan, np.inf
    array = jnp.asarray(values)
    with set_to(Part, is_on_host=property(lambda part: is_on_host)):
        for asked in (
            ask(values.shape, 1, 3, index=(2, 0, 4, 0), n_cells=32),
            ask(values.shape, 3, 1, index=(2, 0, 4, 0), rows=(3, 70), columns=(5, 70), n_cells=16),
            ask(
                values.shape, 1, 3, index=(2, 0, 4, 0), rows=(1, 9), columns=(2, 8), with_texts=True
            ),
        ):
            check_against_slices(values, read_tile(array, asked, never))


def test_blocks_keep_their_places_while_the_window_moves():
    values = np.arange(1000.0)
    first = read_tile(values, ask((1000,), -1, 0, columns=(0, 256), n_cells=64), never)
    moved = read_tile(values, ask((1000,), -1, 0, columns=(100, 340), n_cells=64), never)
    assert first.block == moved.block == (1, 4)
    assert moved.columns[0] % 4 == 0
    shift = (moved.columns[0] - first.columns[0]) // 4
    np.testing.assert_array_equal(first.mean[0, shift:], moved.mean[0, : 64 - shift])


def test_a_large_block_is_read_band_by_band_and_can_be_given_up():
    values = np.ones((1 << 11, 1 << 10), np.float32)
    tile = read_tile(values, ask(values.shape, 0, 1, n_cells=2), never)
    assert tile.mean.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(CancelledError, match=r"^$"):
        read_tile(values, ask(values.shape, 0, 1, n_cells=2), lambda: True)


@with_two_devices
def test_shards_on_two_devices_are_put_together():
    values = np.arange(130.0, dtype=np.float32).reshape(10, 13)
    mesh = jax.make_mesh((2,), ("data",))
    array = jax.device_put(values, NamedSharding(mesh, PartitionSpec("data")))
    for n_cells in (3, 512):
        tile = read_tile(array, ask((10, 13), 0, 1, n_cells=n_cells, with_texts=True), never)
        check_against_slices(values, tile)
    assert [tile.texts[i] for i in (0, 129)] == ["0", "129"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (jnp.array([0.0132, jnp.nan, -jnp.inf]), ["0.0132", "nan", "-inf"]),
        (np.array([2**63 - 1, -(2**63)]), ["9223372036854775807", "-9223372036854775808"]),
        (jnp.array([True, False]), ["True", "False"]),
        (jnp.array([1 + 2j]), ["1+2j"]),
        (jnp.array([-3, 7], jnp.int4), ["-3", "7"]),
        (jnp.array([0.5], ml_dtypes.float8_e4m3fn), ["0.5"]),
        (np.array([1.5], ">f8"), ["1.5"]),
    ],
    ids=["float", "int64", "bool", "complex", "int4", "float8", "big-endian"],
)
def test_elements_are_told_as_text(values: Any, texts: list[str]):
    tile = read_tile(values, ask(values.shape, -1, 0, with_texts=True), never)
    assert [tile.texts[i] for i in range(len(tile.texts))] == texts


def test_keys_show_their_data():
    keys = jax.random.split(jax.random.key(0), 3)
    tile = read_tile(keys, ask((3, 2), 0, 1, with_texts=True), never)
    data = np.asarray(jax.random.key_data(keys)).reshape(-1)
    assert [int(tile.texts[i]) for i in range(6)] == data.tolist()


@pytest.mark.parametrize(
    ("obj", "asked", "why"),
    [
        ("text", ask((), -1, -1), "a str is no array"),
        (jax.ShapeDtypeStruct((2,), jnp.float32), ask((2,), -1, 0), "has no values"),
        (np.ones((2, 3)), ask((2,), -1, 0), "one index for each axis"),
        (np.ones((2, 3)), ask((2, 3), 1, 1), "both rows and columns"),
        (np.ones((2, 3)), ask((2, 3), -1, 0, index=(0, 3)), "index 3 is outside axis 1"),
    ],
)
def test_what_cannot_be_drawn_says_why(obj: Any, asked: ReadTile, why: str):
    with pytest.raises(ValueError, match=why):
        read_tile(obj, asked, never)
