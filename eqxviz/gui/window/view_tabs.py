"""The tabs of the views; those that have no room are in a menu."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QTabBar, QTabWidget, QToolButton, QWidget

_APART = 12  # pixels beside the button


class ViewTabs(QTabWidget):
    """Tabs as many as fit, the one in front among them; "More" names the others.

    `hidden_first` are the accessible names of the pages that go without a tab first.
    """

    def __init__(self, hidden_first: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._hidden_first = tuple(hidden_first)
        self._bar = _Bar(self)
        self.setTabBar(self._bar)
        self.setDocumentMode(True)
        self.setUsesScrollButtons(False)
        self.setAccessibleName("Views")
        self._bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._bar.setAccessibleName("Views")
        self.more = QToolButton(self)
        self.more.setText("More ▾")
        self.more.setToolTip("The views that have no room for a tab")
        self.more.setAccessibleName("More views")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.more)
        self.more.setMenu(self._menu)
        self.setCornerWidget(self.more)
        self.more.hide()
        self.currentChanged.connect(self.arrange)

    def arrange(self) -> None:
        """Show as many tabs as there is room for."""
        widths = [self._bar.tabSizeHint(at).width() for at in range(self.count())]
        room, hidden = self.width(), set[int]()
        if sum(widths) > room:
            room -= self.more.sizeHint().width() + _APART
        order = [at for name in self._hidden_first for at in self._at(name)]
        for at in order:
            if sum(widths) - sum(widths[i] for i in hidden) <= room:
                break
            if at != self.currentIndex():
                hidden.add(at)
        for at in range(self.count()):
            if self.isTabVisible(at) == (at in hidden):
                self.setTabVisible(at, at not in hidden)
        self._menu.clear()
        for at in sorted(hidden):
            action = self._menu.addAction(self.tabIcon(at), self.tabText(at))
            action.triggered.connect(lambda _on=False, at=at: self.setCurrentIndex(at))
        self.more.setVisible(bool(hidden))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()
        super().resizeEvent(event)

    def _at(self, name: str) -> list[int]:
        pages = [(at, self.widget(at)) for at in range(self.count())]
        return [at for at, page in pages if page is not None and page.accessibleName() == name]


class _Bar(QTabBar):
    """Its tabs' sizes may be asked for where they are hidden, too."""
