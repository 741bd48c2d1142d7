"""The ledger of jitted functions."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QPushButton

from eqxviz.gui.compile import CompileView
from eqxviz.gui.settings import LEDGER_COLUMNS, Settings
from eqxviz.gui.theme import Theme
from eqxviz.records import (
    AskExecutable,
    Cause,
    CauseKind,
    CompileEvent,
    Executable,
    FunctionTotals,
    Problem,
    Severity,
)
from eqxviz.session.ledger.columns import LEDGER
from eqxviz.session.ledger.facts import selection_of
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.conftest import QuietWorker
from tests.gui.shown import names_by_tab, put_on_screen, show_run

COLUMNS = [cell.column.name for cell in LEDGER]


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> CompileView:
    return put_on_screen(qtbot, CompileView(session, theme), 1000, 600)


@pytest.fixture
def run(view: CompileView, session: Session) -> RunView:
    """A run that is shown."""
    run = show_run(session)
    view.refresh()
    return run


@pytest.fixture
def compile_again(session: Session, run: RunView) -> Callable[..., CompileEvent]:
    """Return a way to let make_step compile again, as if a worker had said so."""

    def compile_again(step: int) -> CompileEvent:
        cause = Cause(CauseKind.STATIC_VALUE, "step", str(step - 1), str(step))
        latest = run.compiles[-1].id
        event = CompileEvent(
            latest + 1, 0, 50 + step, 0, 3.0 + step / 10, 0.01, 0.01, 0.04, 0.0, "/x/train.py", 50,
            nearest=0, causes=(cause,),
        )  # fmt: skip
        run.add(event)
        session.compiled.emit(event)
        return event

    return compile_again


def row(view: CompileView, r: int) -> dict[str, str]:
    return {name: view.model.index(r, c).data() for c, name in enumerate(COLUMNS)}


def alarm(session: Session, run: RunView) -> Problem:
    problem = Problem(
        "EQX110", Severity.WARNING, "make_step compiles anew on nearly every call",
        "why", "fix", "/x/train.py", 50, function=0,
    )  # fmt: skip
    run.add(problem)
    session.report(problem)
    return problem


def test_without_a_run_the_view_says_what_it_is_for(view: CompileView):
    assert view.stack.state == "empty"


def test_each_function_is_a_row_with_its_times(view: CompileView, run: RunView):
    shown = row(view, 0)
    assert shown["name"] == "make_step"
    assert (shown["calls"], shown["compiles"], shown["stage_seconds"]) == ("300", "1 ×", "770 ms")
    assert (shown["trace_seconds"], shown["compile_seconds"]) == ("120 ms", "600 ms")
    assert (shown["later_median"], shown["later_worst"]) == ("8.00 ms", "30.0 ms")
    assert (shown["where"], shown["flavour"]) == ("train.py:12", "eqxcore.filter_jit")
    assert row(view, 1)["later_median"] == "–"  # it was called once


def test_the_users_own_functions_come_first(view: CompileView, session: Session, run: RunView):
    run.add(
        FunctionTotals(
            np.array([0, 1], np.int32),
            np.array([1, 99]),
            np.array([0.1, 50.0]),
            np.array([1, 1]),
            np.array([0.1, 0.1]),
            np.array([np.nan, 0.5]),
            np.array([np.nan, 1.0]),
        )
    )
    view.refresh()
    assert [row(view, r)["name"] for r in range(2)] == ["make_step", "_normal"]


def test_the_summary_says_how_much_of_the_run_was_compiling(view: CompileView, run: RunView):
    assert view.summary.text() == "1.02 s of this 6.00 s run were compiling, in 2 compilations"


def test_the_summary_is_whole_in_a_narrow_view(view: CompileView, run: RunView):
    nothing = np.array([], np.int32), *[np.array([])] * 6
    run.add(FunctionTotals(*nothing, outside_compiles=19, outside_seconds=1.07))
    view.refresh()
    view.resize(420, 600)
    summary = view.summary
    assert summary.text().endswith("outside of calls of jitted functions")
    assert summary.width() <= view.width()
    assert (
        summary.height()
        >= summary.heightForWidth(summary.width())
        >= summary.fontMetrics().height() * 2
    )


def test_a_row_and_the_windows_selection_follow_each_other(
    view: CompileView, session: Session, run: RunView
):
    view.table.selectRow(1)
    assert session.selection == Selection(kind="function", function=1)
    session.select(Selection(kind="function", function=0))
    assert view.table.currentIndex().row() == 0


def test_a_function_unfolds_into_its_compilations(view: CompileView, compile_again, run: RunView):
    compile_again(1)
    compile_again(2)
    view.refresh()
    texts = [view.events.cells.index(r, 0).data() for r in range(view.events.cells.n_rows())]
    assert texts == ["first compilation", "step: static value 0 → 1", "step: static value 1 → 2"]


def test_a_compilation_says_why_it_was_made_and_leads_to_the_line_and_the_earlier_one(
    view: CompileView, session: Session, compile_again
):
    event = compile_again(1)
    session.select(selection_of(event))
    view.refresh()
    why = view.why.why
    assert why is not None
    assert why.title == "make_step, call 51"
    assert why.told[0].sentence == "`step` is static, and changed from 0 to 1"
    links = {each.text(): each for each in view.why.findChildren(QPushButton)}
    links["The call at train.py:50"].click()
    assert session.selection == Selection(kind="source", file="/x/train.py", line=50)
    links["The earlier one, call 1"].click()
    assert session.selection == Selection(kind="compile", function=0, compile=0)
    assert view.events.current == 0


def test_a_click_on_a_bar_selects_its_compilation(qtbot, view: CompileView, session: Session, run):
    box = view.time_line.bar(1)
    at = box.center().toPoint()
    qtbot.mouseMove(view.time_line, at)
    qtbot.mouseClick(view.time_line, Qt.MouseButton.LeftButton, pos=at)
    assert session.selection == Selection(kind="compile", function=1, compile=1)
    assert view.table.current == 1
    assert view.events.current == 1


def test_the_time_line_is_walked_and_zoomed_by_keys(
    qtbot, view: CompileView, session: Session, run
):
    view.time_line.setFocus()
    qtbot.keyClick(view.time_line, Qt.Key.Key_Right)
    assert session.selection.compile == 0
    qtbot.keyClick(view.time_line, Qt.Key.Key_Right)
    assert session.selection.compile == 1
    qtbot.keyClick(view.time_line, Qt.Key.Key_Plus)
    assert view.time_line.timeline.span < 6.0
    qtbot.keyClick(view.time_line, Qt.Key.Key_0)
    assert view.time_line.timeline.is_fit


def test_the_wheel_zooms_and_dragging_moves_the_time_line(qtbot, view: CompileView, run):
    strip = view.time_line
    strip.timeline.zoom(4, 3.0)
    begin = strip.timeline.begin
    middle = QPoint(strip.width() // 2, 10)
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(strip, middle - QPoint(60, 0))
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=middle - QPoint(60, 0))
    assert strip.timeline.begin > begin
    qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=middle)
    assert strip.timeline.is_fit


def test_the_card_over_a_bar_says_what_is_known(qtbot, view: CompileView, run: RunView):
    at = view.time_line.bar(0).center()
    view.time_line._hover(view.time_line._event_at(QPointF(at)))
    assert view.time_line._card.isVisible()
    view.time_line._hover(-1)
    assert not view.time_line._card.isVisible()


def test_a_function_that_compiles_at_every_step_is_marked_and_counted(
    qtbot, view: CompileView, session: Session, run: RunView
):
    with qtbot.waitSignal(view.alarms_counted, check_params_cb=lambda n: n == 1):
        problem = alarm(session, run)
    view.refresh()
    name = view.model.index(0, 0)
    assert name.data(Qt.ItemDataRole.DecorationRole) is not None
    assert "nearly every call" in name.data(Qt.ItemDataRole.AccessibleTextRole)
    assert view.alarm.isVisible()
    assert view.alarm.text == problem.title
    session.dismiss(problem)
    view.refresh()
    assert view.n_alarms == 0
    assert not view.alarm.isVisible()
    assert view.model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None


def test_beside_a_marked_function_all_names_stand_in_one_line(
    view: CompileView, session: Session, run: RunView
):
    alarm(session, run)
    view.refresh()
    size = QSize(16, 16)
    icons = [
        view.model.index(r, 0).data(Qt.ItemDataRole.DecorationRole)
        for r in range(view.model.n_rows())
    ]
    assert len(icons) > 1
    assert {icon.actualSize(size).width() for icon in icons} == {16}
    pictures = [icon.pixmap(size).toImage() for icon in icons]
    assert [bool(image.allGray()) for image in pictures] == [False, *[True] * (len(icons) - 1)]


def test_memory_and_flops_are_asked_for_what_is_selected(
    view: CompileView, session: Session, run: RunView
):
    worker = QuietWorker()
    session._run_worker = worker  # type: ignore[assignment]  # it answers when it is told to
    session.select(Selection(kind="function", function=0))
    assert worker.asked == [AskExecutable(0)]
    worker.answer(Executable(0, 2048, 828, 17_200, 0, -1, 56_500.0))
    view.refresh()
    assert row(view, 0)["temp_bytes"] == "17.2 kB"
    assert row(view, 0)["flops"] == "56.5 kFLOPs"
    assert view.why.why is not None
    assert "Temporary" in [fact.name for fact in view.why.why.facts]


def test_a_click_on_a_head_sorts_and_what_is_current_stays_so(
    view: CompileView, session: Session, compile_again
):
    events = [compile_again(step) for step in range(1, 5)]
    session.select(selection_of(events[2]))
    view.refresh()
    view.events.sort_by("call", True)
    calls = [event.call for event in view.events.cells.rows]
    assert calls == sorted(calls, reverse=True)
    assert view.events.current == events[2].id
    assert session.selection == selection_of(events[2])
    view.events.sort_by("", False)
    assert view.events.cells.rows[0].id == 0


def test_the_columns_that_are_chosen_are_remembered(qtbot, session: Session, theme: Theme, view):
    settings = Settings(on_disk=False)
    view.use_settings(settings)
    view.table.header.show_column("temp_bytes", True)
    view.table.header.show_column("calls", False)
    kept = [text.partition(":")[0] for text in settings[LEDGER_COLUMNS]]
    assert "temp_bytes" in kept
    assert "calls" not in kept
    another = put_on_screen(qtbot, CompileView(session, theme), 1000, 600)
    another.use_settings(settings)
    assert another.table.header.columns() == view.table.header.columns()


def test_thousands_of_compilations_of_a_live_run_keep_the_selected_one(
    view: CompileView, session: Session, compile_again
):
    first = compile_again(1)
    session.select(selection_of(first))
    for step in range(2, 3000):
        compile_again(step)
    view.refresh()
    assert view.events.cells.n_rows() == 3000
    assert view.events.current == first.id
    assert row(view, 0)["compiles"] == "3,000 ×"


def test_what_arrives_while_the_view_is_hidden_is_there_when_it_is_shown(
    view: CompileView, compile_again
):
    view.hide()
    compile_again(1)
    assert view.events.cells.n_rows() == 1
    view.show()
    assert view.events.cells.n_rows() == 2


def test_another_run_takes_the_place_of_the_one_before(
    view: CompileView, session: Session, compile_again
):
    session.select(selection_of(compile_again(1)))
    session.run = None
    view.refresh()
    assert view.stack.state == "empty"
    show_run(session)
    view.refresh()
    assert view.events.cells.n_rows() == 1
    assert view.stack.state == "filled"


def test_a_double_click_draws_the_function_or_shows_the_line(
    view: CompileView, session: Session, run: RunView, monkeypatch: pytest.MonkeyPatch
):
    drawn: list[int] = []
    monkeypatch.setattr(session, "draw_function", drawn.append)
    view.table.row_opened.disconnect()
    view.table.row_opened.connect(session.draw_function)
    view.table.activated.emit(view.model.index(1, 0))
    assert drawn == [1]
    view.events.activated.emit(view.events.cells.index(0, 0))
    assert session.selection == Selection(kind="source", file="/x/train.py", line=50)


def test_a_row_is_copied_as_it_is_shown(qtbot, view: CompileView, run: RunView):
    view.table.selectRow(0)
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text().split("\t")
    assert copied[:4] == ["make_step", "300", "1 ×", "770 ms"]
    assert copied[-1] == "train.py:12"


def test_tab_goes_through_the_view_as_the_eye_does(view: CompileView, run: RunView):
    assert names_by_tab(view) == [
        *("Jitted functions", "Compilations of the function", "Why it was compiled"),
        *("Its code at train.py:12", "Its graph", "Time line of compilations"),
    ]


def test_the_models_behave_as_qt_expects_of_tables(
    view: CompileView, session: Session, compile_again
):
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [
        QAbstractItemModelTester(model, mode, view) for model in (view.model, view.events.cells)
    ]
    compile_again(1)
    view.refresh()
    view.events.sort_by("total", True)
    compile_again(2)
    view.refresh()
    assert [tester.model().rowCount() for tester in testers] == [2, 3]


def test_a_theme_that_changes_is_drawn(view: CompileView, theme: Theme, run: RunView):
    run.status = replace(run.status, elapsed_seconds=8.0)
    before = view.time_line.grab().toImage()
    theme.set_mode("dark" if not theme.is_dark else "light")
    assert view.time_line.grab().toImage() != before


def test_the_summary_keeps_its_distance_from_the_edge_in_another_theme(
    view: CompileView, run: RunView, theme: Theme, qapp
):
    for mode in ("dark", "light"):
        theme.set_mode(mode)
        theme.apply(qapp)
        QApplication.processEvents()
    summary = view.summary
    assert summary.mapTo(view, summary.contentsRect().topLeft()).x() >= 12
