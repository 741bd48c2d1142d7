from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget

from eqxviz.gui.widgets import FileAsker


@pytest.fixture
def window(qtbot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def dialogs(window: QWidget) -> list[QFileDialog]:
    return window.findChildren(QFileDialog)


def test_a_second_question_waits_for_the_answer_to_the_first(window: QWidget, tmp_path: Path):
    asker, chosen = FileAsker(window), list[str]()
    asker.file("Open", "Text (*.txt)", str(tmp_path), chosen.append)
    asker.folder("Folder", str(tmp_path), chosen.append)
    (dialog,) = dialogs(window)
    assert dialog.windowTitle() == "Open"
    dialog.fileSelected.emit("a.txt")
    dialog.reject()
    assert chosen == ["a.txt"]
    asker.folder("Folder", str(tmp_path), chosen.append)
    assert dialogs(window)[-1].fileMode() is QFileDialog.FileMode.Directory
    dialogs(window)[-1].reject()


def test_what_is_written_has_the_suffix_of_its_kind(window: QWidget, tmp_path: Path):
    kinds = "Text (*.txt);;JSON, all of it (*.json)"
    FileAsker(window).file_to_write("Save", kinds, str(tmp_path / "what"), lambda path: None)
    (dialog,) = dialogs(window)
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert dialog.defaultSuffix() == "txt"
    dialog.filterSelected.emit("JSON, all of it (*.json)")
    assert dialog.selectedFiles() == [str(tmp_path / "what.json")]
    dialog.reject()
