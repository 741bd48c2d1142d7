"""The value at the selected equation, as large as the values of a leaf."""

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from eqxviz.gui.replay.head import ReplayHead
from eqxviz.gui.theme import Theme
from eqxviz.gui.values.leaf_page import LeafPage
from eqxviz.gui.values.text_page import TextPage
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.records import ValueSummary
from eqxviz.session.headline import selection_text
from eqxviz.session.session import Session
from eqxviz.session.values.leaf_view import LeafView, can_be_drawn


class ReplayPage(QWidget):
    """What an equation read and made: its heat map, its statistics, and the way to the others."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._values = session.replaying.values
        self._shown: tuple[object, int] = (None, -1)  # the tree, and the node of it
        self._title = ElidedLabel("", self)
        self._title.setProperty("face", "path")
        self.head = ReplayHead(session, theme, self)
        self.leaf_view = LeafView(self._values)
        self.leaf_page = LeafPage(self._values, self.leaf_view, theme, self)
        self.text_page = TextPage(self)
        self._blank = QWidget(self)
        self._pages = QStackedWidget(self)
        for page in (self._blank, self.leaf_page, self.text_page):
            self._pages.addWidget(page)
        over = QVBoxLayout()
        over.setContentsMargins(14, 10, 14, 4)
        over.setSpacing(8)
        over.addWidget(self._title)
        over.addWidget(self.head)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(over)
        column.addWidget(self._pages, 1)
        self._values.changed.connect(self.refresh)
        self._values.value_changed.connect(self._on_value_changed)
        self.destroyed.connect(lambda: _disconnect(self))

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show what is looked at now, if the page is seen."""
        if not self.isVisible():
            return
        session, values = self._session, self._values
        if session.selection.kind in ("equation", "value"):
            self._title.set_text(selection_text(session))
        if not self.head.has_value:
            self._pages.setCurrentWidget(self._blank)
            return
        shown = (values.replayed, values.node)
        model = values.model
        assert model is not None
        is_drawn = can_be_drawn(model.tree, values.node)
        if shown != self._shown:
            self._shown = shown
            self.leaf_view.show(values.node if is_drawn else -1)
        self._pages.setCurrentWidget(self.leaf_page if is_drawn else self.text_page)
        self.leaf_page.refresh()
        self._on_value_changed()

    def _on_value_changed(self) -> None:
        value = self._values.value
        if isinstance(value, ValueSummary) and self._pages.currentWidget() is self.text_page:
            self.text_page.show_value(value)


def _disconnect(page: ReplayPage) -> None:
    page._values.changed.disconnect(page.refresh, missing_ok=True)
    page._values.value_changed.disconnect(page._on_value_changed, missing_ok=True)
    page.leaf_view.stop()
