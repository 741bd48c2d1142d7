"""The columns of the tree: what they say, and how they are chosen, ordered, sized and sorted."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from eqxviz.gui.settings import TREE_COLUMNS, TREE_SORTING, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.tree import TreeView
from eqxviz.session.columns import COLUMNS, NAMES, SHOWN_AT_FIRST, UNKNOWN
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, node_at, show_model


def cell(view: TreeView, path: str, column: str) -> str:
    outline = view.model.outline
    assert outline is not None
    row = outline.row_of(node_at(outline.tree, path))
    return view.model.index(row, NAMES.index(column)).data()


def below(view: TreeView, path: str) -> list[str]:
    """Return the names of the children of `path`, from top to bottom."""
    outline = view.model.outline
    assert outline is not None
    parent = node_at(outline.tree, path)
    nodes = [view.model.node(row) for row in range(view.model.rowCount())]
    return [
        view.model.index(row, 0).data()
        for row, node in enumerate(nodes)
        if outline.tree.parent[node] == parent
    ]


def click_head(qtbot, view: TreeView, column: str) -> None:
    header = view.table.header
    at = header.viewport().rect().center()
    at.setX(header.sectionViewportPosition(NAMES.index(column)) + 12)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


@pytest.mark.parametrize(
    ("path", "column", "said"),
    [
        ("model.head", "type", "Linear"),
        ("model.head.weight", "shape", "3 × 3"),
        ("model.counts", "dtype", "int32"),
        ("model.head.weight", "bytes", "36 B"),
        ("model.head.weight", "device", "cpu:0"),
        ("model.head.weight", "array", "array"),
        ("model.counts", "differentiated", "no"),
        ("model.counts", "jit", "traced"),
        ("model.name", "jit", "static field"),
        ("model.settings['rate']", "jit", "static leaf"),
        ("model.head.weight", "optimiser", "unknown"),
        ("model.head.weight", "partition", "array, differentiated, traced, unknown, unknown"),
        ("model.head", "jit", ""),
    ],
)
def test_a_column_says_what_is_known(
    view: TreeView, session: Session, path: str, column: str, said: str
):
    show_model(session, make_tree())
    view.nodes.unfold_to_depth(-1)
    assert cell(view, path, column) == said


def test_totals_are_unknown_until_the_tree_is_complete(view: TreeView, session: Session):
    show_model(session, replace(make_tree(), is_complete=False))
    assert cell(view, "model", "parameters") == UNKNOWN
    assert cell(view, "model.counts", "parameters") == "3"
    assert "Loading" in view.notice.text


def test_the_first_columns_fit_a_narrow_dock(view: TreeView, session: Session):
    view.resize(400, 600)
    show_model(session, make_tree())
    QApplication.processEvents()
    assert view.table.header.columns() == SHOWN_AT_FIRST
    assert view.table.horizontalScrollBar().maximum() == 0


def test_a_click_on_a_head_sorts_siblings_the_next_reverses_the_third_ends_it(
    qtbot, view: TreeView, session: Session
):
    show_model(session, make_tree())
    model_order = below(view, "model")
    click_head(qtbot, view, "parameters")
    falling = below(view, "model")
    assert falling[0] == "body"
    assert view.table.header.isSortIndicatorShown()
    click_head(qtbot, view, "parameters")
    assert below(view, "model") != falling
    click_head(qtbot, view, "parameters")
    assert below(view, "model") == model_order
    assert not view.table.header.isSortIndicatorShown()


@pytest.mark.parametrize("column", NAMES)
def test_every_column_sorts_and_keeps_the_selection(view: TreeView, session: Session, column: str):
    tree = make_tree()
    show_model(session, tree)
    node = node_at(tree, "model.head.bias")
    view.table.show_node(node)
    names = sorted(below(view, "model"))
    for is_falling in (False, True):
        view.sort_by(column, is_falling)
        assert sorted(below(view, "model")) == names
        assert view.table.current_node() == node


def test_names_sort_as_a_reader_would(view: TreeView, session: Session):
    show_model(session, make_tree())
    view.sort_by("name", False)
    assert below(view, "model")[:3] == ["body", "counts", "head"]
    view.sort_by("name", True)
    assert below(view, "model")[0] == "tied"


def test_columns_are_chosen_in_a_menu_and_names_always_stay(
    qtbot, view: TreeView, session: Session
):
    show_model(session, make_tree())
    menu = QMenu(view)
    view.table.header.fill(menu)
    actions = {action.text().split(":")[0]: action for action in menu.actions()}
    assert "Name" not in actions
    assert actions["Value"].isChecked()
    assert not actions["Dtype"].isChecked()
    actions["Dtype"].trigger()
    actions["Value"].trigger()
    assert set(view.table.header.columns()) == {"name", "parameters", "dtype"}
    actions["As at first"].trigger()
    assert view.table.header.columns() == SHOWN_AT_FIRST


def test_the_columns_stay_when_rows_are_replaced(view: TreeView, session: Session):
    show_model(session, make_tree())
    view.table.header.show_layout(["name:0", "bytes:90", "dtype:70"])
    before = view.table.header.layout_text()[1:]  # the names take what is left
    view.nodes.unfold_to_depth(-1)
    view.nodes.unfold_to_depth(1)
    view.sort_by("bytes", True)
    show_model(session, make_tree(width=16, revision=2))
    assert view.table.header.layout_text()[1:] == before


def test_columns_order_widths_and_sorting_are_remembered(
    qtbot, session: Session, theme: Theme, view: TreeView
):
    settings = Settings(on_disk=False)
    view.use_settings(settings)
    header = view.table.header
    header.show_column("bytes", True)
    header.moveSection(header.visualIndex(NAMES.index("bytes")), 1)
    header.resizeSection(NAMES.index("value"), 200)
    view.sort_by("bytes", True)
    assert settings[TREE_COLUMNS][1].startswith("bytes:")
    again = TreeView(session, theme)
    qtbot.addWidget(again)
    again.use_settings(settings)
    assert again.table.header.layout_text()[1:] == header.layout_text()[1:]
    show_model(session, make_tree())
    assert again.model.outline.sorting.column == "bytes"
    view.sort_by("", False)
    assert settings[TREE_SORTING] == ""


def test_what_is_no_layout_on_disk_is_passed_over(view: TreeView):
    settings = Settings(on_disk=False)
    settings[TREE_COLUMNS] = ("gone:20", "bytes:wide", "value")
    settings[TREE_SORTING] = "gone:falling"
    view.use_settings(settings)
    assert view.table.header.columns() == ("name", "bytes", "value")


def test_a_right_click_on_the_heads_opens_the_menu(view: TreeView, session: Session):
    show_model(session, make_tree())
    header = view.table.header
    at = header.viewport().rect().center()
    mouse = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(header.viewport(), QContextMenuEvent(mouse, at, header.mapToGlobal(at)))
    menus = [menu for menu in header.findChildren(QMenu) if menu.isVisible()]
    assert len(menus) == 1
    menus[0].close()


def test_every_column_has_a_look_that_is_painted(qtbot, view: TreeView, session: Session):
    view.resize(1600, 600)
    show_model(session, make_tree())
    view.table.header.show_layout([f"{name}:0" for name in NAMES])
    view.nodes.unfold_to_depth(-1)
    picture = view.table.viewport().grab().toImage()
    base = picture.pixelColor(picture.width() - 1, picture.height() - 1)
    drawn = 0
    for column in COLUMNS:
        left = view.table.columnViewportPosition(NAMES.index(column.name))
        width = min(view.table.columnWidth(NAMES.index(column.name)), picture.width() - left)
        pixels = {
            picture.pixelColor(x, y).rgb()
            for x in range(max(left, 0), left + width, 1)
            for y in range(120, 240, 2)
        }
        drawn += len(pixels - {base.rgb()}) > 0 or width <= 0
    # Strips are there once a model is measured.
    assert drawn == len([column for column in COLUMNS if column.look != "strip"])


def test_the_keys_of_every_column_fit_the_tree():
    from eqxviz.session.columns import sorting_by

    tree = make_tree()
    for name in NAMES:
        ranks = sorting_by(name, True).ranks(tree)
        assert ranks is not None
        assert len(ranks) == len(tree)
        assert np.issubdtype(ranks.dtype, np.integer)


def test_columns_are_narrowed_where_there_is_little_room_and_wide_again_where_there_is_more(
    view: TreeView, session: Session
):
    show_model(session, make_tree())
    header = view.table.header
    header.show_column("dynamics", True)
    at_first = header.layout_text()
    wide = [view.table.columnWidth(i) for i in range(1, len(NAMES))]
    for width in (400, 350):
        view.resize(width, 600)
        QApplication.processEvents()
        assert view.table.horizontalScrollBar().maximum() == 0
        assert view.table.columnWidth(0) >= 140
        assert view.table.columnWidth(NAMES.index("parameters")) >= 50
    assert header.layout_text() == at_first  # what is kept is not what the dock made of it
    view.resize(900, 600)
    QApplication.processEvents()
    assert [view.table.columnWidth(i) for i in range(1, len(NAMES))] == wide


def test_a_column_that_is_dragged_is_as_wide_as_it_was_made(view: TreeView, session: Session):
    view.resize(400, 600)
    show_model(session, make_tree())
    QApplication.processEvents()
    header = view.table.header
    header.resizeSection(NAMES.index("value"), 180)
    assert view.table.columnWidth(NAMES.index("value")) == 180
    assert "value:180" in header.layout_text()


def test_no_empty_column_of_dynamics_is_there_after_a_run_that_was_measured(
    view: TreeView, session: Session
):
    settings = Settings(on_disk=False)
    settings[TREE_COLUMNS] = ("name:0", "dynamics:104", "value:128")
    view.use_settings(settings)
    assert view.table.header.columns() == ("name", "value")
