"""Runs that were kept: found again, compared, shown as they were, exported, deleted."""

import csv
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest

from eqxviz.engine.launch import Launch
from tests.journeys.conftest import Desk
from tests.journeys.test_run import TRAIN
from tests.repositories import git

ROWS = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(TRAIN)
    return path


def select(view: Any, *ids: str) -> None:
    view.table.clearSelection()
    for id in ids:
        view.table.selectionModel().select(view.model.index(view.model.row_of(id), 0), ROWS)
    assert set(view.table.selected) == set(ids)


def n_losses(desk: Desk) -> int:
    return next((c.n for c in desk.session.run.series.values() if c.series.name == "loss"), 0)


def runs_of(desk: Desk, n: int) -> Any:
    """Return the view of the runs, once it lists `n` of them."""
    view, runs = desk.view("runs"), desk.session.runs
    desk.until(lambda: len(runs.runs) == n and runs.state == "filled", f"{n} runs", runs.changed)
    return view


def train_twice(desk: Desk, script: Path) -> None:
    """Run the script as it was committed, with 30 steps, and then, changed, with 40."""
    git(script.parent, "init", "-q", "-b", "trunk")
    git(script.parent, "add", "train.py")
    git(script.parent, "commit", "-q", "-m", "first")
    desk.run(script, "--steps", "30")
    desk.wait_for_state("finished", "failed", "died")
    script.write_text(TRAIN.replace("0.1 * g", "0.2 * g"))
    desk.run(script, "--steps", "40")
    desk.wait_for_state("finished", "failed", "died")


def test_two_runs_are_compared_shown_exported_and_deleted(
    desk: Desk, script: Path, runs: Path, tmp_path: Path
) -> None:
    train_twice(desk, script)
    view, kept = runs_of(desk, 2), desk.session.runs
    newer, older = kept.runs
    assert (newer.steps, older.steps) == (40, 30)
    assert newer.git_branch == "trunk"
    assert kept.shown_id == newer.id

    select(view, newer.id, older.id)
    desk.until(lambda: kept.comparison is not None and len(kept.comparison.runs) == 2,
               "the comparison", kept.comparison_changed)  # fmt: skip
    rows = {row.name: row.values for row in kept.comparison.rows if row.differs}
    assert rows["--steps"] == ("40", "30")
    assert rows["uncommitted changes"] == ("+1 −1 in 1 file", "none")
    assert rows["script text"][1] == "+1 −1 lines"
    assert "jax" not in rows
    assert any("-        return" in t.text or "0.2 * g" in t.text for t in kept.comparison.texts)

    view.acts.q["over"].trigger()
    desk.until(lambda: len(kept.overlaid) == 1, "the curve of the other", kept.overlaid_changed)
    assert [c.n for c in kept.overlaid[0].series.values() if c.series.name == "loss"] == [30]

    view = desk.view("runs")
    select(view, older.id)
    view.labels.tags.insert("slow")
    view.labels.tags.editingFinished.emit()
    desk.until(lambda: kept.run(older.id).tags == ("slow",), "the tag", kept.changed)
    view.search.set_text("tag:slow steps<35")
    desk.until(lambda: [r.id for r in kept.found] == [older.id], "the search", kept.changed)

    view.table.selectRow(0)
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    desk.until(lambda: kept.shown_id == older.id, "the older run to be shown")
    run = desk.session.run
    assert run.status.state.value == "finished"
    assert "the last loss is" in run.output
    assert [c.n for c in run.series.values() if c.series.name == "loss"] == [30]
    assert run.compiles
    assert not desk.session.can_open_call
    source = desk.view("source")
    assert "0.1 * g" in source.code.toPlainText()
    assert "the file has changed since" in source._name.text
    ledger = desk.view("compile")
    assert any(row.name == "make_step" for row in ledger.model.rows)

    desk.act("run.continue")  # again, as it was
    desk.until(lambda: desk.session.run is not run, "the run anew")
    desk.wait_for_state("finished", "failed", "died")
    assert desk.session.run.argv == ("--steps", "30")
    view = runs_of(desk, 3)
    again = kept.runs[0].id
    desk.until(lambda: not kept.run(again).is_live, "its end in the list", kept.changed)
    kept.delete([again])
    desk.until(lambda: len(kept.runs) == 2, "it to be gone", kept.changed)
    assert desk.session.run is None

    view.search.set_text("")
    desk.until(lambda: len(kept.found) == 2, "both runs again", kept.changed)
    select(view, newer.id, older.id)
    view.acts.q["export"].trigger()
    target = tmp_path / "points.csv"
    view.export.target.setText(str(target))
    view.export.write.click()
    desk.until(lambda: kept.exporting.export is None, "the export", kept.exporting.progressed)
    with target.open() as file:
        written = list(csv.reader(file))
    assert sum(row[:2] == [older.id, "loss"] for row in written) == 30
    assert str(target) in desk.window.statusBar().currentMessage()

    select(view, older.id)
    QTest.keyClick(view.table, Qt.Key.Key_Delete)
    view.question.yes.click()
    desk.until(lambda: len(kept.runs) == 1, "the run to be gone", kept.changed)
    assert not (runs / "runs" / older.id).exists()
    assert not any(problem.code == "run-store" for problem in desk.session.problems)


@pytest.mark.full
def test_live_run_of_a_window_that_died_is_gone_on_with(
    desk: Desk, another_desk: Callable[[], Desk], script: Path
) -> None:
    desk.run(script, "--steps", "2000000")
    desk.until(lambda: desk.session.run is not None and desk.session.run.status.step > 5, "steps")
    folder = desk.session.run.folder
    desk.close(leave_run=True)
    later = another_desk()
    view = runs_of(later, 1)
    kept = later.session.runs
    assert kept.runs[0].is_live
    view.table.selectRow(0)
    assert not view.acts.q["delete"].isEnabled()
    view.acts.q["open"].trigger()
    later.until(lambda: later.session.run is not None and later.session.run.status.step > 5, "it")
    assert later.session.run.folder == folder
    assert not later.session.is_run_kept
    later.act("run.stop")
    later.wait_for_state("stopped")


def test_run_whose_processes_were_killed_is_there_to_the_last_step(
    desk: Desk, script: Path
) -> None:
    desk.run(script, "--steps", "2000000")
    desk.until(lambda: desk.session.run is not None and n_losses(desk) > 50, "steps")
    shown = n_losses(desk)
    os.kill(desk.session._run_worker.pid, signal.SIGKILL)
    desk.wait_for_state("died")
    view, kept = runs_of(desk, 1), desk.session.runs
    desk.until(lambda: not kept.runs[0].is_live, "the end in the list", kept.changed)
    [run] = kept.runs
    assert run.state.value == "died"
    desk.session.detach_run()
    select(view, run.id)
    view.acts.q["open"].trigger()
    desk.until(lambda: kept.shown_id == run.id, "the run")
    assert n_losses(desk) >= shown > 0


def test_a_module_of_the_past_is_run_again_as_a_module_with_all_it_was_started_with(
    desk: Desk, another_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "other.py").write_text("NAME = 'other'\n")
    (package / "train.py").write_text(
        "import os, sys\nfrom . import other\n"
        "print(other.NAME, os.environ['COLOUR'], len(os.sched_getaffinity(0)), sys.argv[1:])\n"
    )
    launch = Launch("pack.train", ("a b",), is_module=True, folder=str(tmp_path), cores=1,
                    environment=(("COLOUR", "red"),))  # fmt: skip
    desk.window.opener.run(launch, is_trusted=True)
    desk.wait_for_state("finished", "failed", "died")
    desk.close()

    later = another_desk()
    view = runs_of(later, 1)
    view.table.selectRow(0)
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    later.until(lambda: later.session.is_run_kept, "the run of then")
    later.act("run.again")
    later.until(lambda: not later.session.is_run_kept, "another run")
    later.wait_for_state("finished", "failed", "died")
    printed = "other red 1 ['a b']"
    later.until(lambda: printed in later.session.run.output, "the output of a module")
