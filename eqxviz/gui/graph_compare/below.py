"""A graph with what differs from another one below it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QSplitter, QToolButton, QWidget

from eqxviz.gui.graph_compare.panel import DifferencePanel
from eqxviz.gui.theme import Theme
from eqxviz.session.session import Session

_SHARE = 38  # of the height, in percent
_NAME = "Compare the graph with another"


class BelowGraph(QSplitter):
    """Holds `graph`, and the panel of differences, which is made when it is first asked for.

    `button` offers what the graph can be compared with.
    """

    def __init__(self, graph: QWidget, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._graph = graph
        self._session = session
        self._theme = theme
        self._comparison = session.graph_comparison
        self.panel: DifferencePanel | None = None
        self.menu = QMenu(_NAME, self)
        self.menu.setAccessibleName(_NAME)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.button = QToolButton(self)
        self.button.setText("Compare")
        self.button.setIcon(theme.icon("mdi6.vector-difference"))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.button.setToolTip(f"{_NAME} (Ctrl+Shift+C)")
        self.button.setAccessibleName(_NAME)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(graph)
        self._comparison.asked.connect(self.show_panel)
        comparison = self._comparison
        self.destroyed.connect(
            lambda: comparison.asked.disconnect(self.show_panel, missing_ok=True)
        )

    @property
    def is_shown(self) -> bool:
        """Whether the differences are seen."""
        return self.panel is not None and not self.panel.isHidden()

    @property
    def has_focus(self) -> bool:
        """Whether the keyboard is in the differences."""
        focused, panel = QApplication.focusWidget(), self.panel
        return panel is not None and focused is not None and panel.isAncestorOf(focused)

    def choose(self) -> None:
        """Offer what the graph can be compared with."""
        self.button.showMenu()

    def show_panel(self) -> None:
        """Show the differences, and give them the keyboard."""
        if self.panel is None:
            self.panel = DifferencePanel(self._session, self._theme, self)
            self.panel.closed.connect(self.close_panel)
            self.addWidget(self.panel)
        if not self.is_shown or self.sizes()[1] == 0:
            self.panel.show()
            below = self.height() * _SHARE // 100
            self.setSizes([self.height() - below, below])
        self.panel.setFocus()

    def close_panel(self) -> None:
        """Compare no more, and hide the differences."""
        if self.panel is not None:
            self.panel.hide()
        self._comparison.clear()
        self._graph.setFocus()

    def _fill_menu(self) -> None:
        self.menu.clear()
        choices = self._comparison.choices()
        kind = ""
        for choice in choices:
            if kind and choice.kind != kind:
                self.menu.addSeparator()
            kind = choice.kind
            self.menu.addAction(choice.title).triggered.connect(
                lambda _checked=False, choice=choice: self._comparison.choose(choice)
            )
        if not choices:
            self.menu.addAction("Draw another graph to compare with").setEnabled(False)
