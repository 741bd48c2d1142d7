"""A minute of training at full rate: nothing grows, and every point is kept.

An hour is run by hand: `python -m tests.benchmarks.soak --minutes 60`.
"""

from pathlib import Path

import pytest

from tests.benchmarks.soak import soak

SECONDS = 60
# The allocators of JAX, Qt and the C library still settle in the first minutes.
FLAT_BYTES_A_SECOND = 1_000_000


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_minute_at_full_rate_leaves_memory_flat_and_every_point_on_disk(tmp_path: Path):
    result = soak(SECONDS, tmp_path)
    assert result.n_steps > 10_000
    assert result.n_kept == result.n_steps
    assert result.grown(result.window) < FLAT_BYTES_A_SECOND
    assert result.grown(result.worker) < FLAT_BYTES_A_SECOND
