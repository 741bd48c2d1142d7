"""Which of a file's models, or of a call's arguments, is shown, where there are several."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource

if TYPE_CHECKING:
    from eqxviz.records import Target


class TargetPicker(QToolButton):
    """The name of the open model; its menu offers the others of the file. Hidden with only one.

    Of an argument of a run's call it says the step as well, and whether that has passed.
    """

    def __init__(
        self,
        session: Session,
        open_source: Callable[[ModelSource], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._open_source = open_source
        self.setProperty("kind", "field")
        self.setProperty("face", "small")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu("Models of this file", self))
        self.refresh()

    def refresh(self) -> None:
        """Offer what the open file offers."""
        session, menu = self._session, self.menu()
        model, source = session.model, session.source
        if menu.isVisible():
            return  # it is being read
        menu.clear()
        self.setVisible(model is not None and len(model.targets) > 1)
        if model is None or source is None:
            return
        name = _title(model.target)
        moment = f" · {session.call_moment}" if session.call_moment else ""
        self.setText(f"{name}{moment} ▾")
        self.setToolTip(session.call_note or "Open another model of this file")
        self.setAccessibleName(f"Model {name}, one of {len(model.targets)}")
        group = QActionGroup(menu)
        for target in model.targets:
            action = menu.addAction(f"{_title(target)}  –  {target.type}")
            action.setCheckable(True)
            action.setChecked(target.name == model.target.name)
            wanted = replace(source, name=target.name)
            action.triggered.connect(lambda _on, wanted=wanted: self._open_source(wanted))
            group.addAction(action)


def _title(target: "Target") -> str:
    """Return what is offered: of a call its arguments are all that there is."""
    from eqxviz.records import ALL_VARIABLES

    is_whole_call = target.name == ALL_VARIABLES and target.type == "call"
    return "all arguments" if is_whole_call else target.name
