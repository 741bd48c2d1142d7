"""What holds for each program that two packages run."""

from collections.abc import Iterator

import pytest

from tests.compiling import bound_caches


@pytest.fixture(autouse=True)
def _memory_is_bounded_within_a_file() -> Iterator[None]:
    """No program leaves anything for the next one, and a file has more than a thousand."""
    yield
    bound_caches()
