"""The value at the selected equation, narrow enough for the details."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from eqxviz.gui.replay.head import ReplayHead
from eqxviz.gui.theme import Theme
from eqxviz.gui.values.value_panel import ValuePanel
from eqxviz.records import Problem
from eqxviz.session.session import Session


class ReplayPanel(QWidget):
    """What is replayed for the selection; hidden while that is nothing of a function of the run."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._values = session.replaying.values
        self.head = ReplayHead(session, theme, self, is_narrow=True)
        self.panel = ValuePanel(self._values, theme, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.head)
        column.addWidget(self.panel)
        values = self._values
        values.changed.connect(self.refresh)
        values.value_changed.connect(self.refresh)
        values.value_progressed.connect(self._on_progressed)
        self.destroyed.connect(lambda: _disconnect(self))
        self.refresh()

    def refresh(self) -> None:
        """Show what is known now."""
        selection, values = self._session.selection, self._values
        is_seen = selection.kind in ("equation", "value") and values.state != "none"
        self.setVisible(is_seen)
        value = values.value
        if not is_seen or not self.head.has_value or value is None:
            self.panel.show_value(None)
        elif isinstance(value, Problem):
            self.panel.show_text(f"{value.title}. {value.why}")
        else:
            self.panel.show_value(value)
        self.panel.setVisible(is_seen and self.head.has_value)

    def _on_progressed(self) -> None:
        if self._values.value is None:
            self.panel.show_progress(self._values.value_progress)


def _disconnect(panel: ReplayPanel) -> None:
    values = panel._values
    values.changed.disconnect(panel.refresh, missing_ok=True)
    values.value_changed.disconnect(panel.refresh, missing_ok=True)
    values.value_progressed.disconnect(panel._on_progressed, missing_ok=True)
    panel.panel.stop()
