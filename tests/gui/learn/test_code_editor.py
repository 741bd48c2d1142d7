"""The editor of a script."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QWidget

from eqxviz.gui.learn.code_editor import CodeEditor
from eqxviz.gui.theme import Theme

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def editor(qtbot, theme: Theme) -> Iterator[CodeEditor]:
    holder = QWidget()
    qtbot.addWidget(holder)
    made = CodeEditor(theme, holder)
    made.resize(400, 300)
    holder.show()
    yield made
    holder.hide()


def write(editor: CodeEditor, text: str, at: str) -> None:
    """Show `text`, with the cursor behind the first `at` in it."""
    editor.set_source(text)
    cursor = editor.textCursor()
    cursor.setPosition(text.index(at) + len(at))
    editor.setTextCursor(cursor)


@pytest.mark.parametrize(
    ("before", "n_spaces"), [("", 4), ("x", 3), ("    ", 4), ("      ", 2), ("abcd", 4)]
)
def test_tab_goes_to_the_next_fourth_column_with_spaces(qtbot, editor, before, n_spaces):
    write(editor, before, before)
    qtbot.keyClick(editor, Key.Key_Tab)
    assert editor.toPlainText() == before + " " * n_spaces


@pytest.mark.parametrize(
    ("line", "indent"),
    [
        ("x = 1", ""),
        ("    x = 1", "    "),
        ("def f(x):", "    "),
        ("    if x:  # why", "        "),
        ("    return x", ""),
        ("    returned = x", "    "),
        ("pass", ""),
    ],
)
def test_a_new_line_begins_where_its_code_does(qtbot, editor, line, indent):
    write(editor, line, line)
    qtbot.keyClick(editor, Key.Key_Return)
    assert editor.toPlainText() == f"{line}\n{indent}"


def test_one_undo_takes_a_line_and_its_indentation_back(qtbot, editor):
    write(editor, "def f():", "def f():")
    qtbot.keyClick(editor, Key.Key_Return)
    editor.undo()
    assert editor.toPlainText() == "def f():"


@pytest.mark.parametrize(
    ("before", "after"), [("        ", "    "), ("      ", "    "), ("    ", ""), ("  x ", "  x")]
)
def test_backspace_removes_an_indentation_whole(qtbot, editor, before, after):
    write(editor, before, before)
    qtbot.keyClick(editor, Key.Key_Backspace)
    assert editor.toPlainText() == after


def test_tab_moves_the_selected_lines_and_leaves_empty_ones(qtbot, editor):
    write(editor, "a\n\nb\nc", "")
    cursor = editor.textCursor()
    cursor.setPosition(4, QTextCursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)
    qtbot.keyClick(editor, Key.Key_Tab)
    assert editor.toPlainText() == "    a\n\n    b\nc"


def test_shift_and_tab_move_a_line_back(qtbot, editor):
    write(editor, "      a", "a")
    for expected in ("  a", "a", "a"):
        qtbot.keyClick(editor, Key.Key_Backtab, Modifier.ShiftModifier)
        assert editor.toPlainText() == expected


def test_home_goes_to_the_code_and_then_to_the_edge(qtbot, editor):
    write(editor, "    x = 1", "= 1")
    for column in (4, 0, 4):
        qtbot.keyClick(editor, Key.Key_Home)
        assert editor.textCursor().positionInBlock() == column


def test_escape_leaves(qtbot, editor):
    with qtbot.waitSignal(editor.left):
        qtbot.keyClick(editor, Key.Key_Escape)


def test_what_is_typed_is_told_and_coloured(qtbot, editor):
    editor.set_source("x = 1\n")
    with qtbot.waitSignal(editor.edited):
        qtbot.keyClicks(editor, "import y  # ")
    colours = editor.document().firstBlock().layout().formats()
    assert colours[0].length == len("import")


def test_showing_another_script_is_no_edit(qtbot, editor):
    with qtbot.assertNotEmitted(editor.edited):
        editor.set_source("y = 2\n")
        editor.mark_failed(1)
    assert not editor.document().isUndoAvailable()


def test_a_text_put_in_its_place_is_one_edit(qtbot, editor):
    editor.set_source("mine\n")
    with qtbot.waitSignal(editor.edited):
        editor.replace_source("the solution\n")
    editor.undo()
    assert editor.toPlainText() == "mine\n"


def test_the_mark_of_a_mistake_goes_with_the_next_edit(qtbot, editor):
    editor.set_source("a\nb\nc\n")
    editor.mark_failed(2)
    assert [s.cursor.blockNumber() for s in editor.extraSelections()] == [1]
    qtbot.keyClicks(editor, "x")
    assert editor.failed_line == 0
    assert editor.extraSelections() == []


def test_a_mistake_far_below_is_brought_into_view_and_the_cursor_stays(qtbot, editor):
    editor.set_source("\n" * 200)
    editor.mark_failed(150)
    top = editor.firstVisibleBlock().blockNumber()
    assert top < 149 < top + 20
    assert editor.textCursor().blockNumber() == 0
