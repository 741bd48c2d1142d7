"""A session without processes, whose run is a stand-in."""

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.session.session import Session


@pytest.fixture
def session(tmp_path) -> Session:
    """A session that runs what is posted at once; it has no process."""

    def post(job) -> None:
        job()

    return Session(post, Engine(post, tmp_path / "runs"))
