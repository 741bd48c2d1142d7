"""Stops beside the lines of a source file."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt

from eqxviz.gui.debug import LineStops
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import CodePane
from eqxviz.records import Frame, HaltKind
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen
from tests.session.debugging.stand_in import PausedScript, pause

TEXT = "import math\n\n# words\n\ndef f(x):\n    y = math.sin(x)\n    return y\n\nf(3)\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "script.py"
    path.write_text(TEXT)
    return str(path)


@pytest.fixture
def code(qtbot, theme: Theme) -> CodePane:
    pane = CodePane(theme, None)
    pane.set_source(TEXT)
    return put_on_screen(qtbot, pane, 500, 300)


@pytest.fixture
def stops(code: CodePane, session: Session, worker: PausedScript, file: str) -> LineStops:
    made = LineStops(session, code)
    made.show_file(file)
    return made


def click(qtbot, code: CodePane, line: int) -> None:
    block = code.document().findBlockByNumber(line - 1)
    box = code.blockBoundingGeometry(block).translated(code.contentOffset())
    at = QPoint(6, round(box.center().y()))
    qtbot.mouseClick(code._numbers, Qt.MouseButton.LeftButton, pos=at)


def lines(session: Session, file: str) -> list[int]:
    return list(session.debugging.stops.lines_of(file))


def test_a_click_in_the_margin_sets_a_stop_and_another_takes_it_away(
    qtbot, code, stops, session, file
):
    click(qtbot, code, 6)
    assert lines(session, file) == [6]
    assert code.mark_at(6) == "Stop"
    click(qtbot, code, 6)
    assert lines(session, file) == []


def test_a_line_without_code_marks_where_the_stop_went(qtbot, code, stops, session, file):
    click(qtbot, code, 3)
    assert lines(session, file) == [5]
    assert code.mark_at(5) == "Stop"
    click(qtbot, code, 10)  # there is none below
    assert lines(session, file) == [5]


def test_a_disabled_stop_and_a_condition_are_told_in_words(code, stops, session, file):
    made = session.debugging.of_script.add_words(f"{file}:6 if x > 2")
    assert code.mark_at(6) == "Stop if x > 2"
    session.debugging.stops.enable(made.id, False)
    assert code.mark_at(6) == "Stop if x > 2 (disabled)"
    code.grab()


def test_the_line_of_the_pause_and_of_the_chosen_frame_are_marked(
    code, stops, session, worker, file
):
    worker.frames = (Frame(file, 6, "f", "", True), Frame(file, 9, "<module>", "", True))
    pause(session, HaltKind.LINE)
    assert code.mark_at(6) == "The script is paused here"
    assert code.mark_at(9) == ""
    session.debugging.frames.choose(1)
    assert code.mark_at(9) == "The chosen frame is here"
    assert len(code.extraSelections()) == 2
    code.grab()


def test_what_can_be_done_with_a_line_is_in_its_menu(qtbot, code, stops, session, file):
    menu = stops.menu(6)
    assert [a.text().split("\t")[0] for a in menu.actions()] == ["Stop here", "Stop here if…"]
    menu.deleteLater()
    with qtbot.waitSignal(stops.condition_wanted):
        stops.ask_condition(6)
    assert session.selection == Selection(kind="source", file=file, line=6)


def test_text_of_the_past_has_no_margin(code, stops):
    assert code.margin_width() > 0
    stops.show_file("")
    assert code.margin_width() == 0
