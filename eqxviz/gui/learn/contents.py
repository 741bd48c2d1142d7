"""All lessons with their pages, and how far the learner is in each."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.learn.page_strip import PageSign
from eqxviz.gui.theme import Theme
from eqxviz.session.learning.shelf import ShelvedLesson
from eqxviz.session.session import Session

_ICONS = {
    ("new", False): ("mdi6.circle-outline", "none"),
    ("seen", False): ("mdi6.circle", "accent"),
    ("new", True): ("mdi6.rhombus-outline", "none"),
    ("seen", True): ("mdi6.rhombus-outline", "accent"),
    ("solved", True): ("mdi6.check-circle", "running"),
    ("solved", False): ("mdi6.check-circle", "running"),
}
_ROW = 26
_Role = Qt.ItemDataRole.UserRole


class Contents(QWidget):
    """The lessons as a tree: Enter or a click shows a page, and Escape leads back to the one shown.

    Signals:
        chosen: A page is wanted: its `ShelvedLesson` and its index, -1 for the one left last.
        left: Escape was pressed.
    """

    chosen = Signal(object, int)
    left = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._learning = session.learning
        self._theme = theme
        title = QLabel("Lessons", self)
        title.setProperty("face", "title")
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName("Lessons and their pages")
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setIconSize(QSize(13, 13))
        self.tree.setIndentation(16)
        self.tree.setUniformRowHeights(True)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.tree)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 8)
        head.addWidget(title)
        column.addLayout(head)
        column.addWidget(self.tree, 1)

    def fill(self) -> None:
        """Show how it is now, with the page that is shown as the current one."""
        learning, tree = self._learning, self.tree
        tree.clear()
        for lesson in learning.lessons:
            top = self._lesson_item(lesson)
            pages = [self._page_item(lesson, i) for i in range(len(lesson.lesson.pages))]
            top.addChildren(pages)
            tree.addTopLevelItem(top)
            if lesson == learning.current:
                top.setExpanded(True)
                tree.setCurrentItem(pages[learning.page_index])
        first = tree.topLevelItem(0)
        if first is not None and learning.current is None:
            tree.setCurrentItem(first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.tree.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._choose(item)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _lesson_item(self, lesson: ShelvedLesson) -> QTreeWidgetItem:
        n_done, n_pages = self._learning.n_done(lesson), len(lesson.lesson.pages)
        item = QTreeWidgetItem(
            [lesson.title, "done" if n_done == n_pages else f"{n_done}/{n_pages}"]
        )
        item.setData(0, _Role, (lesson, -1))
        item.setToolTip(0, lesson.lesson.summary)
        item.setFont(0, self._theme.font("strong"))
        item.setForeground(1, self._theme.color("running" if n_done == n_pages else "faint"))
        for column in range(2):
            item.setSizeHint(column, QSize(0, _ROW))
        return item

    def _page_item(self, lesson: ShelvedLesson, index: int) -> QTreeWidgetItem:
        page = lesson.lesson.pages[index]
        is_exercise = page.exercise is not None
        sign = PageSign(page.heading, self._learning.mark(lesson, index), is_exercise)
        item = QTreeWidgetItem([page.heading, ""])
        item.setData(0, _Role, (lesson, index))
        icon, role = _ICONS[sign.mark, is_exercise]
        item.setIcon(0, self._theme.icon(icon, role))
        item.setToolTip(0, sign.words)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, sign.words)
        return item

    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        if item.parent() is None:
            item.setExpanded(not item.isExpanded())
        else:
            self._choose(item)

    def _choose(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(*item.data(0, _Role))
