"""The text beside the graph: what it shows, keys, selection, search, copying."""

from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget

from eqxviz.analysis import lowered_of
from eqxviz.gui.jaxpr.beside import BesideGraph
from eqxviz.gui.jaxpr.lines_pane import LinesPane
from eqxviz.gui.jaxpr.panel import TextPanel
from eqxviz.gui.settings import GRAPH_TEXT, GRAPH_TEXT_SHARE, Settings
from eqxviz.records import Graph, Lower, Problem, Severity
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.graph.drawn import Called, _model, draw_step, draw_tree_model
from tests.gui.shown import make_tree, names_by_tab, node_at, put_on_screen, show_model
from tests.layout.made_graphs import GraphMaker


@pytest.fixture
def panel(qtbot, session: Session, theme) -> TextPanel:
    return put_on_screen(qtbot, TextPanel(session, theme), 700, 400)


@pytest.fixture
def shown(panel: TextPanel, session: Session) -> TextPanel:
    """The panel with the model's jaxpr."""
    show_graph(session, draw_tree_model())
    return panel


def show_graph(session: Session, graph: Graph, key: str = "model") -> GraphTab:
    tab = session.graph(key)
    if tab is None:
        tab = GraphTab(key, graph.title, node=0 if key == "model" else -1, inputs="f32[2]")
        session.graphs.append(tab)
    tab.fill(graph)
    session.current_graph = session.graphs.index(tab)
    session.graphs_changed.emit()
    return tab


def pane(panel: TextPanel) -> LinesPane:
    return panel.page.pane


def line_with(panel: TextPanel, words: str) -> int:
    text = pane(panel).text
    assert text is not None
    return next(n for n in range(len(text)) if words in text.text(n))


def click(
    qtbot, panel: TextPanel, line: int, column: int = 0, keys=Qt.KeyboardModifier.NoModifier
) -> None:
    shown, folding, text = pane(panel), pane(panel).folding, pane(panel).text
    assert folding is not None
    assert text is not None
    shown.bring_into_sight(line)
    height = shown.painter.height
    row = folding.row_of(line) - shown.verticalScrollBar().value()
    x = 28 + (text.indent(line) + column) * shown.painter._width + 2
    at = QPoint(round(x), row * height + height // 2)
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, keys, at)


# --- states


def test_without_a_graph_it_says_what_will_be_here(panel: TextPanel):
    assert panel.jaxpr.stack.state == "empty"
    assert panel.lowered.stack.state == "empty"


def test_a_drawn_graph_is_printed(shown: TextPanel):
    assert shown.jaxpr.stack.state == "filled"
    text = shown.jaxpr.text
    assert text is not None
    assert text.text(0) == "{ lambda ;"


def test_a_large_graph_is_put_in_order_in_the_background(
    panel: TextPanel, session: Session, monkeypatch
):
    begun = []
    monkeypatch.setattr(session, "in_background", lambda work, done: begun.append((work, done)))
    made = GraphMaker()
    x = flow = made.argument("x")
    for _ in range(25_000):
        flow = made.made(made.equation("add", [flow, x]))
    made.jaxpr(0, [x], [flow])
    show_graph(session, made.graph())
    assert panel.jaxpr.stack.state == "working"
    ((work, done),) = begun
    done(work())
    assert panel.jaxpr.stack.state == "filled"
    pane(panel).go_to(20_000)
    assert pane(panel).verticalScrollBar().value() > 19_000


def test_each_graph_is_folded_as_it_was_left(shown: TextPanel, session: Session):
    folding = pane(shown).folding
    pane(shown).fold_all()
    show_graph(session, draw_step(), "function:1")
    assert pane(shown).folding is not folding
    session.show_graph(0)
    assert pane(shown).folding is folding


# --- selection


def test_a_click_selects_the_equation(qtbot, shown: TextPanel, session: Session):
    click(qtbot, shown, line_with(shown, "= dot_general"))
    assert session.selection.kind == "equation"
    graph = session.graphs[0].graph
    assert graph is not None
    primitive = graph.equation_primitive[session.selection.equation]
    assert graph.text(int(primitive)) == "dot_general"


def test_a_selected_equation_is_the_current_line(shown: TextPanel, session: Session):
    session.select(Selection(kind="equation", graph="model", equation=7))
    text = shown.jaxpr.text
    assert text is not None
    assert pane(shown).current == text.line_of(7)


def test_a_selected_equation_is_unfolded(shown: TextPanel, session: Session):
    pane(shown).fold_all()
    graph, folding = session.graphs[0].graph, pane(shown).folding
    assert graph is not None
    assert folding is not None
    inner = next(e for e in range(len(graph)) if graph.group_owner[graph.equation_group[e]] >= 0)
    session.select(Selection(kind="equation", graph="model", equation=inner))
    assert pane(shown).current in folding.rows


def test_a_selected_leaf_marks_its_variable_and_what_reads_it(shown: TextPanel, session: Session):
    tree = make_tree()
    show_model(session, tree)
    node = node_at(tree, "model.body.layers[1].weight")
    session.select(Selection(kind="node", node=node))
    text = shown.jaxpr.text
    assert text is not None
    said = [text.text(line).strip() for line in sorted(pane(shown).look.related)]
    assert said[0].endswith("# model.body.layers[1].weight")
    assert all("dot_general" in line for line in said[1:])
    assert len(said) > 1


def test_the_line_of_a_variable_selects_its_leaf(qtbot, shown: TextPanel, session: Session):
    tree = make_tree()
    show_model(session, tree)
    click(qtbot, shown, line_with(shown, "# model.body.layers[1].weight"))
    assert session.selection.kind == "node"
    assert tree.path(session.selection.node) == "model.body.layers[1].weight"


def test_a_variable_that_is_no_leaf_is_selected_as_such(qtbot, shown: TextPanel, session: Session):
    click(qtbot, shown, line_with(shown, "# x"))
    assert session.selection.kind == "value"


def test_a_source_line_marks_all_that_it_made(shown: TextPanel, session: Session):
    tab = session.graphs[0]
    file, line = tab.links.source_of(0)
    session.select(Selection(kind="source", file=file, line=line))
    assert len(pane(shown).look.related) == len(tab.links.equations_at(file, line))


def test_a_clicked_variable_stands_out_wherever_it_is(qtbot, shown: TextPanel):
    line = line_with(shown, "= add")
    click(qtbot, shown, line, column=0)
    text = shown.jaxpr.text
    assert text is not None
    made = text.graph.outputs_of(text.equation_at(line)).tolist()
    assert pane(shown).look.values == frozenset(made)


def test_a_click_with_control_goes_to_where_a_variable_begins(qtbot, shown: TextPanel):
    text = shown.jaxpr.text
    assert text is not None
    line = line_with(shown, "= add")
    operand = text.graph.inputs_of(text.equation_at(line)).tolist()[-1]
    column = len(text.text(line)) - text.indent(line) - 1
    click(qtbot, shown, line, column, Qt.KeyboardModifier.ControlModifier)
    assert pane(shown).current == text.line_of_value(operand)
    assert text.name(operand) in text.text(pane(shown).current)


def test_a_variable_is_told_of_under_the_mouse(shown: TextPanel, qtbot):
    line = line_with(shown, "# model.body.layers[1].weight")
    folding, text = pane(shown).folding, shown.jaxpr.text
    assert folding is not None
    assert text is not None
    pane(shown).bring_into_sight(line)
    x = 28 + text.indent(line) * pane(shown).painter._width + 2
    value = pane(shown).painter.value_at(x, text, folding, line)
    assert pane(shown).words_of(value).endswith("model.body.layers[1].weight, read by 2 equations")


def test_return_goes_to_the_source(qtbot, shown: TextPanel, session: Session):
    click(qtbot, shown, line_with(shown, "= dot_general"))
    equation = session.selection.equation
    qtbot.keyClick(pane(shown), Qt.Key.Key_Return)
    assert session.selection.kind == "source"
    place = (session.selection.file, session.selection.line)
    assert place == session.graphs[0].links.source_of(equation)


# --- keys


def test_keys_go_from_line_to_line(qtbot, shown: TextPanel, session: Session):
    shown.jaxpr.pane.setFocus()
    last = len(pane(shown).folding.rows) - 1
    qtbot.keyClick(pane(shown), Qt.Key.Key_End)
    qtbot.keyClick(pane(shown), Qt.Key.Key_Up)
    assert pane(shown).folding.row_of(pane(shown).current) == last - 1
    assert session.selection.kind == "equation"
    qtbot.keyClick(pane(shown), Qt.Key.Key_Home)
    assert pane(shown).current == 0


def test_the_current_line_is_framed_and_as_readable_as_others(qtbot, shown: TextPanel, theme):
    lines = pane(shown)
    assert lines.folding is not None
    click(qtbot, shown, line_with(shown, "custom_jvp_call["))
    qtbot.keyClick(lines, Qt.Key.Key_Down)
    image = lines.viewport().grab().toImage()
    row = lines.folding.row_of(lines.current) - lines.verticalScrollBar().value()
    middle = round((row + 0.5) * lines.painter.height)
    assert image.pixelColor(image.width() - 12, middle) == theme.color("selection")


def test_keys_fold_and_unfold(qtbot, shown: TextPanel):
    line, folding = line_with(shown, "custom_jvp_call["), pane(shown).folding
    assert folding is not None
    click(qtbot, shown, line)
    for key, is_folded in (("Left", True), ("Right", False), ("Space", True), ("Space", False)):
        qtbot.keyClick(pane(shown), getattr(Qt.Key, f"Key_{key}"))
        assert folding.is_folded(line) is is_folded
    qtbot.keyClick(pane(shown), Qt.Key.Key_Down)
    qtbot.keyClick(pane(shown), Qt.Key.Key_Down)
    qtbot.keyClick(pane(shown), Qt.Key.Key_Left)
    assert folding.can_fold(pane(shown).current)


def test_a_click_on_the_sign_folds(qtbot, shown: TextPanel):
    line, folding = line_with(shown, "custom_jvp_call["), pane(shown).folding
    assert folding is not None
    pane(shown).bring_into_sight(line)
    row = folding.row_of(line) - pane(shown).verticalScrollBar().value()
    at = QPoint(15, row * pane(shown).painter.height + 5)
    qtbot.mouseClick(pane(shown).viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert folding.is_folded(line)


def test_folding_all_and_unfolding_all(qtbot, shown: TextPanel):
    folding = pane(shown).folding
    assert folding is not None
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(pane(shown), Qt.Key.Key_Left, control)
    n_folded = len(folding.rows)
    qtbot.keyClick(pane(shown), Qt.Key.Key_Right, control)
    assert n_folded < len(folding.rows) == len(pane(shown).text)


def test_chosen_lines_are_copied_as_they_are_seen(qtbot, shown: TextPanel):
    shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
    line = line_with(shown, "= dot_general")
    click(qtbot, shown, line)
    qtbot.keyClick(pane(shown), Qt.Key.Key_Down, shift)
    qtbot.keyClick(pane(shown), Qt.Key.Key_C, control)
    copied = QApplication.clipboard().text().splitlines()
    assert len(copied) == 2
    assert " = dot_general[" in copied[0]


def test_all_is_copied_unfolded_with_the_sources(shown: TextPanel):
    pane(shown).fold_all()
    shown.copy_all()
    text = shown.jaxpr.text
    assert text is not None
    assert QApplication.clipboard().text().splitlines() == list(text.whole())
    assert "# drawn.py:" in QApplication.clipboard().text()


def test_tab_reaches_every_part(shown: TextPanel):
    names = names_by_tab(shown)
    assert {"Text of the graph", "Printed jaxpr of model"} <= set(names)
    assert "Copy all of the text" in names


def test_assistive_tools_hear_the_current_line(qtbot, shown: TextPanel):
    click(qtbot, shown, line_with(shown, "= dot_general"))
    told = QAccessible.queryAccessibleInterface(pane(shown)).text(QAccessible.Text.Description)
    assert " = dot_general[" in told


# --- search


def test_a_search_counts_marks_and_goes_to_what_it_finds(shown: TextPanel, session: Session):
    shown.focus_search()
    shown.jaxpr.search.find_all("dot_general[")
    found = shown.jaxpr.pane.look.found
    shown.search_next(1)
    assert len(found) > 1
    assert pane(shown).current == min(found)
    shown.search_next(-1)
    assert pane(shown).current == max(found)
    assert session.selection.kind == "equation"


def test_a_search_finds_what_is_folded(shown: TextPanel):
    pane(shown).fold_all()
    shown.jaxpr.search.find_all("= max")
    shown.search_next(1)
    folding = pane(shown).folding
    assert folding is not None
    assert pane(shown).current in folding.rows


def test_a_bad_regex_is_told(shown: TextPanel):
    shown.jaxpr.search.find_all("/(")
    assert "no regular expression" in shown.jaxpr.search.problem


def test_leaving_the_search_gives_the_lines_the_keyboard(qtbot, shown: TextPanel):
    shown.focus_search()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert pane(shown).hasFocus()
    assert shown.jaxpr.search.isHidden()


# --- StableHLO


def lowered(title: str = "model"):
    return lowered_of(
        partial(Called.__call__, _model()), (np.zeros(2, np.float32),), {}, title=title
    )


@pytest.fixture
def asked(shown: TextPanel, session: Session, engine) -> TextPanel:
    """The panel after the user asked for the StableHLO."""
    show_model(session, make_tree())
    session._model_worker = engine.worker
    shown.show_lowered()
    return shown


def test_it_is_lowered_when_it_is_asked_for(asked: TextPanel, engine):
    assert asked.lowered.stack.state == "working"
    assert isinstance(engine.worker.asked[-1], Lower)


def test_the_program_is_shown_with_its_sources(qtbot, asked: TextPanel, session: Session, engine):
    engine.worker.answer(lowered())
    qtbot.waitUntil(lambda: asked.lowered.stack.state == "filled")
    click(qtbot, asked, line_with(asked, "stablehlo.dot_general"))
    assert session.selection.kind == "source"
    assert session.selection.file.endswith("drawn.py")
    assert asked.lowered.pane.look.related


def test_a_selected_equation_marks_the_lines_of_its_source(
    qtbot, asked: TextPanel, session: Session, engine
):
    engine.worker.answer(lowered())
    qtbot.waitUntil(lambda: asked.lowered.stack.state == "filled")
    session.select(Selection(kind="equation", graph="model", equation=0))
    assert asked.lowered.pane.look.related


def test_lowering_can_be_cancelled(asked: TextPanel, session: Session):
    asked.lowered.stack.cancelled.emit()
    assert asked.lowered.stack.state == "empty"


def test_a_problem_stands_in_its_place(asked: TextPanel, engine):
    engine.worker.answer(Problem("draw-failed", Severity.ERROR, "model raised", "why", "fix"))
    assert asked.lowered.stack.state == "failed"
    asked.lowered.stack.retried.emit()
    assert asked.lowered.stack.state == "working"


def test_a_new_graph_is_not_lowered_yet(qtbot, asked: TextPanel, session: Session, engine):
    engine.worker.answer(lowered())
    qtbot.waitUntil(lambda: asked.lowered.stack.state == "filled")
    show_graph(session, draw_step())
    assert asked.lowered.stack.state == "empty"
    assert asked.lowered.lines is None


def test_it_is_saved_to_a_file(qtbot, asked: TextPanel, engine, tmp_path):
    engine.worker.answer(lowered())
    qtbot.waitUntil(lambda: asked.lowered.stack.state == "filled")
    path = tmp_path / "model.mlir"
    asked.lowered.save(str(path))
    qtbot.waitUntil(lambda: asked.lowered.notice.text == "Saved model.mlir")
    assert path.read_text() == asked.lowered.whole()


# --- beside the graph


def test_the_text_is_remembered_to_be_shown(qtbot, session: Session, theme):
    settings = Settings(on_disk=False)
    first = BesideGraph(QWidget(), session, theme)
    qtbot.addWidget(first)
    first.use_settings(settings)
    assert first.panel is None
    first.button.click()
    assert settings[GRAPH_TEXT]
    settings[GRAPH_TEXT_SHARE] = 60
    second = BesideGraph(QWidget(), session, theme)
    qtbot.addWidget(second)
    second.use_settings(settings)
    assert second.is_shown


def test_where_there_is_no_room_beside_the_text_lies_below(qtbot, session: Session, theme):
    beside = BesideGraph(QWidget(), session, theme)
    put_on_screen(qtbot, beside, 1200, 600)
    beside.set_shown(True)
    assert beside.orientation() == Qt.Orientation.Horizontal
    beside.resize(600, 600)
    assert beside.orientation() == Qt.Orientation.Vertical
    assert beside.panel is not None
    beside.panel.closed.emit()
    assert not beside.is_shown
