"""The button that keeps calls for replay, and beside it what that costs."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.session import Session

_EXPLANATION = (
    "Keeps what the latest call was given: its values can be seen on the graph, and where a NaN "
    "comes from is found. It costs one more model and optimiser state; donation is off meanwhile."
)


class KeepButton(QWidget):
    """Checked while calls are kept; the words beside it say how much that is."""

    def __init__(
        self, session: Session, theme: Theme, action: QAction, size: QSize, icon: QSize,
        parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._action = action
        key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        self.button = QToolButton(self)
        self.button.setFixedSize(size)
        self.button.setIconSize(icon)
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setToolTip(f"{action.text()}  {key}\n{_EXPLANATION}")
        self.button.setAccessibleName(action.text())
        self.button.setEnabled(action.isEnabled())
        self.button.clicked.connect(self._on_clicked)
        action.enabledChanged.connect(self.button.setEnabled)
        action.toggled.connect(self.button.setChecked)
        self.cost = QLabel(self)
        self.cost.setProperty("tone", "faint")
        self.cost.setProperty("face", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.button)
        row.addWidget(self.cost)
        session.keeping_changed.connect(self.refresh, check_nargs=False)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self.refresh()

    def refresh(self) -> None:
        """Say what is kept now."""
        words = self._session.replaying.keeping.words if self._session.run is not None else ""
        short = words.partition(":")[0] if words.startswith("keeps ") else ""
        if words and not short:
            is_lost = words.startswith("the latest call cannot")
            short = "call not kept" if is_lost else "keeping calls"
        self.cost.setText(short)
        self.cost.setToolTip(words)
        self.cost.setAccessibleName(words)
        self.cost.setVisible(bool(short))
        self.button.setAccessibleDescription(words or _EXPLANATION)

    def load_icon(self, name: str) -> None:
        """Draw the icon; to be called after the first paint."""
        self.button.setIcon(self._theme.icon(name, "text"))

    def _on_clicked(self) -> None:
        self._action.trigger()
        self.button.setChecked(self._action.isChecked())


def _disconnect(session: Session, button: KeepButton) -> None:
    session.keeping_changed.disconnect(button.refresh, missing_ok=True)
