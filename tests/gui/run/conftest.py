"""A Curves view on the screen, and its plots by name."""

from collections.abc import Callable

import numpy as np
import pytest

from eqxviz.gui.run import CurvesView
from eqxviz.gui.run.plot_card import PlotCard
from eqxviz.gui.theme import Theme
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen

CardOf = Callable[[str], PlotCard]


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> CurvesView:
    """A view with room for two columns."""
    return put_on_screen(qtbot, CurvesView(session, theme), 900, 600)


@pytest.fixture
def card_of(qtbot, view: CurvesView) -> CardOf:
    """Return the plot of a title, once it is drawn."""

    def find(title: str) -> PlotCard:
        found: list[PlotCard] = []

        def is_there() -> bool:
            found[:] = [c for c in view.cards.values() if c.title.text == title and c.drawing]
            return bool(found)

        qtbot.waitUntil(is_there)
        return found[0]

    return find


def drawn(card: PlotCard, line: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of x and of y that are drawn of a line."""
    assert card.drawing is not None
    trace = card.drawing.lines[line].trace
    return trace.x, trace.high
