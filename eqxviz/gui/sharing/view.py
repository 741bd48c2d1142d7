"""The Sharing view: all share groups, and one of them in full."""

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.sharing.group_page import GroupPage
from eqxviz.gui.sharing.model import SAVES, SharingModel
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import RowTable, StateStack, hand_focus_on
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_NARROWEST_PLACES = 160
_WIDTHS = (_NARROWEST_PLACES, 130, 80, 64, 80, 80)
_NOTHING = (
    "Nothing is shared",
    "No array, layer or container of this model is found at two places. Equal values in arrays of "
    "their own are not shared.",
)
_NO_MODEL = (
    "No model is open",
    "Arrays, layers and containers that a model holds at several places are listed here, with what "
    "comes of it.",
)


class SharingView(QWidget):
    """What the open model holds at several places."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sharing = session.sharing
        self.model = SharingModel(self)
        self.headline = QLabel(self)
        self.headline.setMargin(12)
        self.table = RowTable(26, _NARROWEST_PLACES, self)
        self.page = GroupPage(theme, self)
        self.page.link_clicked.connect(session.select)
        self.page.check_wanted.connect(self._sharing.run_check)
        self._prepare_table()
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.link-variant",
            title=_NO_MODEL[0],
            text=_NO_MODEL[1],
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.table)
        self._sharing.changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selection_changed)
        sharing = self._sharing
        self.destroyed.connect(lambda: _disconnect(session, sharing, self))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        split = QSplitter(Qt.Orientation.Vertical, filled)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(self.table)
        split.addWidget(self.page)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.headline)
        column.addWidget(split, 1)
        return filled

    def _prepare_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName("What is shared")
        for column, width in enumerate(_WIDTHS):
            table.setColumnWidth(column, width)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicatorShown(False)
        table.sortByColumn(SAVES, Qt.SortOrder.DescendingOrder)
        table.selectionModel().currentRowChanged.connect(self._on_row_changed)

    def _on_changed(self) -> None:
        if self.isVisible():  # else it is read when the view is shown
            self._refresh()

    def _refresh(self) -> None:
        session, sharing = self._session, self._sharing.map
        self.model.set_map(sharing)
        if sharing is None:
            self._show_without_map()
        elif not len(sharing):
            self.stack.show_empty(*_NOTHING)
        else:
            self.headline.setText(sharing.headline())
            self.table.widen_names()
            self.stack.show_filled()
            self._sharing.check_if_quick()
            self._on_selection_changed()
            if not self.table.currentIndex().isValid():
                self._set_row(0)
            self._show_group()
        self.setAccessibleDescription(self.headline.text() if session.model is not None else "")

    def _show_without_map(self) -> None:
        session = self._session
        if session.model_state == "failed" and session.model_problem is not None:
            self.stack.show_failed(session.model_problem, can_retry=False)
        elif session.model is not None or session.model_state == "working":
            self.stack.show_working("Reading the model")
        else:
            self.stack.show_empty(*_NO_MODEL)

    def _show_group(self) -> None:
        index, sharing = self.table.currentIndex(), self.model.map
        if sharing is not None and index.isValid():
            self.page.show_group(self._sharing, sharing, self.model.group_at(index.row()))

    def _set_row(self, row: int) -> None:
        """Make `row` the current one without selecting anything in the window."""
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        self.table.selectRow(row)
        selection.blockSignals(False)
        self.table.viewport().update()

    def _on_row_changed(self, current: QModelIndex) -> None:
        sharing = self.model.map
        if sharing is None or not current.isValid():
            return
        group = self.model.group_at(current.row())
        self._show_group()
        selected = self._session.selection
        if selected.kind != "node" or selected.node not in sharing.places(group):
            node = int(sharing.places(group)[0])
            self._session.select(Selection(kind="node", node=node))

    def _on_selection_changed(self) -> None:
        selection, sharing = self._session.selection, self.model.map
        if sharing is not self._sharing.map or sharing is None:
            return  # not read yet
        if selection.kind != "node" or selection.node >= len(sharing.tree):
            return
        group = int(sharing.tree.share[selection.node])
        if group >= 0 and self.table.currentIndex().row() != self.model.row_of(group):
            self.table.selectRow(self.model.row_of(group))


def _disconnect(session: Session, sharing, view: SharingView) -> None:
    sharing.changed.disconnect(view._on_changed, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
