"""A paused script without a process, for the debugger's widgets to show."""

import pytest

from eqxviz.session.session import Session
from tests.session.debugging.stand_in import PausedScript, begin


@pytest.fixture
def worker(session: Session) -> PausedScript:
    """What answers in place of the script; it runs."""
    assert session.debugging is not None
    return begin(session)[1]
