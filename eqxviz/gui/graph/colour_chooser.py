"""The button that says by what the graphs are coloured, and changes it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.exploring import Exploring
from eqxviz.session.graph.colouring import COLOUR_WORDS, ColourBy


class ColourChooser(QToolButton):
    """A menu of what the colours can stand for."""

    def __init__(self, exploring: Exploring, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exploring = exploring
        self.setIcon(theme.icon("mdi6.palette-outline", "faint"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        menu, group = QMenu(self), QActionGroup(self)
        self.choices = {}
        for by, words in COLOUR_WORDS.items():
            action = menu.addAction(words)
            action.setCheckable(True)
            action.triggered.connect(lambda _checked, by=by: exploring.colour(by))
            group.addAction(action)
            self.choices[by] = action
        self.setMenu(menu)
        self.refresh()

    def refresh(self) -> None:
        """Say by what the graphs are coloured."""
        by: ColourBy = self._exploring.colour_by
        self.choices[by].setChecked(True)
        self.setText(COLOUR_WORDS[by])
        self.setAccessibleName(f"Colour by: {COLOUR_WORDS[by]}")
        self.setToolTip("What the colours of the boxes stand for")
