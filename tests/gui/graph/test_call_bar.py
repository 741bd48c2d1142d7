"""The bar over a graph says what is drawn, and asks for other things of the same function."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from eqxviz.gui.graph.call_bar import CallBar
from eqxviz.session.graphs import GraphTab
from tests.gui.shown import put_on_screen


@pytest.fixture
def bar(qtbot, theme) -> CallBar:
    return put_on_screen(qtbot, CallBar(theme), 700, 40)


def tab(**fields) -> GraphTab:
    return GraphTab("key", "loss", state="failed", **{"inputs": "f32[3]", "path": "f.py", **fields})


def test_a_call_can_be_written_anew(qtbot, bar: CallBar):
    bar.show_tab(tab())
    assert (bar.inputs.text(), bar.drawn_as) == ("f32[3]", "forward")
    assert not bar.batch.isVisible()
    bar.inputs.setText(" f32[8,3] n=2 ")
    with qtbot.waitSignal(bar.asked) as asked:
        QTest.keyClick(bar.inputs, Qt.Key.Key_Return)
    assert asked.args == ["f32[8,3] n=2", "forward", 0]


@pytest.mark.parametrize(("way", "batch"), [("vmap", 8), ("gradient", 0), ("step", 0)])
def test_another_thing_of_the_function_is_asked_for_on_the_same_inputs(qtbot, bar, way, batch):
    bar.show_tab(tab())
    bar.what.setCurrentIndex(bar.what.findData(way))
    with qtbot.waitSignal(bar.asked) as asked:
        bar.what.activated.emit(bar.what.currentIndex())
    assert asked.args == ["f32[3]", way, batch]


def test_the_batch_is_edited_where_there_can_be_one(qtbot, bar: CallBar):
    bar.show_tab(tab(drawn_as="gradient"))
    assert (bar.batch.isVisible(), bar.batch.text()) == (True, "")
    QTest.keyClicks(bar.batch, "16x")
    with qtbot.waitSignal(bar.asked) as asked:
        QTest.keyClick(bar.batch, Qt.Key.Key_Return)
    assert asked.args == ["f32[3]", "gradient", 16]
    bar.show_tab(tab(drawn_as="vmap", batch=4))
    bar.batch.clear()
    with qtbot.waitSignal(bar.asked) as asked:
        bar.batch.returnPressed.emit()
    assert asked.args == ["f32[3]", "vmap", 8]


def test_what_is_being_typed_stays_while_the_tab_changes_its_state(bar: CallBar):
    one = tab()
    bar.show_tab(one)
    bar.inputs.setFocus()
    bar.inputs.selectAll()
    QTest.keyClicks(bar.inputs, "f32[7")
    bar.show_tab(one)
    assert bar.inputs.text() == "f32[7"
    bar.show_tab(tab(inputs="i32[]"))
    assert bar.inputs.text() == "i32[]"


def test_a_function_of_a_run_keeps_the_shapes_of_its_call(bar: CallBar):
    bar.show_tab(tab(function=3, path="", inputs=""))
    assert not bar.inputs.isVisible()
    assert bar.note.isVisible()
    assert bar.what.findData("vmap") == -1
    bar.show_tab(None)
    assert not bar.isVisible()
