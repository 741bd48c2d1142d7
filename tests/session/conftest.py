"""A session with real workers, and files for it to open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.session.session import Session
from tests.owner import Owner


@pytest.fixture(scope="module")
def owner() -> Owner:
    return Owner()


@pytest.fixture(scope="module")
def module_session(owner: Owner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    engine = Engine(owner.post, tmp_path_factory.mktemp("kept"))
    session = Session(owner.post, engine)
    yield session
    session.close(leave_run=False)


@pytest.fixture
def session(module_session: Session) -> Session:
    """A session that other tests of the module have used: a worker takes seconds to warm up."""
    module_session.problems.clear()
    return module_session


@pytest.fixture
def write(tmp_path: Path):
    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write
