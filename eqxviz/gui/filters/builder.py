"""The head of the playground: the rule, the edits over it, presets, undo and redo."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.filters.code_editor import CodeEditor
from eqxviz.gui.filters.rule_field import RuleField
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton, LinkButton, tab_in_turn
from eqxviz.session.filters.filter_spec import FilterSpec
from eqxviz.session.filters.playground import PRESETS, Playground
from eqxviz.session.filters.predicates import KINDS, Predicate, classes_in, dtypes_in
from eqxviz.session.filters.spec_code import SPEC, spec_lines

_EVERYWHERE, _SELECTION = range(2)
_MOST_EDITS = 60  # rows of edits that are shown, the latest
_EDIT_HEIGHT = 24
_EDITS_SEEN = 4  # without scrolling


class SpecBuilder(QWidget):
    """Chooses a rule for the whole model or for the selected node, and lists the edits.

    Signals:
        refused: Why what was entered is no rule.
        node_wanted: The node of an edit, to be selected.
    """

    refused = Signal(str)
    node_wanted = Signal(int)

    def __init__(self, playground: Playground, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._playground = playground
        self._theme = theme
        self._shown: tuple[object, Predicate] | None = None  # the tree and the base in the fields
        self._selected = -1
        self.target = QComboBox(self)
        self.target.addItems(["Everywhere", "In the selection"])
        self.target.setAccessibleName("Where the rule decides")
        self.kind = QComboBox(self)
        for row, (name, kind) in enumerate(KINDS.items()):
            self.kind.addItem(kind.title, name)
            self.kind.setItemData(row, kind.meaning, Qt.ItemDataRole.ToolTipRole)
        self.kind.setAccessibleName("Rule")
        self.field = RuleField(self)
        self.any_leaf = QCheckBox("any leaf", self)
        self.any_leaf.setToolTip("Not only floating-point arrays (is_inexact_array)")
        self.editor = CodeEditor(theme, self)
        self.edits = _EditRows(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head())
        column.addWidget(self._told())
        column.addWidget(self.editor)
        column.addWidget(self.edits)
        self.kind.activated.connect(lambda _index: self._on_kind_chosen())
        self.field.entered.connect(self.apply)
        self.editor.entered.connect(self.apply)
        self.any_leaf.clicked.connect(lambda _on: self.apply())
        self.edits.removed.connect(self._on_removed)
        self.edits.node_wanted.connect(self.node_wanted)
        # As the eye reads them: Tab goes by when they were made otherwise.
        tab_in_turn(
            *(self.target, self.kind, self._presets, self.undo, self.redo, self.reset),
            *(self.field.line, self.field.choice, self.field.number, self.any_leaf, self._apply),
            *(self.editor.pane, self.editor.button, self.edits),
        )

    def refresh(self) -> None:
        """Show the spec of the playground."""
        playground = self._playground
        base = playground.spec.base
        if self._shown != (playground.order, base):
            self._shown = playground.order, base
            self.target.setCurrentIndex(_EVERYWHERE)
            self.kind.setCurrentIndex(self.kind.findData(base.kind))
            self._show_field(base.kind, base.text)
            self.any_leaf.setChecked(base.any_leaf)
        failed = playground.problem.line if playground.problem is not None else 0
        self.editor.mark_line(failed if base.kind == "code" else 0)
        self.undo.setEnabled(playground.can_undo)
        self.redo.setEnabled(playground.can_redo)
        self.reset.setEnabled(playground.spec != FilterSpec())
        self.edits.show_spec(playground)

    def select(self, node: int) -> None:
        """Take `node` (-1: none) as the selection that rules and presets may be about."""
        self._selected = node
        self.target.setEnabled(self._playground.can_select(node) if node >= 0 else False)

    def apply(self) -> None:
        """Let what is in the fields decide, everywhere or in the selection."""
        kind = str(self.kind.currentData())
        text = self.editor.text if kind == "code" else self.field.text
        predicate = Predicate(kind, text)
        if predicate.can_be_narrowed:
            predicate = Predicate(kind, text, self.any_leaf.isChecked())
        if fault := predicate.fault():
            self.refused.emit(fault)
            return
        spec = self._playground.spec
        is_edit = self.target.currentIndex() == _SELECTION and self._selected > 0
        if is_edit and kind != "code":
            self._playground.edit(self._selected, predicate)
            self._shown = None
            self.refresh()
        elif predicate == spec.base:
            self._playground.run_again()
        else:
            self._playground.set_spec(spec.with_base(predicate))

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 6)
        row.setSpacing(6)
        presets = self._presets = QPushButton("Presets", self)
        menu = QMenu(presets)
        for preset in PRESETS:
            action = menu.addAction(preset.title)
            action.triggered.connect(
                lambda _checked, preset=preset: self._playground.apply(
                    preset, max(self._selected, 0)
                )
            )
        presets.setMenu(menu)
        self.undo = self._button("mdi6.undo", "Undo (Ctrl+Z)", self._playground.undo)
        self.redo = self._button("mdi6.redo", "Redo (Ctrl+Shift+Z)", self._playground.redo)
        self.reset = self._button("mdi6.restart", "Begin again", self._on_reset)
        row.addWidget(self.target)
        row.addWidget(self.kind)
        row.addStretch(1)
        for widget in (presets, self.undo, self.redo, self.reset):
            row.addWidget(widget)
        return row

    def _told(self) -> QWidget:
        """Return the row in which a rule is told what it takes."""
        self._row = QWidget(self)
        row = QHBoxLayout(self._row)
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.any_leaf)
        apply = self._apply = QPushButton("Apply", self._row)
        apply.setAccessibleName("Apply the rule")
        apply.clicked.connect(self.apply)
        row.addWidget(apply)
        return self._row

    def _button(self, icon: str, tip: str, clicked: object) -> QToolButton:
        button = IconButton(self._theme, icon, tip, self, role="text", size=16)
        button.clicked.connect(clicked)
        return button

    def _on_reset(self) -> None:
        self._playground.set_spec(FilterSpec())

    def _on_removed(self, index: int) -> None:
        self._playground.set_spec(self._playground.spec.without(index))

    def _on_kind_chosen(self) -> None:
        kind = str(self.kind.currentData())
        self._show_field(kind, "")
        takes = KINDS[kind].takes
        if takes in ("", "type", "dtype", "number"):
            self.apply()
        elif takes == "code":
            self.target.setCurrentIndex(_EVERYWHERE)
            self.editor.setFocus()
        else:
            self.field.line.setFocus()
            self.field.line.selectAll()

    def _show_field(self, kind: str, text: str) -> None:
        order = self._playground.order
        choices: list[str] = []
        if order is not None and KINDS[kind].takes in ("type", "dtype"):
            choices = classes_in(order) if KINDS[kind].takes == "type" else dtypes_in(order)
        self.field.show_kind(kind, text, choices)
        self.any_leaf.setVisible(Predicate(kind).can_be_narrowed)
        is_code = kind == "code"
        self._row.setVisible(bool(KINDS[kind].takes) and not is_code)
        self.editor.setVisible(is_code)
        if is_code:
            self.editor.set_text(text or self._first_code())

    def _first_code(self) -> str:
        """Return the present spec as code, to begin with."""
        order, split = self._playground.order, self._playground.split
        if order is None or split is None:
            return f"{SPEC} = eqx.is_inexact_array\n"
        return "\n".join(spec_lines(split.spec, order)) + "\n"


class _EditRows(QScrollArea):
    """The edits, a row each: where, what, and away with it.

    Signals:
        removed: The number of an edit.
        node_wanted: The node of an edit.
    """

    removed = Signal(int)
    node_wanted = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._spec: object = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Edits")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_spec(self, playground: Playground) -> None:
        """Show the edits of the playground's spec, the latest first."""
        shown = playground.spec.edits, playground.order
        if shown == self._spec:
            return
        self._spec = shown
        edits, order = shown
        page = QWidget(self)
        page.setProperty("surface", "base")
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 0, 8, 4)
        column.setSpacing(0)
        latest = list(enumerate(edits))[-_MOST_EDITS:]
        for index, edit in reversed(latest):
            path = order.tree.path(edit.node) if order is not None else ""
            column.addWidget(self._row(index, edit.node, path, edit.predicate.words, page))
        if len(edits) > len(latest):
            more = QLabel(f"and {len(edits) - len(latest):,} earlier ones", page)
            more.setProperty("tone", "faint")
            column.addWidget(more)
        column.addStretch(1)
        self.setWidget(page)
        self.setVisible(bool(edits))
        self.setFixedHeight(min(len(edits), _EDITS_SEEN) * _EDIT_HEIGHT + 6)

    def _row(self, index: int, node: int, path: str, words: str, page: QWidget) -> QWidget:
        row = QWidget(page)
        row.setFixedHeight(_EDIT_HEIGHT)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        remove = QToolButton(row)
        remove.setText("×")
        remove.setProperty("kind", "small")
        remove.setToolTip("Remove this edit")
        remove.setAccessibleName(f"Remove the edit of {path}")
        remove.clicked.connect(lambda: self.removed.emit(index))
        link = LinkButton(path, row)
        link.clicked.connect(lambda: self.node_wanted.emit(node))
        what = QLabel(words, row)
        what.setTextFormat(Qt.TextFormat.PlainText)
        what.setProperty("tone", "faint")
        line.addWidget(remove)
        line.addWidget(link)
        line.addWidget(what, 1)
        return row
