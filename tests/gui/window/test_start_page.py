"""The start page and the pickers."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from eqxviz.engine.devices import Device
from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import to_text
from eqxviz.gui.settings import RECENT_FILES, RECENT_LAUNCHES, Settings
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.records import OpenedModel, RunState, Target
from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource
from eqxviz.store import Library
from eqxviz.store.archive import write_archive
from tests.gui.conftest import QuietEngine
from tests.gui.shown import make_tree
from tests.session.runs.made_runs import make_run


@dataclass(frozen=True)
class LiveRun:
    script: str = "/x/train.py"
    pid: int = 4711
    title: str = "train.py"


def buttons(window: MainWindow) -> dict[str, QPushButton]:
    found = window.start_page.findChildren(QPushButton)
    return {b.accessibleName() or b.text(): b for b in found if b.isVisible()}


def test_the_examples_can_be_opened_and_run(qtbot, window: MainWindow):
    for words, wanted in (
        ("Open", window.start_page.open_wanted),
        ("Run", window.start_page.run_wanted),
    ):
        example = next(b for name, b in buttons(window).items() if name.startswith(f"{words} F"))
        window.start_page.open_wanted.disconnect()
        window.start_page.run_wanted.disconnect()
        with qtbot.waitSignal(wanted) as chosen:
            qtbot.mouseClick(example, Qt.MouseButton.LeftButton)
        target = chosen.args[0] if words == "Open" else chosen.args[0].script
        assert target.endswith("polynomial.py")
        window.start_page.open_wanted.connect(window.opener.open)
        window.start_page.run_wanted.connect(window.opener.run)


def test_what_was_open_last_is_listed(
    qtbot, window: MainWindow, engine: QuietEngine, settings: Settings
):
    settings.put_first(RECENT_FILES, "/x/model.py")
    settings.put_first(RECENT_LAUNCHES, to_text(Launch("/x/train.py", ("--steps", "5"))))
    window.actions_table.q["file.start_page"].trigger()
    names = {"/x/model.py", "eqxviz run /x/train.py -- --steps 5"}
    qtbot.waitUntil(lambda: names <= buttons(window).keys())


def test_live_runs_of_other_windows_can_be_attached_to(
    qtbot, window: MainWindow, engine: QuietEngine
):
    engine.live_runs = [LiveRun()]
    window.actions_table.q["file.start_page"].trigger()
    window.start_page.attach_wanted.disconnect()
    qtbot.waitUntil(lambda: "Attach to /x/train.py" in buttons(window))
    with qtbot.waitSignal(window.start_page.attach_wanted) as chosen:
        qtbot.mouseClick(buttons(window)["Attach to /x/train.py"], Qt.MouseButton.LeftButton)
    assert chosen.args == [LiveRun()]


def test_runs_that_were_kept_last_are_listed(
    qtbot, engine: QuietEngine, window: MainWindow, session: Session, tmp_path: Path
):
    session.runs.library = Library(tmp_path, lambda _folder: False)
    make_run(tmp_path, "a", {"loss": [0.5]}, argv=["--lr", "1"], state=RunState.FAILED)
    window.actions_table.q["file.start_page"].trigger()
    name = "/home/me/train.py --lr 1: failed"
    qtbot.waitUntil(lambda: name in buttons(window))
    assert buttons(window)[name].text().endswith("loss 0.5")
    qtbot.mouseClick(buttons(window)[name], Qt.MouseButton.LeftButton)
    assert session.runs.shown_id == "a"


def test_devices_are_looked_for_when_the_menu_is_first_opened(
    window: MainWindow, session: Session, engine: QuietEngine
):
    picker = window.run_bar.device
    assert engine.devices_asked == []
    picker.menu().aboutToShow.emit()
    picker.menu().aboutToShow.emit()
    assert len(engine.devices_asked) == 1
    engine.devices_asked[0]((Device("cpu", "cpu", 0), Device("cuda:0", "NVIDIA H200", 141 * 10**9)))
    texts = [a.text() for a in picker.menu().actions()]
    assert texts == ["auto  –  as JAX chooses", "cpu  –  cpu", "cuda:0  –  NVIDIA H200, 141 GB"]
    picker.menu().actions()[2].trigger()
    assert session.device == "cuda:0"
    assert picker.text() == "Device: cuda:0"


@pytest.mark.parametrize("n_targets", [1, 2])
def test_the_models_of_a_file_are_offered_where_there_are_several(
    qtbot, window: MainWindow, session: Session, n_targets: int
):
    targets = (Target("make", "MLP", 3), Target("other", "Linear", 9))[:n_targets]
    session.model = OpenedModel("/x/model.py", targets[0], targets, make_tree(), "")
    session.source, session.model_state = ModelSource.of("/x/model.py"), "filled"
    session.model_changed.emit()
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    assert window.target_picker.isVisible() is (n_targets == 2)
    if n_targets == 2:
        window.target_picker.menu().actions()[1].trigger()
        assert window.question.isVisible()


def test_a_file_of_whole_runs_is_taken_in_and_shown(
    qtbot, tmp_path: Path, window: MainWindow, session: Session
):
    make_run(tmp_path / "theirs", "20261121-train-1a")
    theirs = Library(tmp_path / "theirs", lambda _folder: False)
    write_archive(tmp_path / "one.eqxrun", theirs.runs(), lambda _n: None)
    session.runs.library = Library(tmp_path / "ours", lambda _folder: False)
    window.opener.open(str(tmp_path / "one.eqxrun"))
    qtbot.waitUntil(lambda: session.run is not None)
    assert session.run.folder == str(tmp_path / "ours" / "20261121-train-1a")
    assert window.question.isHidden()
