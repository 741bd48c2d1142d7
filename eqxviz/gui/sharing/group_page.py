"""One share group in full: its places, what comes of it, what the check says, and the ways out."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import FactCard
from eqxviz.gui.widgets.highlighter import PythonHighlighter
from eqxviz.records import Problem, ShareKind, TreeCheck
from eqxviz.session.facts import Fact
from eqxviz.session.paths import python_path
from eqxviz.session.selection import Selection
from eqxviz.session.sharing.sharing_code import Fix, fixes
from eqxviz.session.sharing.sharing_map import KIND_WORDS, Sharing, SharingMap

_MOST_LINKS = 40
_UNREACHABLE = (
    "There is no code for this group: Python has no path to one of its places, or they are too "
    "many to be written out."
)


_OF_ARRAYS = "\nIt looks at Modules and containers: an array at several places passes."


class GroupPage(QScrollArea):
    """What is known about one group.

    Signals:
        link_clicked: The `Selection` of the place that was clicked.
        check_wanted: The button that runs the check was pressed.
    """

    link_clicked = Signal(object)
    check_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: tuple[object, int] = (None, -1)
        self._title = _heading("", self)
        self.places = FactCard(theme, self)
        self.places.link_clicked.connect(self.link_clicked)
        self._consequences = _words(self)
        self.check = _words(self)
        self._check_button = QPushButton("Run tree_check", self)
        self._check_button.setToolTip("The whole tree is walked: this may take some seconds")
        self._check_button.clicked.connect(self.check_wanted)
        self.cards = [_FixCard(theme, self) for _ in range(3)]
        self._no_fix = _words(self)
        self._no_fix.setText(_UNREACHABLE)
        page = QWidget(self)
        page.setProperty("surface", "base")
        column = QVBoxLayout(page)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(8)
        check_row = QHBoxLayout()
        check_row.addWidget(self._check_button)
        check_row.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self.places)
        column.addWidget(_heading("What transformations make of it", self))
        column.addWidget(self._consequences)
        column.addWidget(_heading("What tree_check says of the model", self))
        column.addWidget(self.check)
        column.addLayout(check_row)
        column.addWidget(_heading("Ways out", self))
        column.addWidget(self._no_fix)
        for card in self.cards:
            column.addWidget(card)
        column.addStretch(1)
        self.setWidget(page)

    def show_group(self, sharing: Sharing, map_: SharingMap, group: int) -> None:
        """Show `group`, and what is known of the check."""
        self._show_check(sharing, map_.kind(group))
        ways = fixes(map_, group, sharing.library)
        self._no_fix.setVisible(not ways)
        for i, card in enumerate(self.cards):
            card.setVisible(i < len(ways))
            if i < len(ways):
                card.show_fix(ways[i])
        if self._shown == (map_, group):
            return
        self._shown = (map_, group)
        n = int(map_.n_places[group])
        self._title.setText(f"{map_.what(group)}, {KIND_WORDS[map_.kind(group)]}, at {n:,} places")
        self.places.set_facts("", _places(map_, group))
        self._consequences.setText("\n\n".join(map_.consequences(group)))
        self.verticalScrollBar().setValue(0)

    def _show_check(self, sharing: Sharing, kind: ShareKind) -> None:
        check = sharing.check
        self._check_button.setVisible(check is None and not sharing.is_checking)
        if isinstance(check, TreeCheck):
            name = f"{check.library}.tree_check"
            text = f"{name} raises\n{check.error}" if check.error else f"{name} passes."
            text += _OF_ARRAYS if kind == ShareKind.ARRAY else ""
        elif isinstance(check, Problem):
            text = f"{check.title}. {check.why}"
        else:
            text = "Checking." if sharing.is_checking else ""
        self.check.setText(text)
        self.check.setVisible(bool(text))


class _FixCard(QFrame):
    """A way out: title, sentence, code, and a button that copies the code."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self._title = _heading("", self)
        self._why = _words(self)
        self.code = _Snippet(theme, self)
        self.copy = QPushButton("Copy", self)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.code.source))
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.addLayout(head)
        column.addWidget(self._why)
        column.addWidget(self.code)

    def show_fix(self, fix: Fix) -> None:
        """Show `fix`."""
        self._title.setText(fix.title)
        self._why.setText(fix.why)
        self.copy.setAccessibleName(f"Copy the code: {fix.title}")
        self.code.setAccessibleName(f"Code: {fix.title}")
        self.code.show_source(fix.code)


class _Snippet(QPlainTextEdit):
    """A few lines of Python, all in view."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.source = ""
        self._highlighter = PythonHighlighter(theme, self.document())
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("face", "mono")
        self.setTabChangesFocus(True)
        theme.changed.connect(self._color)

    def show_source(self, source: str) -> None:
        """Show `source`."""
        if source == self.source:
            return
        self.source = source
        self._color()
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        n_lines = self.source.rstrip("\n").count("\n") + 1
        around = 2 * round(self.document().documentMargin()) + self.horizontalScrollBar().height()
        return QSize(240, n_lines * self.fontMetrics().lineSpacing() + around)

    def _color(self) -> None:
        text = self.source.rstrip("\n")
        self._highlighter.set_source(text)
        self.setPlainText(text)


def _places(map_: SharingMap, group: int) -> list[Fact]:
    places = map_.places(group)
    facts = [
        Fact(
            "Places",
            python_path(map_.tree, int(node)).text,
            Selection(kind="node", node=int(node)),
            is_mono=True,
        )
        for node in places[:_MOST_LINKS]
    ]
    if len(places) > _MOST_LINKS:
        facts.append(Fact("Places", f"and {len(places) - _MOST_LINKS:,} more"))
    return facts


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("face", "heading")
    return label


def _words(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
