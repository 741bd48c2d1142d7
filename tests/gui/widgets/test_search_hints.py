"""What can be typed is offered while one types, and taken by keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import SearchBar
from eqxviz.gui.widgets.search_hints import SearchHints

HINTS = (("dtype:bf16", "Arrays of a dtype"), ("device:cpu", "A device"), ("size>1e6", "Large"))


@pytest.fixture
def bar(qtbot, theme: Theme) -> SearchBar:
    made = SearchBar(theme, "Search", hints=HINTS)
    qtbot.addWidget(made)
    made.show()
    return made


def line_of(bar: SearchBar) -> tuple[QLineEdit, SearchHints]:
    line = bar.line
    return line, line.hints


def test_a_word_that_begins_a_hint_opens_the_list_and_escape_closes_only_it(qtbot, bar: SearchBar):
    line, hints = line_of(bar)
    qtbot.keyClicks(line, "-dt")
    assert hints.is_open
    assert hints.currentCompletion() == "dtype:"
    qtbot.keyClick(hints.list, Qt.Key.Key_Escape)
    assert not hints.is_open
    assert bar.text == "-dt"


def test_the_marked_row_takes_the_place_of_the_word(qtbot, bar: SearchBar):
    line, hints = line_of(bar)
    qtbot.keyClicks(line, "weight -de")
    qtbot.keyClick(hints.list, Qt.Key.Key_Down)
    qtbot.keyClick(hints.list, Qt.Key.Key_Return)
    assert bar.text == "weight -device:"
    assert line.cursorPosition() == len(bar.text)


def test_return_without_a_marked_row_searches(qtbot, bar: SearchBar):
    line, hints = line_of(bar)
    steps: list[int] = []
    bar.stepped.connect(steps.append)
    qtbot.keyClicks(line, "si")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert steps == [1]
    assert not hints.is_open


def test_down_offers_everything_in_an_empty_line(qtbot, bar: SearchBar):
    line, hints = line_of(bar)
    qtbot.keyClick(line, Qt.Key.Key_Down)
    assert hints.is_open
    assert hints.completionCount() == len(HINTS)
    hints.close()


def test_what_no_hint_begins_opens_nothing(qtbot, bar: SearchBar):
    line, hints = line_of(bar)
    qtbot.keyClicks(line, "weight")
    qtbot.keyClick(line, Qt.Key.Key_Down)
    assert not hints.is_open


def test_a_problem_of_the_text_stands_below_the_line(qtbot, bar: SearchBar):
    bar.set_problem("size> needs a number")
    assert bar.problem == "size> needs a number"
    bar.set_text("")
    with qtbot.waitSignal(bar.searched):
        line_of(bar)[0].setText("x")
        line_of(bar)[0].setText("")
    assert bar.problem == ""
