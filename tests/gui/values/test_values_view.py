"""The Values view: arrays at any zoom, tables of subtrees, texts."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from eqxviz.gui.theme import Theme
from eqxviz.gui.values import ValuesView
from eqxviz.gui.values.colours import Colours
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.conftest import QuietEngine
from tests.gui.shown import names_by_tab, node_at, put_on_screen
from tests.session.answering import ModelWorker

VALUE: dict[str, Any] = {
    "w": jnp.arange(200.0 * 300).reshape(200, 300) - 1000,
    "k": np.random.default_rng(0).normal(size=(6, 5, 3, 2)),
    "bad": jnp.ones((4, 4)).at[1, 2].set(jnp.nan).at[2, 2].set(jnp.inf),
    "b": jnp.linspace(0, 1, 7),
    "act": jax.nn.relu,
    "gone": jax.ShapeDtypeStruct((3,), jnp.float32),
}


@pytest.fixture
def worker(session: Session) -> ModelWorker:
    made = ModelWorker(VALUE)
    made.hold_for(session)
    return made


@pytest.fixture
def view(qtbot, session: Session, theme: Theme, worker: ModelWorker) -> ValuesView:
    shown = put_on_screen(qtbot, ValuesView(session, theme), 900, 600)
    worker.answer_all()
    return shown


def select(session: Session, worker: ModelWorker, name: str) -> None:
    session.select(Selection(kind="node", node=node_at(worker.tree, f"model['{name}']")))
    worker.answer_all()
    QApplication.processEvents()  # the page is laid out when it is first seen


def settle(qtbot, view: ValuesView, worker: ModelWorker) -> None:
    """Let the view ask for what is in sight, and answer."""
    timer = view.leaf_page.heat_map._look_timer
    if timer.isActive():
        qtbot.waitSignal(timer.timeout).wait()
    worker.answer_all()


def test_without_a_model_the_view_says_what_it_is_for(qtbot, session: Session, theme: Theme):
    shown = ValuesView(session, theme)
    qtbot.addWidget(shown)
    shown.show()
    assert shown.stack.state == "empty"


def test_one_number_has_no_statistics_beside_it(qtbot, session: Session, theme: Theme):
    worker = ModelWorker({"one": jnp.float32(3.5), "b": jnp.linspace(0, 1, 7)})
    worker.hold_for(session)
    view = put_on_screen(qtbot, ValuesView(session, theme), 900, 600)
    worker.answer_all()
    select(session, worker, "one")
    page = view.leaf_page
    assert page.map_stack.state == "filled"
    assert page.side_stack.isHidden()
    select(session, worker, "b")
    assert page.side_stack.isVisible()
    assert page.side_stack.state == "filled"


def test_with_nothing_selected_the_table_of_the_whole_model_is_shown(view: ValuesView):
    page = view.table_page
    assert view.page is page
    assert page.model.rowCount() == 5
    assert page.model.data(page.model.index(0, 0)) == "['bad']"
    assert page.model.data(page.model.index(0, 1)) == "1 NaN, 1 infinite"
    assert "1 stands out" in page._summary.text()


def test_an_array_shows_its_elements_and_statistics(
    view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "w")
    page = view.leaf_page
    assert view.page is page
    assert (page.map_stack.state, page.side_stack.state) == ("filled", "filled")
    assert page.heat_map.colours.is_diverging is True
    assert page.colour_bar.accessibleDescription().startswith("from -")
    assert not page.axes.sliders
    page.copy_button.click()
    assert "Mean: " in QApplication.clipboard().text()
    page.copy_values.click()
    rows = QApplication.clipboard().text().split("\n")
    assert (len(rows), len(rows[0].split("\t"))) == (200, 300)
    assert rows[1].startswith("-700\t-699")


def test_the_wheel_zooms_to_the_pointer_down_to_the_elements(
    qtbot, view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "w")
    heat_map = view.leaf_page.heat_map
    heat_map.grab()
    at = QPointF(heat_map.width() * 0.3, heat_map.height() * 0.4)
    element = heat_map.camera.cell_at(at)
    assert element is not None
    for _ in range(40):
        wheel = QWheelEvent(
            at, heat_map.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(heat_map, wheel)
    assert heat_map.camera.shows_elements
    assert heat_map.camera.cell_at(at) == element
    settle(qtbot, view, worker)
    tile = session.leaf_view.tile
    assert tile is not None
    assert tile.block == (1, 1)
    assert len(tile.texts) == tile.mean.size
    heat_map.grab()
    words = session.leaf_view.words_at(*element)
    assert (
        words == f"model['w'][{element[0]}, {element[1]}] = {element[0] * 300 + element[1] - 1000}"
    )
    qtbot.mouseDClick(heat_map, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert heat_map.camera.is_fitted


def test_dragging_moves_and_stays_inside_the_matrix(
    qtbot, view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "w")
    heat_map = view.leaf_page.heat_map
    heat_map.show_element(100, 150)
    before = heat_map.camera.origin
    qtbot.mousePress(heat_map, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    heat_map.camera.move_by(30, 20)
    moved = heat_map.camera.origin - before
    assert moved.x() == pytest.approx(-30 / 72)
    qtbot.mouseRelease(heat_map, Qt.MouseButton.LeftButton)
    heat_map.camera.move_by(1e6, 1e6)
    assert heat_map.camera.origin == QPointF(0, 0)


def test_the_keyboard_reaches_every_element(
    qtbot, view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "w")
    heat_map = view.leaf_page.heat_map
    heat_map.show_element(3, 17)
    settle(qtbot, view, worker)
    assert view.leaf_page._pointed.text == "model['w'][3, 17] = -83"
    for key, column in ((Qt.Key.Key_Right, 18), (Qt.Key.Key_Left, 17)):
        qtbot.keyClick(heat_map, key)
        assert f"[3, {column}]" in heat_map.accessibleDescription()
    qtbot.keyClick(heat_map, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "model['w'][3, 17] = -83"
    qtbot.keyClick(heat_map, Qt.Key.Key_Minus)
    assert not heat_map.camera.is_fitted
    qtbot.keyClick(heat_map, Qt.Key.Key_Home)
    assert heat_map.camera.is_fitted


def test_arrays_of_more_axes_have_a_slider_for_each_other_one(
    view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "k")
    axes = view.leaf_page.axes
    assert list(axes.sliders) == [0, 1]
    axes.sliders[1].setValue(2)
    worker.answer_all()
    tile = session.leaf_view.tile
    assert tile is not None
    np.testing.assert_allclose(tile.mean, VALUE["k"][0, 2], rtol=1e-6)
    axes.row_box.setCurrentIndex(1)
    axes.row_box.activated.emit(1)
    worker.answer_all()
    assert list(axes.sliders) == [0, 2]
    assert (session.leaf_view.row_axis, session.leaf_view.column_axis) == (1, 3)


def test_cells_that_are_not_finite_are_marked(
    view: ValuesView, session: Session, worker: ModelWorker, theme: Theme
):
    select(session, worker, "bad")
    heat_map = view.leaf_page.heat_map
    image = heat_map.grab().toImage()
    ratio = image.devicePixelRatio()
    problem = theme.color("problem")
    for row, column, is_marked in ((1, 2, True), (2, 2, True), (0, 0, False)):
        area = heat_map.camera.area_of(range(row, row + 1), range(column, column + 1))
        reds = [
            image.pixelColor(int((area.left() + 5 + i) * ratio), int((area.top() + 6) * ratio))
            for i in range(12)
        ]
        assert any(c.rgb() == problem.rgb() for c in reds) == is_marked
    assert session.leaf_view.words_at(1, 2) == "model['bad'][1, 2] = NaN"


def test_a_callable_shows_its_source_and_leads_to_it(
    view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "act")
    assert view.page is view.text_page
    assert "def relu" in view.text_page.text.toPlainText()
    view.text_page.link.click()
    assert session.selection.kind == "source"
    assert session.selection.file.endswith("functions.py")


def test_shapes_only_say_so(view: ValuesView, session: Session, worker: ModelWorker):
    select(session, worker, "gone")
    assert view.page is view.text_page
    assert "has no values" in view.text_page.text.toPlainText()


def test_a_row_of_the_table_selects_its_leaf_and_return_opens_it(
    qtbot, view: ValuesView, session: Session, worker: ModelWorker
):
    page = view.table_page
    QApplication.processEvents()
    assert session.selection.kind == "none"  # the table has the keyboard, and is left alone
    row = page.rows.visualRect(page.model.index(0, 0))
    qtbot.mouseClick(page.rows.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    bad = node_at(worker.tree, "model['bad']")
    assert session.selection.node == bad
    assert view.page is page
    worker.answer_all()
    page.rows.activated.emit(page.model.index(0, 0))
    worker.answer_all()
    assert view.page is view.leaf_page
    assert session.leaf_view.node == bad
    view.back.click()
    assert view.page is page


def test_a_click_on_a_header_sorts(view: ValuesView):
    page = view.table_page
    page.rows.horizontalHeader().sectionClicked.emit(0)
    names = [page.model.data(page.model.index(row, 0)) for row in range(5)]
    assert names == ["['b']", "['bad']", "['gone']", "['k']", "['w']"]
    page.rows.horizontalHeader().sectionClicked.emit(2)
    assert page.model.data(page.model.index(0, 2)) == "60.0 k"


def test_the_model_of_the_table_is_sound(qtmodeltester, view: ValuesView):
    qtmodeltester.check(view.table_page.model)


def test_reading_can_be_cancelled_and_tried_again(
    view: ValuesView, session: Session, worker: ModelWorker
):
    node = node_at(worker.tree, "model['w']")
    session.select(Selection(kind="node", node=node))
    view.leaf_page.side_stack.cancelled.emit()
    assert view.leaf_page.side_stack.state == "failed"
    worker.answer_all()
    assert view.leaf_page.map_stack.state == "filled"
    view.leaf_page.side_stack.retried.emit()
    worker.answer_all()
    assert view.leaf_page.side_stack.state == "filled"


def test_signed_values_are_coloured_around_zero_and_others_from_end_to_end(theme: Theme):
    colours = Colours.between(-2.0, 1.0, theme)
    assert (colours.low, colours.high, colours.is_diverging) == (-2.0, 2.0, True)
    image = colours.image(np.array([[-2, 0, 2, np.nan]], np.float32))
    left, middle, right = (image.pixelColor(x, 0) for x in range(3))
    assert left.blue() > left.red()
    assert right.red() > right.blue()
    assert middle.red() == pytest.approx(middle.blue(), abs=3)
    assert image.pixelColor(3, 0).rgb() == theme.color("problem").rgb()
    assert Colours.between(1.0, 3.0, theme).is_diverging is False
    assert Colours.between(5.0, 5.0, theme).low < 5 < Colours.between(5.0, 5.0, theme).high


@pytest.mark.parametrize("ends", [(-3e38, 3e38), (0.0, 1e-37), (-1e-40, 1e-40)])
def test_extreme_ranges_have_colours_too(theme: Theme, ends: tuple[float, float]):
    colours = Colours.between(*ends, theme)
    image = colours.image(np.array([ends], np.float32))
    assert image.pixelColor(0, 0) != image.pixelColor(1, 0)


def test_a_worker_that_died_is_asked_to_open_the_model_once(
    qtbot, view: ValuesView, session: Session, worker: ModelWorker, engine: QuietEngine
):
    select(session, worker, "w")
    settle(qtbot, view, worker)
    worker.alive = False
    n_asked = len(engine.worker.asked)
    view.leaf_page.heat_map.show_element(0, 0)
    session.leaf_view.look((0, 5), (0, 5))
    assert len(engine.worker.asked) == n_asked + 1
    assert session.model_state == "working"
    assert session.leaf_view.node == node_at(worker.tree, "model['w']")


def test_tab_leaves_the_table(view: ValuesView):
    view.table_page.read_button.show()
    view.table_page.rows.setFocus()
    assert len(names_by_tab(view)) > 1


def test_where_there_is_little_room_the_statistics_are_below_the_elements(
    view: ValuesView, session: Session, worker: ModelWorker
):
    select(session, worker, "w")
    page = view.leaf_page
    assert page.side_stack.x() > page.map_stack.x()
    view.resize(420, 600)
    assert page.side_stack.y() > page.map_stack.y()
    view.resize(900, 600)
    assert page.side_stack.y() == page.map_stack.y()


def test_no_number_of_the_table_is_cut(view: ValuesView):
    table = view.table_page.rows
    fits = table.fontMetrics().horizontalAdvance("-0.0001234") + 12
    for column in range(3, 8):
        assert table.columnWidth(column) >= fits
