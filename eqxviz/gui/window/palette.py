"""The palette: a line to type in, and the best of many choices below it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.actions import Actions
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.overlay import Overlay
from eqxviz.records import OfferedCalls
from eqxviz.session import fuzzy
from eqxviz.session.places import find_places
from eqxviz.session.session import Session

_WIDTH = 600
_ROW_HEIGHT = 30
_MAX_ROWS = 12
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Choice:
    """One line of the palette: what it says on the left and on the right, and what it does."""

    title: str
    detail: str
    choose: Callable[[], object]
    icon: QIcon | None = None
    is_mono: bool = False


Source = Callable[[str], list[Choice]]


class Palette(Overlay):
    """Lists what its source finds for the typed text; Up, Down, Return and the mouse choose."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=True)
        self._source: Source = lambda _text: []
        self.line = _Line(self)
        self.line.setFont(theme.font("sans"))
        self.model = _ChoiceModel(self)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_ChoiceDelegate(theme, self))
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setProperty("surface", "raised")
        self.list.setAccessibleName("Choices")
        self.list.setMouseTracking(True)
        self._nothing = QLabel("Nothing matches.", self)
        self._nothing.setProperty("tone", "faint")
        self._nothing.setContentsMargins(8, 4, 8, 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.line)
        column.addWidget(self.list)
        column.addWidget(self._nothing)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(self._on_text_changed)
        self.line.moved.connect(self._on_moved)
        self.line.chosen.connect(self._on_chosen)
        self.list.clicked.connect(lambda _index: self._on_chosen())
        self.list.entered.connect(self.list.setCurrentIndex)

    def ask(self, prompt: str, source: Source) -> None:
        """Open, empty, with what `source` lists for an empty text."""
        self._source = source
        self.line.setPlaceholderText(prompt)
        self.line.setAccessibleName(prompt)
        self.setAccessibleName(prompt)
        self.line.clear()
        self._on_text_changed("")
        self.appear()

    def _on_text_changed(self, text: str) -> None:
        self.model.set_choices(self._source(text))
        n_rows = self.model.rowCount()
        self.list.setFixedHeight(min(n_rows, _MAX_ROWS) * _ROW_HEIGHT)
        self.list.setVisible(n_rows > 0)
        self._nothing.setVisible(n_rows == 0)
        if n_rows:
            self.list.setCurrentIndex(self.model.index(0, 0))
            self.list.scrollToTop()
        if self.isVisible():
            self.place()

    def _on_moved(self, rows: int) -> None:
        n_rows = self.model.rowCount()
        if n_rows:
            row = (self.list.currentIndex().row() + rows) % n_rows
            self.list.setCurrentIndex(self.model.index(row, 0))

    def _on_chosen(self) -> None:
        choice = self.model.choice(self.list.currentIndex().row())
        self.disappear()
        if choice is not None:
            choice.choose()


def action_choices(actions: Actions, session: Session) -> Source:
    """Return the source that lists every action that can be carried out now.

    Of stops there is one for each function that the run has called.
    """

    def source(text: str) -> list[Choice]:
        scored: list[tuple[float, int, Choice]] = []
        for order, (name, action) in enumerate(actions.table.items()):
            q_action = actions.q[name]
            found = fuzzy.match(text, f"{action.title} {action.group}")
            if found is None or not q_action.isEnabled() or name == "help.palette":
                continue
            key = q_action.shortcut().toString(q_action.shortcut().SequenceFormat.NativeText)
            choice = Choice(action.title, key, q_action.trigger, q_action.icon())
            scored.append((-found.score, order, choice))
        for choice in _stops(session):
            found = fuzzy.match(text, choice.title) if text.strip() else None
            if found is not None:
                scored.append((-found.score, len(actions.table), choice))
        scored.sort(key=lambda entry: entry[:2])
        return [choice for _, _, choice in scored]

    return source


def _stops(session: Session) -> Iterator[Choice]:
    """Yield "Stop at make_step" for each function of the run that is the user's own."""
    run = session.run
    for seen in run.functions.values() if run is not None else ():
        if seen.is_user:
            toggle = partial(session.debugging.toggle_function, seen.id)
            yield Choice(session.debugging.offer(seen.id), "its calls", toggle)


def place_choices(session: Session, open_file: Callable[[str], None]) -> Source:
    """Return the source that lists paths, functions, curves, and the file's other models."""

    def source(text: str) -> list[Choice]:
        choices = [
            Choice(
                place.title,
                place.detail,
                lambda place=place: session.select(place.selection),
                is_mono=True,
            )
            for place in find_places(session, text)
        ]
        if session.model is not None:
            for target in session.model.targets:
                is_other = target.name != session.model.target.name
                if is_other and fuzzy.match(text, target.name) is not None:
                    open_target = f"{session.model.path}:{target.name}"
                    choices.append(
                        Choice(
                            target.name,
                            f"open this {target.type}",
                            lambda t=open_target: open_file(t),
                            is_mono=True,
                        )
                    )
        return choices

    return source


def call_choices(session: Session, offered: OfferedCalls) -> Source:
    """Return the source that lists what of a file can be drawn: functions, then models."""
    lines = [(c.name, c.parameters, f"line {c.line}") for c in offered.calls]
    known = {call.name for call in offered.calls}
    lines += [(m.name, "", f"the call of this {m.type}") for m in offered.models
              if m.name not in known]  # fmt: skip

    def source(text: str) -> list[Choice]:
        scored: list[tuple[float, int, Choice]] = []
        for order, (name, parameters, detail) in enumerate(lines):
            found = fuzzy.match(text, name)
            if found is not None:
                draw = partial(session.draw_call, f"{offered.path}:{name}")
                choice = Choice(f"{name}{parameters}", detail, draw, is_mono=True)
                scored.append((-found.score, order, choice))
        scored.sort(key=lambda entry: entry[:2])
        return [choice for _, _, choice in scored]

    return source


class _ChoiceModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._choices: list[Choice] = []

    def set_choices(self, choices: list[Choice]) -> None:
        self.beginResetModel()
        self._choices = choices
        self.endResetModel()

    def choice(self, row: int) -> Choice | None:
        return self._choices[row] if 0 <= row < len(self._choices) else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._choices)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        choice = self.choice(index.row())
        if choice is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{choice.title} {choice.detail}".strip()
        return None


class _ChoiceDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, palette: Palette) -> None:
        super().__init__(palette)
        self._theme = theme
        self._palette = palette

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        choice = self._palette.model.choice(index.row())
        if choice is None:
            return
        theme, box = self._theme, QRect(option.rect)  # type: ignore[attr-defined]  # missing in the stubs
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]  # as above
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(box, 5, 5)
        box.adjust(10, 0, -10, 0)
        if choice.icon is not None:
            choice.icon.paint(painter, QRect(box.left(), box.center().y() - 8, 16, 16))
            box.setLeft(box.left() + 26)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("faint"))
        room = box.width() // 2 if choice.is_mono else box.width()
        metrics = QFontMetrics(painter.font())
        detail = metrics.elidedText(choice.detail, Qt.TextElideMode.ElideRight, room)
        painter.drawText(box, middle | right, detail)
        box.setRight(box.right() - metrics.horizontalAdvance(detail) - 16)
        painter.setFont(theme.font("mono" if choice.is_mono else "sans"))
        painter.setPen(theme.color("text"))
        metrics = QFontMetrics(painter.font())
        title = metrics.elidedText(choice.title, Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(box, middle, title)
        painter.restore()


class _Line(QLineEdit):
    moved = Signal(int)
    chosen = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: _MAX_ROWS,
            Qt.Key.Key_PageUp: -_MAX_ROWS,
        }
        key = Qt.Key(event.key())
        if key in rows:
            self.moved.emit(rows[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)
