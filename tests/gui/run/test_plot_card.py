"""A plot that is easy on the eyes, and reached by the keyboard."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.plotting.traces import Look, paint_traces
from eqxviz.gui.run import CurvesView
from eqxviz.session.plots.trace import Trace
from eqxviz.session.session import Session
from tests.gui.run.conftest import CardOf
from tests.gui.shown import add_points, names_by_tab, show_run

ACCURACY = 'metrics["accuracy"]'
WIDTH, HEIGHT = 300, 100


def painted(card, values: np.ndarray, dash: tuple[float, ...]) -> np.ndarray:
    """Return the greys of a line through `values` over the whole window of a plot, black on white.

    The gaps between its dashes would be grey.
    """
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_Grayscale8)
    image.fill(255)
    frame = Frame(QRectF(0, 0, WIDTH, HEIGHT), card.drawing.window, card.drawing.reach)
    x = np.linspace(*card.drawing.window, len(values))
    nothing = np.empty(0)
    trace = Trace(x, values, values, False, nothing, nothing, nothing)
    painter = QPainter(image)
    paint_traces(painter, [(trace, Look(QColor("black"), QColor(150, 150, 150), dash))], frame)
    painter.end()
    return np.array(image.constBits()).reshape(HEIGHT, image.bytesPerLine())[:, :WIDTH]


def test_the_gaps_of_a_dashed_line_that_winds_are_faint_so_that_it_can_be_followed(
    session: Session, card_of: CardOf
):
    show_run(session, n_points=300)
    card = card_of("loss")
    low, high = card.drawing.reach
    winding = np.where(np.arange(600) % 2, low + 0.2 * (high - low), low + 0.22 * (high - low))
    darkest = painted(card, winding, (2.0, 4.0)).min(axis=0)[2:-2]
    assert darkest.max() < 255
    assert darkest.min() < 100 < darkest.max()


def test_the_gaps_of_a_dashed_line_that_does_not_wind_are_empty(session: Session, card_of: CardOf):
    show_run(session, n_points=300)
    card = card_of("loss")
    level = np.full(50, np.mean(card.drawing.reach))
    assert painted(card, level, (2.0, 4.0)).min(axis=0).max() == 255


def test_a_value_that_grows_is_not_cut_before_the_next_layout(session: Session, card_of: CardOf):
    show_run(session, n_points=20)
    card = card_of("loss")
    for value in ("1", "-7.32055e-09", "-7.32055e-09   min -1.23456e-08   max 1.23456e-08"):
        card.reading.set_text(value)
        assert card.reading.shown == value


def test_a_legend_leaves_room_for_the_curves(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=20)
    for i in range(9):
        add_points(session, 2 + i, f"some_long_name_of_a_layer/{i}/weight_norm", np.ones(3))
    card = card_of("some_long_name_of_a_layer/0/weight_norm")
    view.board.add(card.plot, [f"some_long_name_of_a_layer/{i}/weight_norm" for i in range(9)])
    qtbot.waitUntil(lambda: len(card.legend.entries) == 9)
    for height in (180, 220, 400):
        card.resize(400, height)
        QApplication.processEvents()
        assert card.canvas.geometry().bottom() < card.legend.geometry().top()
        assert card.legend.geometry().bottom() <= height


def test_a_plot_that_has_all_the_room_offers_to_show_the_others_again(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=20)
    card = card_of("loss")
    assert "Give loss all the room (M)" in names_by_tab(view)
    view.board.maximise(card.plot)
    qtbot.waitUntil(lambda: "Show all plots again (M)" in names_by_tab(view))


def test_tab_goes_along_the_bar_and_then_from_plot_to_plot(
    view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=20)
    card_of(ACCURACY)
    names = names_by_tab(view)
    start = names.index("Horizontal axis")
    names = names[start:] + names[:start]
    assert names[:5] == ["Horizontal axis", "Log x", "Log y", "What is followed", "Smoothing"]
    plots = [f"Curves of {name}" for name in ("loss", ACCURACY)]
    assert names.index("Export or copy") < names.index(plots[0]) < names.index(plots[1])
    assert names[names.index(plots[0]) + 1] == f"Give {ACCURACY} all the room (M)"


def test_a_view_that_has_the_keyboard_hands_it_to_the_first_plot_that_comes(
    view: CurvesView, session: Session, card_of: CardOf
):
    view.activateWindow()
    view.setFocus()
    show_run(session, n_points=20)
    canvas = card_of("loss").canvas
    assert view.focusWidget() is canvas
