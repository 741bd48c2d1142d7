"""A graph with its text beside it, or below where there is no room beside."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QSplitter, QToolButton, QWidget

from eqxviz.gui.jaxpr.panel import TextPanel
from eqxviz.gui.settings import GRAPH_TEXT, GRAPH_TEXT_SHARE, Settings
from eqxviz.gui.theme import Theme
from eqxviz.session.session import Session

_ROOM_BESIDE = 860  # pixels: in a narrower view the text lies below
_NAME = "Show the jaxpr beside the graph (Ctrl+T)"


class BesideGraph(QSplitter):
    """Holds `graph`, and the panel of its text, which is made when it is first seen.

    Signals:
        toggled: Whether the text is seen from now on.
    """

    toggled = Signal(bool)

    def __init__(
        self, graph: QWidget, session: Session, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._graph = graph
        self._session = session
        self._theme = theme
        self._settings: Settings | None = None
        self._share = GRAPH_TEXT_SHARE.default  # of the room: the text's, in percent
        self.panel: TextPanel | None = None
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setIcon(theme.icon("mdi6.text-box-outline"))
        self.button.setToolTip(_NAME)
        self.button.setAccessibleName("Show the jaxpr beside the graph")
        self.button.toggled.connect(self.set_shown)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(graph)
        self.splitterMoved.connect(self._on_moved)

    @property
    def is_shown(self) -> bool:
        """Whether the text is seen."""
        return self.button.isChecked()

    @property
    def has_focus(self) -> bool:
        """Whether the keyboard is in the text."""
        focused, panel = QApplication.focusWidget(), self.panel
        return panel is not None and focused is not None and panel.isAncestorOf(focused)

    def use_settings(self, settings: Settings) -> None:
        """Be as it was left, and remember how it is left."""
        self._share = settings[GRAPH_TEXT_SHARE]
        self.set_shown(settings[GRAPH_TEXT])
        self._settings = settings

    def toggle(self) -> None:
        """Show the text, and give it the keyboard; or hide it."""
        self.set_shown(not self.is_shown)
        (self.panel if self.is_shown and self.panel else self._graph).setFocus()

    def show_lowered(self) -> None:
        """Show what the graph is lowered to, and ask for it."""
        self.set_shown(True)
        if self.panel is not None:
            self.panel.show_lowered()
            self.panel.setFocus()

    def set_shown(self, is_shown: bool) -> None:
        """Show the text or hide it."""
        if is_shown and self.panel is None:
            self.panel = TextPanel(self._session, self._theme, self)
            self.panel.closed.connect(lambda: self.set_shown(False))
            self.addWidget(self.panel)
        if self.panel is not None:
            self.panel.setVisible(is_shown)
        self.button.setChecked(is_shown)
        self._arrange()
        if self._settings is not None:
            self._settings[GRAPH_TEXT] = is_shown
        self.toggled.emit(is_shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._arrange()

    def _arrange(self) -> None:
        """Put the text beside or below, with the share of the room that it was given."""
        beside = self.width() >= _ROOM_BESIDE
        self.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)
        room = self.width() if beside else self.height()
        text = room * self._share // 100
        self.setSizes([room - text, text])

    def _on_moved(self) -> None:
        sizes = self.sizes()
        if len(sizes) == 2 and sum(sizes):
            self._share = max(10, min(90, round(100 * sizes[1] / sum(sizes))))
            if self._settings is not None:
                self._settings[GRAPH_TEXT_SHARE] = self._share
