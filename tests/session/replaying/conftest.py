"""A session whose work in the background ends with the test."""

from collections.abc import Iterator

import pytest

from eqxviz.session.session import Session


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session(lambda job: job())
    yield made
    if made._pool is not None:
        made._pool.shutdown()
