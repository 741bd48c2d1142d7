"""A tree view over a quiet session, and trees made for it."""

import pytest

from eqxviz.gui.theme import Theme
from eqxviz.gui.tree import TreeView
from eqxviz.session.session import Session


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> TreeView:
    shown = TreeView(session, theme)
    qtbot.addWidget(shown)
    shown.resize(700, 600)
    shown.show()
    return shown
