"""What differs between two graphs is seen below the graph, and on its boxes."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import eqxcore as eqx
from eqxviz.gui.graph import GraphView
from eqxviz.gui.graph_compare.models import GroupModel, equation_model
from eqxviz.records import Problem, Severity
from eqxviz.session.graph_compare import compare
from eqxviz.session.graph_compare import table as rows
from eqxviz.session.graph_compare.comparing import Side
from eqxviz.session.graph_compare.table import (
    BEFORE,
    BYTES,
    EQUATION,
    FLOPS,
    KIND,
    EquationTable,
    GroupTable,
)
from eqxviz.session.graphs import GraphTab
from eqxviz.session.session import Session
from tests.gui.shown import names_by_tab, put_on_screen
from tests.session.graph_compare.compared import MODEL, X, Y, drawn, edited_loss, loss

FORWARD = drawn(loss, MODEL, X, Y)
EDITED = drawn(edited_loss, MODEL, X, Y)
GRADIENT = drawn(eqx.filter_value_and_grad(loss), MODEL, X, Y)


@pytest.fixture
def view(qtbot, session: Session, theme) -> GraphView:
    """The view of a graph that was drawn anew after an edit."""
    view = put_on_screen(qtbot, GraphView(session, theme), 1000, 800)
    tab = GraphTab("model", FORWARD.title, node=0)
    tab.fill(FORWARD)
    tab.fill(EDITED)
    with qtbot.waitSignal(view.page.scene_shown, timeout=10_000):
        session.graphs.append(tab)
        session.current_graph = 0
        session.graphs_changed.emit()
    return view


@pytest.fixture
def panel(qtbot, view: GraphView, session: Session):
    """What differs from what the graph was before."""
    comparison = session.graph_comparison
    comparison.choose(comparison.choices()[0])
    qtbot.waitUntil(lambda: comparison.state == "filled")
    assert view.below.panel is not None
    return view.below.panel


def kinds(panel) -> list[str]:
    model = panel.equations
    return [model.index(row, KIND).data() for row in range(model.rowCount())]


def test_the_models_of_the_tables_follow_the_rules(qtmodeltester, theme, qapp):
    difference = compare(FORWARD, GRADIENT)
    equations, groups = equation_model(theme, qapp), GroupModel(theme, qapp)
    table = EquationTable(difference)
    equations.show_rows(table, table.rows("all"))
    groups.show_table(GroupTable(difference))
    for model in (equations, groups):
        qtmodeltester.check(model)
        assert model.rowCount() > 4


def test_the_menu_offers_what_there_is_to_compare_with(view: GraphView):
    view.below.menu.aboutToShow.emit()
    titles = [action.text() for action in view.below.menu.actions() if not action.isSeparator()]
    assert titles[0] == "What it was before"
    assert "Gradient of the same" in titles


def test_what_differs_is_listed_with_a_sentence_above(panel):
    assert panel.stack.state == "filled"
    assert panel.sides.text == "loss · before  →  edited_loss"
    assert panel.summary.text().startswith("2 changed, 2 added; 20 the same.")
    assert kinds(panel) == ["+  added", "≠  inputs, other line"] * 2


def test_a_filter_a_search_and_a_header_choose_the_rows(qtbot, panel):
    panel.filter.setCurrentIndex(panel.filter.findData("added"))
    panel.filter.activated.emit(panel.filter.currentIndex())
    assert kinds(panel) == ["+  added"] * 2
    panel.search.set_text("abs")
    qtbot.waitUntil(lambda: kinds(panel) == ["+  added"])
    panel.search.set_text("")
    qtbot.waitUntil(lambda: len(kinds(panel)) == 2)
    header = panel.table.horizontalHeader()
    for descending in (True, False):
        header.sectionClicked.emit(FLOPS)
        costs = [panel.equations.index(row, FLOPS).data() for row in range(2)]
        assert costs == (["+12", "+8"] if descending else ["+8", "+12"])


@pytest.mark.parametrize("n", [-88_800.0, -8.88e6, 999.0, -999e9])
def test_a_number_is_never_elided(view, panel, monkeypatch: pytest.MonkeyPatch, n: float):
    flops, n_bytes = rows.change_of_flops(n), rows.change_of_bytes(n)
    monkeypatch.setattr(rows, "change_of_flops", lambda _: flops)
    monkeypatch.setattr(rows, "change_of_bytes", lambda _: n_bytes)
    view.resize(660, 700)
    for table, columns in ((panel.table, (FLOPS, BYTES)), (panel.group_table, (4, 5))):
        for column in columns:
            index = table.model().index(0, column)
            assert index.data().startswith("−" if n < 0 else "+")
            assert table.sizeHintForIndex(index).width() <= table.columnWidth(column)


def test_a_row_selects_its_equation_and_an_equation_its_row(session: Session, panel):
    panel.table.selectRow(2)
    selection = session.selection
    assert EDITED.text(int(EDITED.equation_primitive[selection.equation])) == "abs"
    panel.table.selectRow(0)
    session.select(selection)
    assert panel.table.currentIndex().row() == 2


def test_a_removed_equation_is_shown_in_the_graph_before(qtbot, session: Session, view, panel):
    session.graph_comparison.swap()
    qtbot.waitUntil(lambda: session.graph_comparison.state == "filled")
    assert kinds(panel).count("−  removed") == 2
    same = panel.filter.findData("all")
    panel.filter.setCurrentIndex(same)
    panel.filter.activated.emit(same)
    with qtbot.waitSignal(view.page.scene_shown, timeout=10_000):
        panel.table.selectRow(kinds(panel).index("~  other line"))
    assert session.selection.graph == "model|former"
    assert session.graphs[session.current_graph].title == "loss · before"


def test_boxes_are_marked_in_both_graphs_and_no_more_when_it_is_closed(qtbot, view, panel, session):
    marks = view.page.canvas._marks
    assert sorted(word for word in marks.words if word) == ["+ added"] * 2 + ["≠ inputs"] * 2
    QTest.keyClick(panel.table, Qt.Key.Key_Escape)
    assert panel.isHidden()
    assert session.graph_comparison.state == "empty"
    assert view.page.canvas._marks is None


def test_groups_list_their_equations(qtbot, session: Session, panel):
    tab = GraphTab("model|gradient", "gradient", node=0, drawn_as="gradient")
    tab.fill(GRADIENT)
    session.graphs.append(tab)
    comparison = session.graph_comparison
    comparison.compare(Side(session.graphs[0], is_former=True), Side(tab))
    qtbot.waitUntil(lambda: comparison.state == "filled")
    panel.tabs.setCurrentIndex(1)
    names = [panel.groups.index(row, 0).data() for row in range(panel.groups.rowCount())]
    panel.group_table.setFocus()
    panel.group_table.selectRow(names.index("model.layers[1] · backward"))
    QTest.keyClick(panel.group_table, Qt.Key.Key_Return)
    assert panel.tabs.currentIndex() == 0
    assert panel.equations.rowCount() == 6
    assert panel.within.text() == "model.layers[1] · backward"
    panel.within.click()
    assert panel.equations.rowCount() == 31


def test_the_four_states(qtbot, session: Session, panel):
    comparison = session.graph_comparison
    comparison.clear()
    assert panel.stack.state == "empty"
    comparison._enter("working", "Comparing loss with edited_loss")
    assert panel.stack.state == "working"
    tab = session.graphs[0]
    comparison.compare(Side(tab, is_former=True), Side(tab))
    qtbot.waitUntil(lambda: comparison.state == "filled")
    assert panel.stack.state == "filled"
    comparison.problem = Problem("draw", Severity.ERROR, "It cannot be drawn", "", "")
    comparison._enter("failed")
    assert panel.stack.state == "failed"


def test_what_differs_is_copied(panel, session: Session):
    panel.copy.click()
    assert QApplication.clipboard().text() == session.graph_comparison.text()
    assert "added" in QApplication.clipboard().text()


def test_all_of_it_is_reached_by_keyboard_and_has_a_name(panel):
    names = names_by_tab(panel)
    assert "" not in names
    assert {"Equations that differ", "Which differences to show"} <= set(names)
    assert "Differences by equation or by group" in names


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_marks_and_table_are_painted_in_both_themes(view, panel, theme, mode):
    theme.set_mode(mode)
    picture = view.grab().toImage()
    assert picture.pixelColor(panel.mapTo(view, QPoint(4, 4))).isValid()
    model, ink = panel.equations, Qt.ItemDataRole.ForegroundRole
    shown = {model.data(model.index(row, KIND), ink).name() for row in range(4)}
    assert shown == {theme.color("running").name(), theme.color("differentiated").name()}


@pytest.fixture
def in_background(session, monkeypatch):
    """Let all sortings be slow; return what the session is to do in the background."""
    begun: list[tuple[Callable[[], object], Callable[[object], None]]] = []
    monkeypatch.setattr("eqxviz.session.graph_compare.table._QUICK_ROWS", 0)
    monkeypatch.setattr(session, "in_background", lambda work, done: begun.append((work, done)))
    return begun


def test_a_sorting_that_takes_long_is_done_beside_and_only_the_latest_is_shown(
    panel, in_background
):
    panel.filter.setCurrentIndex(panel.filter.findData("all"))
    for column in (BEFORE, EQUATION):
        panel.table.horizontalHeader().sectionClicked.emit(column)
    assert not panel._busy.isHidden()
    for work, done in in_background:
        done(work())
    assert panel._busy.isHidden()
    model = panel.equations
    names = [model.index(row, EQUATION).data() for row in range(model.rowCount())]
    assert len(names) > 10
    assert names == sorted(names)


def test_a_sorting_that_ends_after_its_comparison_shows_nothing(panel, session, in_background):
    panel.table.horizontalHeader().sectionClicked.emit(EQUATION)
    session.graph_comparison.clear()
    ((work, done),) = in_background
    done(work())
    assert panel.equations.rowCount() == 0
    assert panel._busy.isHidden()
