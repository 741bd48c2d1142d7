"""The main window on a quiet session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eqxviz.gui.settings import Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.session.session import Session


@pytest.fixture
def settings() -> Settings:
    return Settings(on_disk=False)


@pytest.fixture
def window(qtbot, session: Session, theme: Theme, settings: Settings) -> Iterator[MainWindow]:
    """A window as it is after its first paint; what is in it has nothing to work with yet."""
    made = MainWindow(session, theme, settings)
    with qtbot.waitSignal(made.first_painted):
        made.show()
    yield made
    made.finish(leave_run=False)
    made.deleteLater()


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "model.py"
    path.write_text('"""A model."""\n\nimport jax\n\n\ndef make():\n    return {"w": 1.0}  # x\n')
    return str(path)
