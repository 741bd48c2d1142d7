"""Source files beside the selection."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.highlighter import _spans
from eqxviz.gui.window.source_view import SourceView
from eqxviz.records import RunDescription
from eqxviz.session.graphs import GraphTab
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource
from tests.gui.shown import put_on_screen
from tests.layout.made_graphs import GraphMaker


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> SourceView:
    return put_on_screen(qtbot, SourceView(session, theme), 600, 300)


def select_line(session: Session, file: str, line: int) -> None:
    session.select(Selection(kind="source", file=file, line=line))


def test_without_a_file_it_says_what_it_is_for(view: SourceView):
    assert view.stack.state == "empty"


def test_the_line_of_the_selection_is_marked(view: SourceView, session: Session, script: str):
    select_line(session, script, 6)
    assert view.file == script
    assert view.code.marked_line == 6
    select_line(session, script, 1)
    assert view.code.marked_line == 1


def test_the_open_file_is_shown_at_first(view: SourceView, session: Session, script: str):
    session.source = ModelSource.of(script)
    session.model_changed.emit()
    assert view.file == script
    assert view.code.marked_line == 0


def test_a_marked_line_is_brought_into_view(view: SourceView, session: Session, tmp_path):
    path = tmp_path / "long.py"
    path.write_text("".join(f"x{i} = {i}\n" for i in range(500)))
    select_line(session, str(path), 400)
    block = view.code.document().findBlockByNumber(399)
    box = view.code.blockBoundingGeometry(block).translated(view.code.contentOffset())
    assert 0 <= box.top() < view.code.viewport().height()


def middle_third(view: SourceView, line: int) -> bool:
    """Whether a line stands in the middle third of what is seen."""
    block = view.code.document().findBlockByNumber(line - 1)
    box = view.code.blockBoundingGeometry(block).translated(view.code.contentOffset())
    height = view.code.viewport().height()
    return height / 3 <= box.center().y() <= height * 2 / 3


def test_a_line_at_the_edge_of_what_is_seen_comes_to_the_middle(
    view: SourceView, session: Session, tmp_path
):
    path = tmp_path / "long.py"
    path.write_text("".join(f"x{i} = {i}\n" for i in range(500)))
    select_line(session, str(path), 400)
    assert middle_third(view, 400)
    view.code.verticalScrollBar().setValue(199)  # the line at the top is line 200
    select_line(session, str(path), 200)
    assert middle_third(view, 200)


def test_a_marked_line_stays_in_the_middle_when_the_view_gets_another_size(
    qtbot, view: SourceView, session: Session, tmp_path
):
    path = tmp_path / "long.py"
    path.write_text("".join(f"x{i} = {i}\n" for i in range(500)))
    view.resize(600, 80)
    select_line(session, str(path), 250)
    view.resize(600, 500)
    qtbot.waitUntil(lambda: view.code.height() > 300)
    assert middle_third(view, 250)
    view.code.verticalScrollBar().setValue(20)  # the user looks elsewhere, and stays there
    view.resize(600, 400)
    qtbot.waitUntil(lambda: view.code.height() < 400)
    assert view.code.firstVisibleBlock().blockNumber() == 20


def test_a_click_selects_the_line(qtbot, view: SourceView, session: Session, script: str):
    select_line(session, script, 1)
    block = view.code.document().findBlockByNumber(5)
    where = view.code.cursorRect(QTextCursor(block)).center() + QPoint(8, 0)
    qtbot.mouseClick(view.code.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.selection == Selection(kind="source", file=script, line=6)


def test_a_file_that_changed_is_read_again(view: SourceView, session: Session, tmp_path):
    import os

    path = tmp_path / "a.py"
    path.write_text("a = 1\n")
    select_line(session, str(path), 1)
    path.write_text("b = 2\nc = 3\n")
    os.utime(path, ns=(1, 1))
    select_line(session, str(path), 2)
    assert view.code.toPlainText() == "b = 2\nc = 3\n"


def test_a_file_that_is_gone_leaves_what_was_there(view: SourceView, session: Session, script: str):
    select_line(session, script, 2)
    select_line(session, "/nowhere/at/all.py", 3)
    assert view.file == script
    assert view.code.marked_line == 0


def test_a_string_over_several_lines_is_coloured_on_each():
    spans = _spans('x = """one\ntwo"""\n# three\n')
    assert [role for line in spans for *_, role in line] == [
        "syntax.string",
        "syntax.string",
        "syntax.string",
        "syntax.comment",
    ] or {role for line in spans for *_, role in line} == {"syntax.string", "syntax.comment"}
    assert spans[1][0][:2] == (0, 3)


def test_search_finds_and_wraps(qtbot, view: SourceView, session: Session, script: str):
    select_line(session, script, 1)
    view.focus_search()
    view.search_bar.set_text("model")
    view.search("model")
    assert view.code.textCursor().selectedText().lower() == "model"
    view.search_next(1)
    with qtbot.waitSignal(view.search_bar.searched):
        pass


def test_lines_that_made_equations_have_a_note(view: SourceView, session: Session, script: str):
    made = GraphMaker("f")
    x = made.argument("x")
    made.equation("add", [x], source=(script, 6, "f"), flops=3.0, n_bytes=8.0)
    tab = GraphTab("model", "f")
    tab.fill(made.graph())
    select_line(session, script, 1)
    width = view.code.numbers_width()
    session.graphs.append(tab)
    session.current_graph = 0
    session.graphs_changed.emit()
    assert view.code.note_at(6) == "1 equation, 100 % of the FLOPs"
    assert view.code.note_at(1) == ""
    assert view.code.numbers_width() > width


def test_the_line_that_keys_go_to_is_selected(qtbot, view: SourceView, session: Session, script):
    select_line(session, script, 1)
    qtbot.keyClick(view.code, Qt.Key.Key_Down)
    assert session.selection == Selection(kind="source", file=script, line=2)


def test_the_script_of_a_past_run_is_shown_as_it_was(
    view: SourceView, session: Session, script: str
):
    now = Path(script).read_text()
    then = RunView(script, (), "", None)
    then.add(
        RunDescription(
            script, (), "/", "", (), (), "", (), "# as it was\n" + now, "", "", "", 0.0
        )
    )  # fmt: skip
    session.show_kept(then)
    assert view.code.toPlainText() == "# as it was\n" + now
    assert view._name.text.endswith("as it was when the run began; the file has changed since")
    session.detach_run()
    select_line(session, script, 1)
    assert view.code.toPlainText() == now
    assert view._name.text == script
