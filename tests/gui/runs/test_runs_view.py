"""The table of the runs that were kept."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from eqxviz.gui.bridge import Bridge
from eqxviz.gui.runs import RunsView
from eqxviz.gui.settings import RUNS_COLUMNS, Settings
from eqxviz.gui.theme import Theme
from eqxviz.records import RunState
from eqxviz.session.runs.columns import RUNS
from eqxviz.session.session import Session
from eqxviz.store.archive import write_archive
from tests.gui.conftest import QuietEngine
from tests.gui.shown import names_by_tab, put_on_screen
from tests.session.runs.made_runs import SCRIPT, make_run

COLUMNS = [cell.column.name for cell in RUNS]
ROWS = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


@pytest.fixture
def folder(tmp_path: Path, engine: QuietEngine) -> Path:
    """Three runs, b the failed one."""
    make_run(tmp_path, "a", {"loss": [3.0, 1.0]}, argv=["--lr", "0.1"])
    make_run(tmp_path, "b", {"loss": [2.0]}, state=RunState.FAILED, text=SCRIPT * 2)
    make_run(tmp_path, "c", {"acc": [0.5] * 10})
    engine.runs_folder = tmp_path
    return tmp_path


@pytest.fixture
def view(qtbot, folder: Path, session: Session, theme: Theme) -> RunsView:
    view = put_on_screen(qtbot, RunsView(session, theme), 1000, 700)
    qtbot.waitUntil(lambda: view.stack.state == "filled")
    return view


def ids(view: RunsView) -> list[str]:
    return [run.id for run in view.model.rows]


def cell(view: RunsView, id: str, column: str) -> str:
    index = view.model.index(view.model.row_of(id), COLUMNS.index(column))
    return str(view.model.data(index))


def select(view: RunsView, *wanted: str) -> None:
    view.table.clearSelection()
    for id in wanted:
        index = view.model.index(view.model.row_of(id), 0)
        view.table.selectionModel().select(index, ROWS)


def told(view: RunsView, qtbot) -> str:
    """Return the line above the facts, once it is about what is selected."""
    view._rest.timeout.emit()
    return view.facts.summary.text()


def test_runs_are_listed_newest_first(view: RunsView) -> None:
    assert view.stack.state == "filled"
    assert ids(view) == ["c", "b", "a"]
    assert cell(view, "b", "state") == "✗ failed"
    assert cell(view, "a", "value") == "loss  1"
    QAbstractItemModelTester(view.model)


def test_without_runs_the_view_says_what_it_is_for(
    qtbot, session: Session, engine: QuietEngine, theme: Theme, tmp_path: Path
) -> None:
    engine.runs_folder = tmp_path
    view = put_on_screen(qtbot, RunsView(session, theme), 600, 400)
    assert view.stack.state == "empty"
    make_run(tmp_path, "a")
    session.runs.refresh()
    assert view.stack.state == "filled"


def test_search_finds_and_says_what_is_wrong(view: RunsView) -> None:
    view.search.searched.emit("loss<1.5")
    assert ids(view) == ["a"]
    view.search.searched.emit("date:soon")
    assert "no date" in view.search.problem
    view.search.searched.emit("")
    assert len(ids(view)) == 3


def test_head_sorts(view: RunsView) -> None:
    view.table.sort_by("steps", True)
    assert ids(view) == ["c", "a", "b"]
    select(view, "a", "b")
    view.table.sort_by("name", False)
    assert sorted(view.table.selected) == ["a", "b"]


def test_columns_are_remembered(view: RunsView) -> None:
    settings = Settings(on_disk=False)
    view.use_settings(settings)
    view.table.header.show_column("commit", True)
    assert any(text.startswith("commit:") for text in settings[RUNS_COLUMNS])


def test_selected_run_is_described(view: RunsView, qtbot) -> None:
    select(view, "a")
    assert told(view, qtbot).startswith("train.py, ")
    assert view.facts.diff.toPlainText() == SCRIPT
    model = view.facts.table.model()
    QAbstractItemModelTester(model)
    texts = [str(model.data(model.index(row, 0))) for row in range(model.rowCount())]
    assert "Arguments" in texts
    assert "--lr" in texts


def test_several_selected_runs_are_compared(view: RunsView, qtbot) -> None:
    select(view, "a", "b")
    assert told(view, qtbot).endswith("differ between 2 runs")
    assert "@@" in view.facts.diff.toPlainText()
    n_differing = view.facts.table.model().rowCount()
    view.facts.all.click()
    assert view.facts.table.model().rowCount() > n_differing
    select(view)
    told(view, qtbot)
    assert not view.facts.isVisible()


def test_labels_are_written_on_the_selected_run(view: RunsView, folder: Path) -> None:
    select(view, "a")
    for field, text in (
        (view.labels.name, "baseline"),
        (view.labels.tags, "good, fast"),
        (view.labels.note, "keep this"),
    ):
        field.setFocus()
        field.clear()
        field.insert(text)
        field.editingFinished.emit()
    assert cell(view, "a", "name") == "baseline"
    assert cell(view, "a", "tags") == "good, fast"
    assert cell(view, "a", "note") == "keep this"
    select(view, "a", "b")
    assert view.labels.tags.text() == ""
    view.labels.tags.insert("both")
    view.labels.tags.editingFinished.emit()
    assert cell(view, "a", "tags") == "good, fast, both"
    assert cell(view, "b", "tags") == "both"


def test_deletion_asks_first(view: RunsView, folder: Path, qtbot) -> None:
    select(view, "a", "b")
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    assert view.question.isVisible()
    assert "Delete 2 runs" in view.question.words.text()
    qtbot.keyClick(view.question.no, Qt.Key.Key_Escape)
    assert not view.question.isVisible()
    assert len(ids(view)) == 3
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    view.question.yes.click()
    assert ids(view) == ["c"]
    assert not (folder / "a").exists()


def test_run_is_shown_as_it_was(view: RunsView, session: Session, qtbot) -> None:
    select(view, "a")
    view.table.show_current("a")
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    run = session.run
    assert run is not None
    assert run.output == "hello\n"
    assert run.status.state is RunState.FINISHED
    assert [curve.n for curve in run.series.values()] == [2]
    assert not session.can_open_call
    assert session.runs.shown_id == "a"
    icon = view.model.data(view.model.index(view.model.row_of("a"), 0), 1)
    assert icon is not None


def test_curves_are_drawn_over_each_other(view: RunsView, session: Session, qtbot) -> None:
    select(view, "a", "b", "c")
    with qtbot.waitSignal(view.curves_asked):
        view.buttons["over"].click()
    assert session.runs.shown_id == "c"  # nothing was shown: the first of them is
    assert [Path(run.folder).name for run in session.runs.overlaid] == ["b", "a"]
    assert session.runs.label(session.runs.overlaid[0]).startswith("train.py, ")
    view.acts.q["apart"].trigger()
    assert session.runs.overlaid == []


def test_points_are_exported_as_chosen(
    view: RunsView, session: Session, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = Bridge()  # the points are written in a thread
    monkeypatch.setattr(session, "later", bridge.post)
    select(view, "a", "c")
    view.buttons["export"].click()
    strip = view.export
    assert strip.curves.text() == "All curves"
    strip.curves.menu().actions()[0].setChecked(False)
    assert strip.curves.text() == "1 of 2 curves"
    target = tmp_path / "out.csv"
    strip.target.setText(str(target))
    strip.write.click()
    qtbot.waitUntil(lambda: not strip.isVisible())
    lines = target.read_text().splitlines()
    assert {line.split(",")[1] for line in lines[1:]} == {"loss"}


def test_form_changes_the_target(view: RunsView) -> None:
    select(view, "a")
    view.buttons["export"].click()
    strip = view.export
    assert strip.target.text().endswith("train.csv")
    strip.forms.setCurrentIndex(2)
    assert strip.target.text().endswith("train-tensorboard")
    strip.forms.setCurrentIndex(3)
    assert strip.target.text().endswith("train.json")
    assert not strip.curves.isVisible()
    strip.cancel.click()
    assert not strip.isVisible()


def test_whole_runs_are_exported_without_a_choice_of_curves(
    view: RunsView, session: Session, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = Bridge()
    monkeypatch.setattr(session, "later", bridge.post)
    select(view, "a", "b")
    view.acts.q["export"].trigger()
    view.export.forms.setCurrentIndex(view.export.forms.findData("archive"))
    assert view.export.curves.isHidden()
    target = tmp_path / "both.eqxrun"
    view.export.target.setText(str(target))
    view.export.write.click()
    qtbot.waitUntil(lambda: not view.export.isVisible())
    session.runs.delete(["a", "b"])
    qtbot.waitUntil(lambda: ids(view) == ["c"])
    session.runs.take_in(str(target))
    qtbot.waitUntil(lambda: sorted(ids(view)) == ["a", "b", "c"])
    assert session.runs.shown_id in ("a", "b")


def test_a_run_that_is_here_already_is_shown(
    view: RunsView, session: Session, tmp_path: Path, qtbot
) -> None:
    target = tmp_path / "one.eqxrun"
    write_archive(target, [session.runs.library.run("a")], lambda _n: None)
    said: list[str] = []
    session.runs.done.connect(said.append)
    session.runs.take_in(str(target))
    assert said == ["a is here already"]
    assert session.runs.shown_id == "a"


def test_a_file_that_holds_no_runs_is_a_problem(session: Session, view: RunsView, tmp_path: Path):
    (tmp_path / "none.eqxrun").write_text("text")
    session.runs.take_in(str(tmp_path / "none.eqxrun"))
    assert "is no archive of runs" in session.problems[-1].why
    assert not session.runs.is_opening


def test_rows_are_copied(view: RunsView, qtbot) -> None:
    select(view, "a", "b")
    view.acts.q["copy_id"].trigger()
    assert sorted(QApplication.clipboard().text().split()) == ["a", "b"]


def test_in_a_narrow_place_the_search_line_has_a_row_of_its_own(
    qtbot, view: RunsView, theme: Theme
) -> None:
    show = view.buttons["open"]

    def top(widget) -> int:
        return widget.mapTo(view, widget.rect().topLeft()).y()

    assert abs(top(show) - top(view.search.line)) <= 2
    view.search.set_problem("'x' is no number")
    QApplication.processEvents()
    problem = view.search._problem
    assert problem.palette().color(problem.foregroundRole()) == theme.color("problem")
    assert abs(top(show) - top(view.search.line)) <= 2
    view.resize(420, 600)
    qtbot.waitUntil(lambda: top(show) > top(view.search.line) + 20)
    assert view.search.line.width() > 380
    view.resize(1000, 700)
    qtbot.waitUntil(lambda: abs(top(show) - top(view.search.line)) <= 2)


def test_what_is_written_on_one_run_alone_says_so_for_several(view: RunsView) -> None:
    select(view, "a", "b")
    for field in (view.labels.name, view.labels.note):
        assert not field.isEnabled()
        assert field.placeholderText() == "of one run alone"
    select(view, "a")
    assert view.labels.name.placeholderText() == "train.py"


def test_home_and_end_go_to_the_first_and_the_last_run(qtbot, view: RunsView) -> None:
    first, *_, last = ids(view)
    qtbot.keyClick(view.table, Qt.Key.Key_End)
    assert view.table.selected == [last]
    qtbot.keyClick(view.table, Qt.Key.Key_Home)
    assert view.table.selected == [first]
    qtbot.keyClick(view.table, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert len(view.table.selected) == 3


def test_a_thousand_runs_are_shown_at_once(view: RunsView, session: Session) -> None:
    one = session.runs.runs[0]
    many = [type(one)(**{f: getattr(one, f) for f in one.__slots__} | {"id": f"{i}"})
            for i in range(1000)]  # fmt: skip
    session.runs.runs = many
    began = time.perf_counter()
    session.runs.search("acc>0.2")
    QApplication.processEvents()
    assert len(ids(view)) == 1000
    view.table.sort_by("name", True)
    QApplication.processEvents()
    assert time.perf_counter() - began < 1.0


def test_everything_is_reached_by_tab(view: RunsView) -> None:
    select(view, "a")
    view._rest.timeout.emit()
    names = names_by_tab(view)
    for name in ("Runs", "Search: loss<0.1, tag:good, failed", "Show", "Export", "Delete",
                 "Name of the selected run", "What is known of the runs",
                 "What differs in the text"):  # fmt: skip
        assert name in names


def test_store_that_cannot_be_read_is_listed_as_such(
    view: RunsView, folder: Path, session: Session
) -> None:
    (folder / "a" / "store.sqlite").write_bytes(b"nothing of the kind")
    session.runs.refresh()
    assert session.runs.run("a").problem
    view.search.searched.emit("unreadable")
    assert ids(view) == ["a"]


def test_run_of_the_window_is_selected_once(view: RunsView, session: Session) -> None:
    session.runs.open("b")
    session.runs.refresh()
    assert view.table.selected == ["b"]
    view.table.clearSelection()
    session.runs.refresh()
    assert view.table.selected == []


def test_the_list_says_what_the_script_was_given(view: RunsView) -> None:
    assert cell(view, "a", "arguments") == "--lr 0.1"
    assert not view.table.isColumnHidden(COLUMNS.index("arguments"))


def test_the_names_of_all_runs_stand_in_one_line(view: RunsView) -> None:
    view.model.shown = "a"
    indices = [view.model.index(view.model.row_of(id), 0) for id in "ab"]
    icons = [view.model.data(index, Qt.ItemDataRole.DecorationRole) for index in indices]
    assert [icon.availableSizes()[0].width() for icon in icons[1:]] == [16]
    assert not icons[0].isNull()


def test_values_have_the_room_that_the_names_of_facts_do_not_need(view: RunsView, qtbot) -> None:
    select(view, "a")
    told(view, qtbot)
    table = view.facts.table
    assert table.columnWidth(0) < table.columnWidth(1)
    view.resize(1300, 700)
    QApplication.processEvents()
    assert table.columnWidth(0) + table.columnWidth(1) == table.viewport().width()


def test_a_question_about_runs_goes_with_their_selection(view: RunsView) -> None:
    select(view, "a")
    view.acts.q["export"].trigger()
    assert view.export.isVisible()
    view.acts.q["delete"].trigger()
    assert view.question.isVisible()
    assert view.window().focusWidget() is view.question.no
    assert not view.export.isVisible()
    select(view, "b")
    assert not view.question.isVisible()
    view.acts.q["delete"].trigger()
    view.search.searched.emit("tag:no-such")
    assert not view.question.isVisible()
    assert not view._below.isVisible()
