"""What a script prints."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.output_view import OutputView
from eqxviz.records import RunState
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> OutputView:
    made = put_on_screen(qtbot, OutputView(session, theme), 500, 200)
    session.run = RunView("/x/train.py", (), "", None)
    session.run_changed.emit()
    return made


def say(qtbot, view: OutputView, session: Session, *texts: str) -> str:
    for text in texts:
        session.run.add_output(text)
        session.output_arrived.emit(text)
    qtbot.waitUntil(lambda: not view._flush_timer.isActive())
    return view.text.toPlainText()


def test_before_anything_is_printed_it_says_so(view: OutputView):
    assert view.stack.state == "empty"


def test_of_a_script_that_has_ended_without_a_word_none_are_announced(
    view: OutputView, session: Session
):
    said = [label.text() for label in view.stack.findChildren(QLabel)]
    assert "No output yet" in said
    session.run.add(replace(session.run.status, state=RunState.FINISHED))
    session.run_changed.emit()
    said = [label.text() for label in view.stack.findChildren(QLabel)]
    assert "train.py printed nothing." in said
    session.run = RunView("/x/train.py", (), "", None)
    session.run_changed.emit()
    said = [label.text() for label in view.stack.findChildren(QLabel)]
    assert "No output yet" in said


def test_lines_arrive_in_pieces(qtbot, view: OutputView, session: Session):
    assert say(qtbot, view, session, "step", " 1\nst", "ep 2\n") == "step 1\nstep 2\n"
    assert view.stack.state == "filled"


def test_a_progress_bar_stays_one_line(qtbot, view: OutputView, session: Session):
    text = say(qtbot, view, session, "begin\n", " 10%\r", " 50%\r", "100%", "\rdone\nnext\n")
    assert text == "begin\ndone\nnext\n"


def test_bars_within_bars_stay_a_line_each(qtbot, view: OutputView, session: Session):
    outer, inner = "\repoch {0}/2", "\n\rbatch {0}/2\x1b[A"
    said = [outer.format(0)]
    for epoch in range(2):
        said += [inner.format(batch) for batch in range(3)]
        said.append(outer.format(epoch + 1))
    text = say(qtbot, view, session, "begin\n", *said, "\n\r\x1b[A\n\ndone\n")
    assert text == "begin\nepoch 2/2\nbatch 2/2\ndone\n"


def test_going_up_beyond_the_first_line_stays_there(qtbot, view: OutputView, session: Session):
    assert say(qtbot, view, session, "a\nb\x1b[9A", "\rc\n", "\x1b[A\rd\n\n", "e\n") == "d\nb\ne\n"


def test_a_windows_line_end_is_a_line_end(qtbot, view: OutputView, session: Session):
    assert say(qtbot, view, session, "a\r\nb\r\n") == "a\nb\n"


def test_colours_of_a_terminal_are_left_out(qtbot, view: OutputView, session: Session):
    assert say(qtbot, view, session, "\x1b[31mred\x1b[0m\n") == "red\n"


def test_it_stays_at_the_end_unless_one_looks_elsewhere(qtbot, view: OutputView, session: Session):
    bar = view.text.verticalScrollBar()
    say(qtbot, view, session, "line\n" * 100)
    assert bar.value() == bar.maximum()
    bar.setValue(10)
    say(qtbot, view, session, "more\n" * 10)
    assert bar.value() == 10


def test_it_stays_at_the_end_in_another_height(qtbot, view: OutputView, session: Session):
    bar = view.text.verticalScrollBar()
    say(qtbot, view, session, "line\n" * 100)
    for height in (120, 300, 90):
        view.resize(500, height)
        QApplication.processEvents()
        say(qtbot, view, session, "more\n")
        assert bar.value() == bar.maximum()
    bar.setValue(10)
    view.resize(500, 200)
    QApplication.processEvents()
    assert bar.value() == 10


def test_another_run_begins_with_an_empty_page(qtbot, view: OutputView, session: Session):
    say(qtbot, view, session, "old\n")
    session.run = RunView("/x/other.py", (), "", None)
    session.run_changed.emit()
    assert view.text.toPlainText() == ""
    assert view.stack.state == "empty"


def test_the_keyboard_stays_in_the_output_when_its_input_line_goes(
    qtbot, view: OutputView, session: Session
):
    say(qtbot, view, session, "one\n")
    view.input_line.setFocus()
    run = session.run
    run.add(replace(run.status, state=RunState.FINISHED))
    session.run_changed.emit()
    assert view.input_line.isHidden()
    assert view.text.hasFocus()


def test_search_walks_from_the_end(qtbot, view: OutputView, session: Session):
    say(qtbot, view, session, "loss 1\nother\nloss 2\n")
    view.focus_search()
    view.search_bar.set_text("loss")
    view.search("loss")
    assert view.text.textCursor().blockNumber() == 2
    view.search_next(-1)
    assert view.text.textCursor().blockNumber() == 0
    view.search_next(-1)
    assert view.text.textCursor().blockNumber() == 2
    with qtbot.waitSignal(view.search_bar.searched):
        pass
