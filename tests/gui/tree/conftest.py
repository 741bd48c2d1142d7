"""A tree view over a quiet session, and trees made for it."""

import pytest

from eqxviz.gui.theme import Theme
from eqxviz.gui.tree import TreeView
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> TreeView:
    return put_on_screen(qtbot, TreeView(session, theme), 700, 600)
