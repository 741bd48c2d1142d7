"""Which of a file's models is shown, where it has several."""

from collections.abc import Callable

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from eqxviz.session.session import Session


class TargetPicker(QToolButton):
    """The name of the open model; its menu offers the others of the file. Hidden with only one."""

    def __init__(
        self, session: Session, open_file: Callable[[str], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._open_file = open_file
        self.setProperty("kind", "field")
        self.setProperty("face", "small")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Open another model of this file")
        self.setMenu(QMenu("Models of this file", self))
        self.refresh()

    def refresh(self) -> None:
        """Offer what the open file offers."""
        model = self._session.model
        menu = self.menu()
        menu.clear()
        self.setVisible(model is not None and len(model.targets) > 1)
        if model is None:
            return
        self.setText(f"{model.target.name} ▾")
        self.setAccessibleName(f"Model {model.target.name}, one of {len(model.targets)}")
        group = QActionGroup(menu)
        for target in model.targets:
            action = menu.addAction(f"{target.name}  –  {target.type}")
            action.setCheckable(True)
            action.setChecked(target.name == model.target.name)
            whole = f"{model.path}:{target.name}"
            action.triggered.connect(lambda _on, whole=whole: self._open_file(whole))
            group.addAction(action)
