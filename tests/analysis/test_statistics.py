"""Statistics against NumPy in float64: every dtype, sizes from none to many, on host and device."""

import contextlib
import gc
import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jax.sharding import NamedSharding, PartitionSpec

from eqxviz.analysis import array_data, device_statistics, distribution, statistics, value_summary
from eqxviz.analysis.array_data import Part
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.statistics import Reading
from eqxviz.analysis.values import never
from eqxviz.records import PERCENTS, ValueSummary
from tests.two_devices import with_two_devices

DTYPES = [
    *(np.float16, np.float32, np.float64, np.int8, np.int32, np.int64, np.uint8, np.uint64),
    *(np.bool_, np.complex64, np.complex128, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn),
    *(ml_dtypes.float8_e5m2, ml_dtypes.int4, ml_dtypes.uint4, ml_dtypes.int2),
]


@contextlib.contextmanager
def set_to(module: Any, **values: Any) -> Iterator[None]:
    before = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def check_against_numpy(values: np.ndarray, found: ValueSummary) -> None:
    wide = np.abs(values.astype(np.complex128)) if values.dtype.kind == "c" else values
    wide = wide.astype(np.float64).reshape(-1)
    finite = wide[np.isfinite(wide)]
    assert found.size == wide.size
    assert found.n_nan == np.isnan(wide).sum()
    assert found.n_inf == np.isinf(wide).sum()
    assert found.n_negative_inf == (wide == -np.inf).sum()
    assert found.n_zero == (wide == 0).sum()
    assert found.histogram.sum() == len(finite)
    if not len(finite):
        assert math.isnan(found.mean)
        return
    assert found.minimum == finite.min()
    assert found.maximum == finite.max()
    scale = np.abs(finite).max()
    assert found.mean == pytest.approx(finite.mean(), rel=1e-12, abs=1e-12 * scale)
    assert found.std == pytest.approx(finite.std(), rel=1e-9, abs=1e-9 * scale)
    assert found.norm == pytest.approx(np.linalg.norm(finite), rel=1e-12)
    exact = np.percentile(finite, PERCENTS)
    slack = found.accuracy * np.abs(exact) + 1e-12 * scale
    # Even between two elements that lie far apart.
    nearest = [np.percentile(finite, PERCENTS, method=m) for m in ("lower", "higher")]
    assert np.all(found.percentiles >= nearest[0] - slack - found.accuracy * scale * 1e-3)
    assert np.all(found.percentiles <= nearest[1] + slack + found.accuracy * scale * 1e-3)
    if not found.accuracy:
        np.testing.assert_allclose(found.percentiles, exact, rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("n_sorted", [1 << 20, 100], ids=["sorted", "counted"])
def test_every_dtype_is_as_numpy_says_on_host_and_on_device(dtype: Any, n_sorted: int):
    drawn = np.random.default_rng(0).normal(0, 1.6, (7, 11, 13))
    with np.errstate(invalid="ignore"):
        values = np.abs(drawn).astype(dtype) if np.dtype(dtype).kind == "u" else drawn.astype(dtype)
    with set_to(statistics, MAX_SORTED=n_sorted):
        check_against_numpy(values, value_summary(values, 0, 0))
        with jax.enable_x64(True):
            array = jnp.asarray(values)
        assert array.dtype == values.dtype
        check_against_numpy(values, value_summary(array, 0, 0))
        if n_sorted == 100:
            on_device = property(lambda part: False)
            with set_to(Part, is_on_host=on_device), set_to(device_statistics, PIECE=300):
                check_against_numpy(values, value_summary(array, 0, 0))
        device_statistics._program.cache_clear()


_USERS_SETTINGS = {
    "debug_nans": True,
    "debug_infs": True,
    "transfer_guard": "disallow_explicit",
    "disable_jit": True,
    "numpy_dtype_promotion": "strict",
    "numpy_rank_promotion": "raise",
    "check_tracer_leaks": True,
}

floats = st.one_of(
    st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf])
)


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9),
        elements=floats,
    ),
    st.booleans(),
)
def test_mixes_of_nan_and_infinities_are_as_numpy_says(values: np.ndarray, is_counted: bool):
    with set_to(statistics, MAX_SORTED=0 if is_counted else 1 << 20):
        check_against_numpy(values, value_summary(values, 0, 0))


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(-(2**63), 2**63 - 1)),
)
def test_extremes_of_64_bit_integers_are_exact(values: np.ndarray):
    found = value_summary(values, 0, 0)
    assert (found.exact_minimum, found.exact_maximum) == (str(values.min()), str(values.max()))


def test_many_elements_are_summed_without_drift():
    values = np.full(3_000_000, 0.1, np.float32)
    found = value_summary(values, 0, 0)
    assert found.mean == pytest.approx(float(np.float32(0.1)), rel=1e-13)
    assert found.std == pytest.approx(0.0, abs=1e-12)
    offset = np.random.default_rng(0).normal(1e4, 1e-2, 2_000_000)
    assert value_summary(offset, 0, 0).std == pytest.approx(offset.std(), rel=1e-8)


def test_numbers_too_large_for_single_precision_stay_in_the_percentiles():
    values = np.concatenate([np.full(10, -1e300), np.zeros(5), np.full(10, 1e300)])
    with set_to(statistics, MAX_SORTED=0):
        found = value_summary(values, 0, 0)
    assert found.histogram.sum() == 25
    assert found.percentiles[0] < -1e299
    assert found.percentiles[-1] > 1e299


def test_complex_numbers_tell_the_ends_of_both_parts():
    found = value_summary(jnp.array([3 + 4j, -1 - 2j]), 0, 0)
    assert found.parts.tolist() == [-1, 3, -2, 4]
    assert found.maximum == 5


@pytest.mark.parametrize(
    "values",
    [
        np.arange(24.0).reshape(4, 6)[::2, ::-1],
        np.arange(24, dtype=">i4").reshape(4, 6),
        np.asfortranarray(np.arange(24.0).reshape(4, 6)),
        np.broadcast_to(np.float32(2), (3, 5)),
        np.zeros((0, 3)),
        np.float32(7),
    ],
    ids=["strided", "big-endian", "fortran", "broadcast", "empty", "scalar"],
)
def test_numpy_arrays_of_any_layout_are_read(values: np.ndarray):
    check_against_numpy(np.asarray(values), value_summary(values, 0, 0))


@with_two_devices
def test_every_shard_is_read_once_on_two_devices():
    mesh = jax.make_mesh((2,), ("data",))
    values = np.arange(64.0, dtype=np.float32).reshape(8, 8)
    for spec in (PartitionSpec("data"), PartitionSpec(None, "data"), PartitionSpec()):
        array = jax.device_put(values, NamedSharding(mesh, spec))
        check_against_numpy(values, value_summary(array, 0, 0))


def test_settings_of_the_user_neither_break_reading_nor_are_changed():
    array = jnp.array([1.0, jnp.nan, 0.0])
    on_device = property(lambda part: False)
    with contextlib.ExitStack() as user:
        for name, value in _USERS_SETTINGS.items():
            user.enter_context(getattr(jax, name)(value))
        assert value_summary(array, 0, 0).n_nan == 1
        with set_to(Part, is_on_host=on_device), set_to(statistics, MAX_SORTED=0):
            assert value_summary(array, 0, 0).n_nan == 1
        assert jax.config.jax_debug_nans
        assert not jax.config.jax_enable_x64


def test_reading_in_steps_holds_no_view_so_that_donation_stays_possible():
    step = jax.jit(lambda x: x + 1, donate_argnums=0)
    array = jnp.ones((1 << 11, 1 << 11))
    place = array.unsafe_buffer_pointer()
    with set_to(statistics, _PIECE=1 << 16):
        reading = Reading(array)
        assert not reading.step(0.0, never)
    assert step(array).unsafe_buffer_pointer() == place
    gc.collect()


def test_a_reading_that_is_cancelled_ends_between_two_pieces():
    looked: list[int] = []

    def is_cancelled() -> bool:
        looked.append(1)
        return len(looked) > 3

    with set_to(statistics, _PIECE=1000), pytest.raises(CancelledError, match=r"^$"):
        value_summary(np.ones(100_000), 0, 0, is_cancelled)
    assert len(looked) == 4


def test_a_copy_from_a_device_does_not_stay_with_the_array():
    array = jnp.ones((4, 4), jnp.int4)  # unpacked into a copy
    part = array_data.parts_of(array)[0]
    assert part.is_on_host
    assert not Part(jnp.ones((1 << 13, 1 << 12), jnp.int4), (0, 0)).is_on_host


def test_percentiles_of_counts_are_those_of_the_values():
    values = np.random.default_rng(1).normal(size=1001)
    found = distribution.of_values(values)
    np.testing.assert_allclose(found.percentiles(PERCENTS), np.percentile(values, PERCENTS))
    counts, edges = found.histogram(is_whole=False)
    expected = np.histogram(values, edges)[0]
    assert np.abs(counts - expected).max() <= 1  # an element on an edge
