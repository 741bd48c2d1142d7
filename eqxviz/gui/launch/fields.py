"""The rows of the form: a label, what is filled in, and below it what is wrong with that."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from eqxviz.engine.recent import is_secret
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton, hand_focus_on
from eqxviz.session import formatting

_LABEL_WIDTH = 132
_SMALL_WIDTH = 92
_FEWEST_LETTERS = 8
_LONGEST_WORD = 48  # of a note, which a path in it is not to widen
_Top = Qt.AlignmentFlag.AlignTop
_ANYWHERE = int(Qt.TextFlag.TextWrapAnywhere)
_ENDLESS = 100_000  # pixels


class Rows(QGridLayout):
    """Labels on the left, fields on the right; under each a note, and an error in its place.

    Where that is too narrow, each label is above its field.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[tuple[QLabel | None, QWidget]] = []  # labels, and what is beside them
        self._is_narrow, self._n_rows = False, 0
        self._notes: dict[str, tuple[QLabel, QWidget]] = {}
        self._words: dict[str, str] = {}
        self.setHorizontalSpacing(16)
        self.setVerticalSpacing(4)
        self.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self.setColumnStretch(1, 1)

    def add(self, name: str, label: str, field: QWidget, named: QWidget, note: str = "") -> None:
        """Add the row of the field called `name`; errors are told of the widget `named`."""
        words = QLabel(label)
        words.setBuddy(named)
        words.setContentsMargins(0, 6, 0, 0)
        self._add(words, field)
        self.also(name, named, note)

    def also(self, name: str, named: QWidget, note: str = "") -> None:
        """Let one more field, which stands in the last row, have its own note below that."""
        below = QLabel()
        below.setWordWrap(True)
        below.setContentsMargins(0, 0, 0, 4)
        below.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._add(None, below)
        self._notes[name] = below, named
        self._words[name] = note
        self._tell(name, "")

    def be_narrow(self, is_narrow: bool) -> None:
        """Put the labels above the fields, or beside them."""
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        parts, self._parts, self._n_rows = self._parts, [], 0
        for words, widget in parts:
            self.removeWidget(widget)
            if words is not None:
                self.removeWidget(words)
            self._add(words, widget)
        self.setColumnMinimumWidth(0, 0 if is_narrow else _LABEL_WIDTH)

    def _add(self, words: QLabel | None, widget: QWidget) -> None:
        self._parts.append((words, widget))
        row = self._n_rows
        if words is not None:
            is_above = self._is_narrow and bool(words.text())
            self.addWidget(words, row, 0, 1, 2 if is_above else 1, _Top)
            row += is_above
        if self._is_narrow:
            self.addWidget(widget, row, 0, 1, 2)
        else:
            self.addWidget(widget, row, 1)
        self._n_rows = row + 1

    def set_note(self, name: str, note: str) -> None:
        """Say something about a field that is not wrong."""
        self._words[name] = note

    def show_errors(self, errors: dict[str, str]) -> None:
        """Say below each field what is wrong with it."""
        for name in self._notes:
            self._tell(name, errors.get(name, ""))

    def focus(self, name: str) -> None:
        """Give the keyboard to the field called `name`."""
        self._notes[name][1].setFocus(Qt.FocusReason.OtherFocusReason)

    def error(self, name: str) -> str:
        """Return what is said below a field in place of its note, "" if nothing is wrong."""
        label, _ = self._notes[name]
        return label.text() if label.property("tone") == "problem" else ""

    def _tell(self, name: str, error: str) -> None:
        label, named = self._notes[name]
        said = error or self._words[name]
        label.setText(formatting.elide_words(said, _LONGEST_WORD))
        label.setToolTip(said if label.text() != said else "")
        tone = "problem" if error else "faint"
        if label.property("tone") != tone:
            label.setProperty("tone", tone)
            label.style().unpolish(label)
            label.style().polish(label)
        named.setAccessibleDescription(said)
        label.setVisible(bool(label.text()))


class CommandLine(QLabel):
    """A line for a terminal, as many rows as it needs: long paths break anywhere."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("face", "mono")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAccessibleName(name)
        # It may hold a long path, which is not to keep the window wide.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def heightForWidth(self, width: int) -> int:
        room = QRect(0, 0, width, _ENDLESS)
        return self.fontMetrics().boundingRect(room, _ANYWHERE, self.text()).height()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        centred = QRect(0, 0, self.width(), self.heightForWidth(self.width()))
        centred.moveTop(max(0, (self.height() - centred.height()) // 2))
        painter.drawText(centred, _ANYWHERE, self.text())


def line(name: str, hint: str = "", *, is_mono: bool = False) -> QLineEdit:
    """Return a field of one line, which is called `name`."""
    made = QLineEdit()
    made.setAccessibleName(name)
    made.setPlaceholderText(hint)
    if is_mono:
        made.setProperty("face", "mono")
    return made


def small(name: str, hint: str) -> QLineEdit:
    """Return a field for a number."""
    made = line(name, hint)
    made.setFixedWidth(_SMALL_WIDTH)
    return made


def choice(name: str, entries: Sequence[tuple[str, bool | None]]) -> QComboBox:
    """Return a field of a few values."""
    made = QComboBox()
    made.setAccessibleName(name)
    for words, value in entries:
        made.addItem(words, value)
    return made


def editable(name: str, hint: str) -> QComboBox:
    """Return a field with proposals, in which anything can be written."""
    made = QComboBox()
    made.setEditable(True)
    made.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    made.setAccessibleName(name)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    # Proposals may be long paths: they are read in the list, and widen nothing.
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(_FEWEST_LETTERS)
    field = made.lineEdit()
    assert field is not None  # it is editable
    field.setPlaceholderText(hint)
    field.setAccessibleName(name)
    return made


def beside(*widgets: QWidget) -> QWidget:
    """Return `widgets` side by side."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return made


def button(words: str, act: Callable[[], None], *, name: str = "", kind: str = "") -> QPushButton:
    """Return a button that is called `name`, or as it says."""
    made = QPushButton(words)
    made.setAccessibleName(name or words)
    made.setProperty("kind", kind)
    made.clicked.connect(lambda _on: act())
    return made


class Flags(QWidget):
    """Boxes in two columns, or in one where there is no room for two."""

    def __init__(self, boxes: Sequence[QCheckBox]) -> None:
        super().__init__()
        self._boxes = tuple(boxes)
        self._n_columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 7, 0, 4)
        self._grid.setVerticalSpacing(5)
        self._grid.setHorizontalSpacing(20)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._arrange(2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        widest = max(box.sizeHint().width() for box in self._boxes)
        self._arrange(2 if self.width() >= 2 * widest + 20 else 1)

    def _arrange(self, n_columns: int) -> None:
        if n_columns != self._n_columns:
            self._n_columns = n_columns
            for i, box in enumerate(self._boxes):
                self._grid.addWidget(box, i // n_columns, i % n_columns)


class Variables(QWidget):
    """The table of environment variables; below the last of them there is room for one more.

    Signals:
        changed: Something was filled in.
    """

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[_Variable] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.fill((), ())
        hand_focus_on(self, lambda: self._rows[0].name)

    @property
    def variables(self) -> tuple[tuple[str, str | None], ...]:
        """The names and their values; None for one that is taken away."""
        return tuple(row.pair for row in self._rows if row.name.text() or row.value.text())

    def fill(self, variables: Sequence[tuple[str, str | None]], forgotten: Sequence[str]) -> None:
        """Show these variables; of those that are `forgotten` it is said that they are."""
        for row in self._rows:
            row.setParent(None)  # now: Tab is to pass it by
            row.deleteLater()
        self._rows = []
        for name, value in variables:
            self._add(name, value, is_forgotten=name in forgotten)
        self._add("", "")

    def _add(self, name: str, value: str | None, *, is_forgotten: bool = False) -> None:
        row = _Variable(self._theme, name, value, is_forgotten)
        row.changed.connect(self._on_changed)
        row.removed.connect(lambda: self._remove(row))
        self._rows.append(row)
        self._column.addWidget(row)

    def _remove(self, row: "_Variable") -> None:
        if row is self._rows[-1]:
            return
        self._rows.remove(row)
        row.deleteLater()
        self._rows[0].name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _on_changed(self) -> None:
        last = self._rows[-1]
        if last.name.text() or last.value.text():
            self._add("", "")
        self.changed.emit()


class _Variable(QWidget):
    """One variable.

    Signals:
        changed: It is another one.
        removed: It is no longer wanted.
    """

    changed = Signal()
    removed = Signal()

    def __init__(self, theme: Theme, name: str, value: str | None, is_forgotten: bool) -> None:
        super().__init__()
        self._is_forgotten = is_forgotten
        self.name = line("Name of a variable", "NAME", is_mono=True)
        self.value = line("Its value", "value", is_mono=True)
        self.unset = QCheckBox("Unset")
        self.unset.setToolTip("Take the variable away, so that the script does not find it")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name, 2)
        row.addWidget(self.value, 3)
        row.addWidget(self.unset)
        # After the others: Tab goes to children in the order in which they became such.
        remove = IconButton(theme, "mdi6.close", "Remove the variable", self)
        row.addWidget(remove)
        self.name.setText(name)
        self.value.setText(value or "")
        self.unset.setChecked(value is None)
        self.name.textChanged.connect(self._on_changed)
        self.value.textChanged.connect(self._on_changed)
        self.unset.toggled.connect(self._on_changed)
        remove.clicked.connect(lambda _on: self.removed.emit())
        self._refresh()

    @property
    def pair(self) -> tuple[str, str | None]:
        """The name and the value; None if it is to be taken away."""
        return self.name.text(), None if self.unset.isChecked() else self.value.text()

    def _on_changed(self) -> None:
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        self.value.setEnabled(not self.unset.isChecked())
        hides = is_secret(self.name.text())
        mode = QLineEdit.EchoMode.Password if hides else QLineEdit.EchoMode.Normal
        self.value.setEchoMode(mode)
        if self.unset.isChecked():
            self.value.setPlaceholderText("taken away")
        elif self._is_forgotten:
            self.value.setPlaceholderText("was not kept: type it again")
        else:
            self.value.setPlaceholderText("a secret: it is not kept" if hides else "value")
