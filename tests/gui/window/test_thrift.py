"""Memory goes back once a large tree has come."""

from PySide6.QtCore import QObject

from eqxviz.gui.window import thrift
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, show_model


def test_after_a_large_tree_freed_memory_is_given_back_once(qtbot, session: Session, monkeypatch):
    given: list[str] = []
    monkeypatch.setattr(session, "give_back_memory", lambda: given.append("once"))
    owner = QObject()
    made = thrift.Thrift(session, owner)
    show_model(session, make_tree())
    assert not made.timer.isActive()  # a small one
    monkeypatch.setattr(thrift, "_LARGE", 10)
    made.timer.setInterval(0)
    with qtbot.waitSignal(made.timer.timeout):
        show_model(session, make_tree())
        session.tree_grew.emit()
    assert given == ["once"]
    made.timer.start()
    made.close()
    assert not made.timer.isActive()
